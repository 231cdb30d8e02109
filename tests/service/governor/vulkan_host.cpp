// SPDX-License-Identifier: Apache-2.0
// A small Vulkan program that knows nothing of Lull, led by lines on its standard input; each is answered by a line.
#include <vulkan/vulkan.h>

#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <fstream>
#include <iostream>
#include <iterator>
#include <sstream>
#include <string>
#include <thread>
#include <vector>

namespace {

void require(VkResult result, const char* what) {
  if (result == VK_SUCCESS) return;
  std::cout << "error " << what << ' ' << result << std::endl;
  std::_Exit(3);
}

struct Host {
  VkInstance instance{};
  VkPhysicalDevice physical{};
  VkDevice device{};
  VkQueue queue{};
  VkQueue second{};  // where two were asked for
  VkSemaphore timeline{};
  std::uint64_t told{};  // the timeline's last value that something will signal
  VkBuffer buffer{};
  VkDeviceMemory memory{};
  const std::uint32_t* counts = nullptr;
  VkPipelineLayout layout{};
  VkPipeline pipeline{};
  VkDescriptorSet set{};
  VkCommandPool commands{};
  std::vector<VkFence> fences;
  std::vector<VkDeviceMemory> extra;
};

void openDevice(Host& h, std::uint32_t queues) {
  VkApplicationInfo application{};
  application.sType = VK_STRUCTURE_TYPE_APPLICATION_INFO;
  application.apiVersion = VK_API_VERSION_1_3;
  VkInstanceCreateInfo instance{};
  instance.sType = VK_STRUCTURE_TYPE_INSTANCE_CREATE_INFO;
  instance.pApplicationInfo = &application;
  require(vkCreateInstance(&instance, nullptr, &h.instance), "vkCreateInstance");
  std::uint32_t count = 1;
  vkEnumeratePhysicalDevices(h.instance, &count, &h.physical);
  const float priorities[]{1, 1};
  VkDeviceQueueCreateInfo queue{};
  queue.sType = VK_STRUCTURE_TYPE_DEVICE_QUEUE_CREATE_INFO;
  queue.queueCount = queues;
  queue.pQueuePriorities = priorities;
  VkPhysicalDeviceVulkan13Features v13{};
  v13.sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_VULKAN_1_3_FEATURES;
  v13.synchronization2 = VK_TRUE;
  VkPhysicalDeviceVulkan12Features v12{};
  v12.sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_VULKAN_1_2_FEATURES;
  v12.pNext = &v13;
  v12.timelineSemaphore = VK_TRUE;
  VkDeviceCreateInfo device{};
  device.sType = VK_STRUCTURE_TYPE_DEVICE_CREATE_INFO;
  device.pNext = &v12;
  device.queueCreateInfoCount = 1;
  device.pQueueCreateInfos = &queue;
  require(vkCreateDevice(h.physical, &device, nullptr, &h.device), "vkCreateDevice");
  vkGetDeviceQueue(h.device, 0, 0, &h.queue);
  if (queues > 1) vkGetDeviceQueue(h.device, 0, 1, &h.second);
}

VkDeviceMemory allocate(Host& h, VkDeviceSize bytes) {
  VkMemoryAllocateInfo info{};
  info.sType = VK_STRUCTURE_TYPE_MEMORY_ALLOCATE_INFO;
  info.allocationSize = bytes;
  VkDeviceMemory memory{};
  require(vkAllocateMemory(h.device, &info, nullptr, &memory), "vkAllocateMemory");
  return memory;
}

void makeBuffer(Host& h) {
  VkBufferCreateInfo info{};
  info.sType = VK_STRUCTURE_TYPE_BUFFER_CREATE_INFO;
  info.size = 256;
  info.usage = VK_BUFFER_USAGE_STORAGE_BUFFER_BIT;
  require(vkCreateBuffer(h.device, &info, nullptr, &h.buffer), "vkCreateBuffer");
  h.memory = allocate(h, 65536);
  require(vkBindBufferMemory(h.device, h.buffer, h.memory, 0), "vkBindBufferMemory");
  void* mapped = nullptr;
  require(vkMapMemory(h.device, h.memory, 0, 256, 0, &mapped), "vkMapMemory");
  std::memset(mapped, 0, 256);
  h.counts = static_cast<const std::uint32_t*>(mapped);
}

VkDescriptorSetLayout makeLayouts(Host& h) {
  VkDescriptorSetLayoutBinding binding{};
  binding.descriptorType = VK_DESCRIPTOR_TYPE_STORAGE_BUFFER;
  binding.descriptorCount = 1;
  binding.stageFlags = VK_SHADER_STAGE_COMPUTE_BIT;
  VkDescriptorSetLayoutCreateInfo set{};
  set.sType = VK_STRUCTURE_TYPE_DESCRIPTOR_SET_LAYOUT_CREATE_INFO;
  set.bindingCount = 1;
  set.pBindings = &binding;
  VkDescriptorSetLayout setLayout{};
  require(vkCreateDescriptorSetLayout(h.device, &set, nullptr, &setLayout), "vkCreateDescriptorSetLayout");
  const VkPushConstantRange range{VK_SHADER_STAGE_COMPUTE_BIT, 0, 4};
  VkPipelineLayoutCreateInfo layout{};
  layout.sType = VK_STRUCTURE_TYPE_PIPELINE_LAYOUT_CREATE_INFO;
  layout.setLayoutCount = 1;
  layout.pSetLayouts = &setLayout;
  layout.pushConstantRangeCount = 1;
  layout.pPushConstantRanges = &range;
  require(vkCreatePipelineLayout(h.device, &layout, nullptr, &h.layout), "vkCreatePipelineLayout");
  return setLayout;
}

void makePipeline(Host& h, const char* path) {
  std::ifstream file(path, std::ios::binary);
  const std::string bytes{std::istreambuf_iterator<char>(file), {}};
  std::vector<std::uint32_t> words(bytes.size() / 4);
  std::memcpy(words.data(), bytes.data(), words.size() * 4);
  VkShaderModuleCreateInfo module{};
  module.sType = VK_STRUCTURE_TYPE_SHADER_MODULE_CREATE_INFO;
  module.codeSize = words.size() * 4;
  module.pCode = words.data();
  VkShaderModule shader{};
  require(vkCreateShaderModule(h.device, &module, nullptr, &shader), "vkCreateShaderModule");
  VkComputePipelineCreateInfo info{};
  info.sType = VK_STRUCTURE_TYPE_COMPUTE_PIPELINE_CREATE_INFO;
  info.stage.sType = VK_STRUCTURE_TYPE_PIPELINE_SHADER_STAGE_CREATE_INFO;
  info.stage.stage = VK_SHADER_STAGE_COMPUTE_BIT;
  info.stage.module = shader;
  info.stage.pName = "main";
  info.layout = h.layout;
  require(vkCreateComputePipelines(h.device, VK_NULL_HANDLE, 1, &info, nullptr, &h.pipeline), "pipeline");
}

void makeSet(Host& h, VkDescriptorSetLayout layout) {
  const VkDescriptorPoolSize size{VK_DESCRIPTOR_TYPE_STORAGE_BUFFER, 1};
  VkDescriptorPoolCreateInfo pool{};
  pool.sType = VK_STRUCTURE_TYPE_DESCRIPTOR_POOL_CREATE_INFO;
  pool.maxSets = 1;
  pool.poolSizeCount = 1;
  pool.pPoolSizes = &size;
  VkDescriptorPool descriptors{};
  require(vkCreateDescriptorPool(h.device, &pool, nullptr, &descriptors), "vkCreateDescriptorPool");
  VkDescriptorSetAllocateInfo allocate{};
  allocate.sType = VK_STRUCTURE_TYPE_DESCRIPTOR_SET_ALLOCATE_INFO;
  allocate.descriptorPool = descriptors;
  allocate.descriptorSetCount = 1;
  allocate.pSetLayouts = &layout;
  require(vkAllocateDescriptorSets(h.device, &allocate, &h.set), "vkAllocateDescriptorSets");
  const VkDescriptorBufferInfo buffer{h.buffer, 0, VK_WHOLE_SIZE};
  VkWriteDescriptorSet write{};
  write.sType = VK_STRUCTURE_TYPE_WRITE_DESCRIPTOR_SET;
  write.dstSet = h.set;
  write.descriptorCount = 1;
  write.descriptorType = VK_DESCRIPTOR_TYPE_STORAGE_BUFFER;
  write.pBufferInfo = &buffer;
  vkUpdateDescriptorSets(h.device, 1, &write, 0, nullptr);
  VkCommandPoolCreateInfo commands{};
  commands.sType = VK_STRUCTURE_TYPE_COMMAND_POOL_CREATE_INFO;
  require(vkCreateCommandPool(h.device, &commands, nullptr, &h.commands), "vkCreateCommandPool");
}

VkCommandBuffer record(Host& h, std::uint32_t groups, std::uint32_t turns) {
  VkCommandBufferAllocateInfo allocate{};
  allocate.sType = VK_STRUCTURE_TYPE_COMMAND_BUFFER_ALLOCATE_INFO;
  allocate.commandPool = h.commands;
  allocate.commandBufferCount = 1;
  VkCommandBuffer commands{};
  require(vkAllocateCommandBuffers(h.device, &allocate, &commands), "vkAllocateCommandBuffers");
  VkCommandBufferBeginInfo begin{};
  begin.sType = VK_STRUCTURE_TYPE_COMMAND_BUFFER_BEGIN_INFO;
  require(vkBeginCommandBuffer(commands, &begin), "vkBeginCommandBuffer");
  vkCmdBindPipeline(commands, VK_PIPELINE_BIND_POINT_COMPUTE, h.pipeline);
  vkCmdBindDescriptorSets(commands, VK_PIPELINE_BIND_POINT_COMPUTE, h.layout, 0, 1, &h.set, 0, nullptr);
  vkCmdPushConstants(commands, h.layout, VK_SHADER_STAGE_COMPUTE_BIT, 0, 4, &turns);
  vkCmdDispatch(commands, groups, 1, 1);
  require(vkEndCommandBuffer(commands), "vkEndCommandBuffer");
  return commands;
}

VkFence newFence(Host& h) {
  VkFenceCreateInfo info{};
  info.sType = VK_STRUCTURE_TYPE_FENCE_CREATE_INFO;
  VkFence fence{};
  require(vkCreateFence(h.device, &info, nullptr, &fence), "vkCreateFence");
  h.fences.push_back(fence);
  return fence;
}

void submit(Host& h, const std::string& how, std::uint32_t groups, std::uint32_t turns) {
  VkCommandBuffer commands = record(h, groups, turns);
  const VkFence fence = how == "nofence" ? VK_NULL_HANDLE : newFence(h);
  if (how == "submit2") {
    VkCommandBufferSubmitInfo buffer{};
    buffer.sType = VK_STRUCTURE_TYPE_COMMAND_BUFFER_SUBMIT_INFO;
    buffer.commandBuffer = commands;
    VkSubmitInfo2 info{};
    info.sType = VK_STRUCTURE_TYPE_SUBMIT_INFO_2;
    info.commandBufferInfoCount = 1;
    info.pCommandBufferInfos = &buffer;
    require(vkQueueSubmit2(h.queue, 1, &info, fence), "vkQueueSubmit2");
    return;
  }
  VkSubmitInfo info{};
  info.sType = VK_STRUCTURE_TYPE_SUBMIT_INFO;
  info.commandBufferCount = 1;
  info.pCommandBuffers = &commands;
  require(vkQueueSubmit(h.queue, 1, &info, fence), "vkQueueSubmit");
}

VkSemaphore newTimeline(Host& h) {
  VkSemaphoreTypeCreateInfo type{};
  type.sType = VK_STRUCTURE_TYPE_SEMAPHORE_TYPE_CREATE_INFO;
  type.semaphoreType = VK_SEMAPHORE_TYPE_TIMELINE;
  VkSemaphoreCreateInfo create{};
  create.sType = VK_STRUCTURE_TYPE_SEMAPHORE_CREATE_INFO;
  create.pNext = &type;
  VkSemaphore semaphore{};
  require(vkCreateSemaphore(h.device, &create, nullptr, &semaphore), "vkCreateSemaphore");
  return semaphore;
}

VkSemaphore newBinary(Host& h) {
  VkSemaphoreCreateInfo create{};
  create.sType = VK_STRUCTURE_TYPE_SEMAPHORE_CREATE_INFO;
  VkSemaphore semaphore{};
  require(vkCreateSemaphore(h.device, &create, nullptr, &semaphore), "vkCreateSemaphore");
  return semaphore;
}

// One group of work on a queue, which may wait for one value and signal another (0: none). Binary semaphores have no
// values: any but 0 will do.
struct Ordered {
  VkQueue queue{};
  VkSemaphore semaphore{};
  std::uint64_t waits{};
  std::uint64_t signals{};
  std::uint32_t turns = 1;
};
void submitOrdered(Host& h, const Ordered& work) {
  VkTimelineSemaphoreSubmitInfo values{};
  values.sType = VK_STRUCTURE_TYPE_TIMELINE_SEMAPHORE_SUBMIT_INFO;
  values.waitSemaphoreValueCount = work.waits != 0 ? 1 : 0;
  values.pWaitSemaphoreValues = &work.waits;
  values.signalSemaphoreValueCount = work.signals != 0 ? 1 : 0;
  values.pSignalSemaphoreValues = &work.signals;
  VkCommandBuffer commands = record(h, 1, work.turns);
  const VkPipelineStageFlags stage = VK_PIPELINE_STAGE_COMPUTE_SHADER_BIT;
  VkSubmitInfo info{};
  info.sType = VK_STRUCTURE_TYPE_SUBMIT_INFO;
  info.pNext = &values;
  info.waitSemaphoreCount = values.waitSemaphoreValueCount;
  info.pWaitSemaphores = &work.semaphore;
  info.pWaitDstStageMask = &stage;
  info.commandBufferCount = 1;
  info.pCommandBuffers = &commands;
  info.signalSemaphoreCount = values.signalSemaphoreValueCount;
  info.pSignalSemaphores = &work.semaphore;
  require(vkQueueSubmit(work.queue, 1, &info, newFence(h)), "vkQueueSubmit");
}

// Work on the second queue that waits for work on the first, submitted before or after it, so many times over.
void cross(Host& h, std::uint32_t rounds, std::uint32_t turns) {
  if (h.timeline == VK_NULL_HANDLE) h.timeline = newTimeline(h);
  for (std::uint32_t i = 0; i < rounds; ++i) {
    const std::uint64_t value = ++h.told;
    const Ordered waiting{.queue = h.second, .semaphore = h.timeline, .waits = value, .turns = turns};
    const Ordered signalling{.queue = h.queue, .semaphore = h.timeline, .signals = value, .turns = turns};
    submitOrdered(h, i % 2 == 0 ? waiting : signalling);
    submitOrdered(h, i % 2 == 0 ? signalling : waiting);
    const VkSemaphore binary = newBinary(h);
    submitOrdered(h, {.queue = h.queue, .semaphore = binary, .signals = 1, .turns = turns});
    submitOrdered(h, {.queue = h.second, .semaphore = binary, .waits = 1, .turns = turns});
  }
}

// Work that waits for a value which the program signals when it is told to.
void hold(Host& h) {
  if (h.timeline == VK_NULL_HANDLE) h.timeline = newTimeline(h);
  submitOrdered(h, {.queue = h.queue, .semaphore = h.timeline, .waits = ++h.told});
}
void letGo(Host& h) {
  VkSemaphoreSignalInfo signal{};
  signal.sType = VK_STRUCTURE_TYPE_SEMAPHORE_SIGNAL_INFO;
  signal.semaphore = h.timeline;
  signal.value = h.told;
  require(vkSignalSemaphore(h.device, &signal), "vkSignalSemaphore");
}

// Waits for a query's result while the work behind it waits for what this thread does only then.
std::string stamp(Host& h) {
  VkQueryPoolCreateInfo create{};
  create.sType = VK_STRUCTURE_TYPE_QUERY_POOL_CREATE_INFO;
  create.queryType = VK_QUERY_TYPE_TIMESTAMP;
  create.queryCount = 1;
  VkQueryPool queries{};
  require(vkCreateQueryPool(h.device, &create, nullptr, &queries), "vkCreateQueryPool");
  VkCommandBufferAllocateInfo allocate{};
  allocate.sType = VK_STRUCTURE_TYPE_COMMAND_BUFFER_ALLOCATE_INFO;
  allocate.commandPool = h.commands;
  allocate.commandBufferCount = 1;
  VkCommandBuffer commands{};
  require(vkAllocateCommandBuffers(h.device, &allocate, &commands), "vkAllocateCommandBuffers");
  VkCommandBufferBeginInfo begin{};
  begin.sType = VK_STRUCTURE_TYPE_COMMAND_BUFFER_BEGIN_INFO;
  require(vkBeginCommandBuffer(commands, &begin), "vkBeginCommandBuffer");
  vkCmdResetQueryPool(commands, queries, 0, 1);
  vkCmdWriteTimestamp(commands, VK_PIPELINE_STAGE_BOTTOM_OF_PIPE_BIT, queries, 0);
  require(vkEndCommandBuffer(commands), "vkEndCommandBuffer");
  VkSubmitInfo info{};
  info.sType = VK_STRUCTURE_TYPE_SUBMIT_INFO;
  info.commandBufferCount = 1;
  info.pCommandBuffers = &commands;
  require(vkQueueSubmit(h.queue, 1, &info, newFence(h)), "vkQueueSubmit");
  hold(h);
  std::uint64_t ticks = 0;
  require(vkGetQueryPoolResults(h.device, queries, 0, 1, sizeof ticks, &ticks, sizeof ticks,
                                VK_QUERY_RESULT_64_BIT | VK_QUERY_RESULT_WAIT_BIT),
          "vkGetQueryPoolResults");
  letGo(h);
  return ticks != 0 ? "stamped" : "no stamp";
}

// Asks for the last fence again and again for so long: how often it could, and how much CPU time it took.
std::string spin(Host& h, std::uint64_t milliseconds) {
  const auto cpuMs = [] { return std::clock() * 1000 / CLOCKS_PER_SEC; };
  const auto before = cpuMs();
  const auto end = std::chrono::steady_clock::now() + std::chrono::milliseconds(milliseconds);
  std::uint64_t asked = 0;
  for (; std::chrono::steady_clock::now() < end; ++asked) {
    if (vkGetFenceStatus(h.device, h.fences.back()) != VK_NOT_READY) return "done";
  }
  return std::to_string(asked) + " " + std::to_string(cpuMs() - before);
}

// Work that waits for a value which this thread signals only after the submission has returned; then a second one
// behind it. Says whether the work had the patience, and the semaphore its final value.
std::string timeline(Host& h) {
  const VkSemaphore semaphore = newTimeline(h);
  require(vkDeviceWaitIdle(h.device), "vkDeviceWaitIdle");
  const std::uint32_t before = h.counts[0];
  const std::uint64_t one = 1;
  const std::uint64_t two = 2;
  VkTimelineSemaphoreSubmitInfo values{};
  values.sType = VK_STRUCTURE_TYPE_TIMELINE_SEMAPHORE_SUBMIT_INFO;
  values.waitSemaphoreValueCount = 1;
  values.pWaitSemaphoreValues = &one;
  values.signalSemaphoreValueCount = 1;
  values.pSignalSemaphoreValues = &two;
  VkCommandBuffer commands = record(h, 1, 1);
  const VkPipelineStageFlags stage = VK_PIPELINE_STAGE_COMPUTE_SHADER_BIT;
  VkSubmitInfo info{};
  info.sType = VK_STRUCTURE_TYPE_SUBMIT_INFO;
  info.pNext = &values;
  info.waitSemaphoreCount = 1;
  info.pWaitSemaphores = &semaphore;
  info.pWaitDstStageMask = &stage;
  info.commandBufferCount = 1;
  info.pCommandBuffers = &commands;
  info.signalSemaphoreCount = 1;
  info.pSignalSemaphores = &semaphore;
  const VkFence fence = newFence(h);
  require(vkQueueSubmit(h.queue, 1, &info, fence), "vkQueueSubmit");
  submit(h, "work", 1, 1);  // with a cap of one this would wait for ever for the one before it
  const bool early = vkGetFenceStatus(h.device, fence) == VK_SUCCESS || h.counts[0] != before;
  VkSemaphoreSignalInfo signal{};
  signal.sType = VK_STRUCTURE_TYPE_SEMAPHORE_SIGNAL_INFO;
  signal.semaphore = semaphore;
  signal.value = 1;
  require(vkSignalSemaphore(h.device, &signal), "vkSignalSemaphore");
  VkSemaphoreWaitInfo wait{};
  wait.sType = VK_STRUCTURE_TYPE_SEMAPHORE_WAIT_INFO;
  wait.semaphoreCount = 1;
  wait.pSemaphores = &semaphore;
  wait.pValues = &two;
  require(vkWaitSemaphores(h.device, &wait, 10'000'000'000), "vkWaitSemaphores");
  std::uint64_t value = 0;
  vkGetSemaphoreCounterValue(h.device, semaphore, &value);
  return std::string(early ? "early " : "patient ") + std::to_string(value);
}

// How long it takes, in ns for each, to submit so many small pieces of work and to see the last one done.
std::string burst(Host& h, std::uint32_t count, std::uint32_t turns) {
  std::vector<VkCommandBuffer> all;
  for (std::uint32_t i = 0; i < count; ++i) all.push_back(record(h, 1, turns));
  const VkFence fence = newFence(h);
  const auto begin = std::chrono::steady_clock::now();
  for (std::uint32_t i = 0; i < count; ++i) {
    VkSubmitInfo info{};
    info.sType = VK_STRUCTURE_TYPE_SUBMIT_INFO;
    info.commandBufferCount = 1;
    info.pCommandBuffers = &all[i];
    require(vkQueueSubmit(h.queue, 1, &info, i + 1 == count ? fence : VK_NULL_HANDLE), "vkQueueSubmit");
  }
  require(vkWaitForFences(h.device, 1, &fence, VK_TRUE, UINT64_MAX), "vkWaitForFences");
  const std::chrono::nanoseconds took = std::chrono::steady_clock::now() - begin;
  return std::to_string(took.count() / count);
}

void start(Host& h, const char* kernel, std::uint32_t queues) {
  openDevice(h, queues);
  makeBuffer(h);
  const auto layout = makeLayouts(h);
  makePipeline(h, kernel);
  makeSet(h, layout);
}

void destroy(Host& h) {
  vkDeviceWaitIdle(h.device);
  for (VkFence fence : h.fences) vkDestroyFence(h.device, fence, nullptr);
  vkDestroyCommandPool(h.device, h.commands, nullptr);
  vkDestroyPipeline(h.device, h.pipeline, nullptr);
  vkDestroyPipelineLayout(h.device, h.layout, nullptr);
  vkDestroyBuffer(h.device, h.buffer, nullptr);
  vkFreeMemory(h.device, h.memory, nullptr);
  vkDestroyDevice(h.device, nullptr);
  vkDestroyInstance(h.instance, nullptr);
}

std::string obey(Host& h, const std::string& verb, std::istringstream& arguments, const char* kernel) {
  std::uint64_t a = 1;
  std::uint32_t b = 1;
  arguments >> a >> b;
  if (verb == "start") start(h, kernel, static_cast<std::uint32_t>(a));  // with so many queues
  if (verb == "work" || verb == "nofence" || verb == "submit2") submit(h, verb, static_cast<std::uint32_t>(a), b);
  if (verb == "wait") {
    const auto count = static_cast<std::uint32_t>(h.fences.size());
    if (count > 0) require(vkWaitForFences(h.device, count, h.fences.data(), VK_TRUE, UINT64_MAX), "vkWaitForFences");
  }
  if (verb == "idle") require(vkDeviceWaitIdle(h.device), "vkDeviceWaitIdle");
  if (verb == "empty") require(vkQueueSubmit(h.queue, 0, nullptr, newFence(h)), "vkQueueSubmit");
  if (verb == "fence") return vkGetFenceStatus(h.device, h.fences.back()) == VK_SUCCESS ? "signalled" : "pending";
  if (verb == "count") return std::to_string(h.counts[0]);
  if (verb == "timeline") return timeline(h);
  if (verb == "cross") cross(h, static_cast<std::uint32_t>(a), b);
  if (verb == "hold") hold(h);
  if (verb == "let") letGo(h);
  if (verb == "stamp") return stamp(h);
  if (verb == "spin") return spin(h, a);
  if (verb == "burst") return burst(h, static_cast<std::uint32_t>(a), b);
  if (verb == "allocate") h.extra.push_back(allocate(h, a));
  if (verb == "free") {
    vkFreeMemory(h.device, h.extra.back(), nullptr);
    h.extra.pop_back();
  }
  if (verb == "destroy") destroy(h);
  if (verb == "exit") std::exit(0);  // with static destructors, without vkDestroyDevice
  if (verb == "background") {        // leaves while a thread of its own waits at the gate
    std::thread([&h] { submit(h, "work", 1, 1); }).detach();
  }
  return "ok";
}

}  // namespace

int main(int count, char** arguments) {
  if (count != 2) return 2;
  auto* host = new Host;
  for (std::string line; std::getline(std::cin, line);) {
    std::istringstream words(line);
    std::string verb;
    words >> verb;
    std::cout << obey(*host, verb, words, arguments[1]) << std::endl;
  }
  return 0;
}
