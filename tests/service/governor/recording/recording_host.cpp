// SPDX-License-Identifier: Apache-2.0
// A small Vulkan program that knows nothing of Lull, led by lines: it records long command buffers and tells what they
// computed.
#include <vulkan/vulkan.h>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <iostream>
#include <iterator>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

namespace {

constexpr std::uint32_t kGroups = 4096;
constexpr VkDeviceSize kBytes = kGroups * 64 * 4;  // of each buffer

// Of the layer tests/fakes/strange_command: no registry names it.
using FillStrangely = void(VKAPI_PTR*)(VkCommandBuffer, VkBuffer, std::uint32_t, std::uint64_t, float, double,
                                       std::uint32_t, std::uint32_t, std::uint32_t, std::uint64_t, float);

void require(bool good, const char* what) {
  if (good) return;
  std::cout << "error " << what << std::endl;
  std::_Exit(3);
}

struct Buffer {
  VkBuffer handle{};
  std::uint32_t* words = nullptr;
};

struct Host {
  VkInstance instance{};
  VkPhysicalDevice physical{};
  VkDevice device{};
  VkQueue queue{};
  Buffer data;
  Buffer other;
  VkPipelineLayout layout{};
  VkPipeline pipeline{};
  VkDescriptorSet sets[2]{};
  VkCommandPool pool{};
  VkCommandBuffer commands{};
};

void openDevice(Host& h) {
  VkApplicationInfo application{};
  application.sType = VK_STRUCTURE_TYPE_APPLICATION_INFO;
  application.apiVersion = VK_API_VERSION_1_3;
  VkInstanceCreateInfo instance{};
  instance.sType = VK_STRUCTURE_TYPE_INSTANCE_CREATE_INFO;
  instance.pApplicationInfo = &application;
  require(vkCreateInstance(&instance, nullptr, &h.instance) == VK_SUCCESS, "vkCreateInstance");
  std::uint32_t count = 1;
  vkEnumeratePhysicalDevices(h.instance, &count, &h.physical);
  require(count == 1, "vkEnumeratePhysicalDevices");
  const float priority = 1;
  VkDeviceQueueCreateInfo queue{};
  queue.sType = VK_STRUCTURE_TYPE_DEVICE_QUEUE_CREATE_INFO;
  queue.queueCount = 1;
  queue.pQueuePriorities = &priority;
  VkDeviceCreateInfo device{};
  device.sType = VK_STRUCTURE_TYPE_DEVICE_CREATE_INFO;
  device.queueCreateInfoCount = 1;
  device.pQueueCreateInfos = &queue;
  require(vkCreateDevice(h.physical, &device, nullptr, &h.device) == VK_SUCCESS, "vkCreateDevice");
  vkGetDeviceQueue(h.device, 0, 0, &h.queue);
}

Buffer makeBuffer(Host& h) {
  Buffer buffer;
  VkBufferCreateInfo info{};
  info.sType = VK_STRUCTURE_TYPE_BUFFER_CREATE_INFO;
  info.size = kBytes;
  info.usage = VK_BUFFER_USAGE_STORAGE_BUFFER_BIT | VK_BUFFER_USAGE_TRANSFER_SRC_BIT | VK_BUFFER_USAGE_TRANSFER_DST_BIT;
  require(vkCreateBuffer(h.device, &info, nullptr, &buffer.handle) == VK_SUCCESS, "vkCreateBuffer");
  VkMemoryRequirements needs{};
  vkGetBufferMemoryRequirements(h.device, buffer.handle, &needs);
  VkMemoryAllocateInfo allocate{};
  allocate.sType = VK_STRUCTURE_TYPE_MEMORY_ALLOCATE_INFO;
  allocate.allocationSize = needs.size;
  VkDeviceMemory memory{};
  require(vkAllocateMemory(h.device, &allocate, nullptr, &memory) == VK_SUCCESS, "vkAllocateMemory");
  vkBindBufferMemory(h.device, buffer.handle, memory, 0);
  void* mapped = nullptr;
  require(vkMapMemory(h.device, memory, 0, VK_WHOLE_SIZE, 0, &mapped) == VK_SUCCESS, "vkMapMemory");
  buffer.words = static_cast<std::uint32_t*>(mapped);
  return buffer;
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
  require(vkCreateDescriptorSetLayout(h.device, &set, nullptr, &setLayout) == VK_SUCCESS, "set layout");
  const VkDescriptorSetLayout both[] = {setLayout, setLayout};
  const VkPushConstantRange range{VK_SHADER_STAGE_COMPUTE_BIT, 0, 16};
  VkPipelineLayoutCreateInfo layout{};
  layout.sType = VK_STRUCTURE_TYPE_PIPELINE_LAYOUT_CREATE_INFO;
  layout.setLayoutCount = 2;
  layout.pSetLayouts = both;
  layout.pushConstantRangeCount = 1;
  layout.pPushConstantRanges = &range;
  require(vkCreatePipelineLayout(h.device, &layout, nullptr, &h.layout) == VK_SUCCESS, "vkCreatePipelineLayout");
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
  require(vkCreateShaderModule(h.device, &module, nullptr, &shader) == VK_SUCCESS, "vkCreateShaderModule");
  VkComputePipelineCreateInfo info{};
  info.sType = VK_STRUCTURE_TYPE_COMPUTE_PIPELINE_CREATE_INFO;
  info.stage.sType = VK_STRUCTURE_TYPE_PIPELINE_SHADER_STAGE_CREATE_INFO;
  info.stage.stage = VK_SHADER_STAGE_COMPUTE_BIT;
  info.stage.module = shader;
  info.stage.pName = "main";
  info.layout = h.layout;
  require(vkCreateComputePipelines(h.device, VK_NULL_HANDLE, 1, &info, nullptr, &h.pipeline) == VK_SUCCESS, "pipeline");
  vkDestroyShaderModule(h.device, shader, nullptr);
}

void makeSets(Host& h, VkDescriptorSetLayout layout) {
  const VkDescriptorPoolSize size{VK_DESCRIPTOR_TYPE_STORAGE_BUFFER, 2};
  VkDescriptorPoolCreateInfo pool{};
  pool.sType = VK_STRUCTURE_TYPE_DESCRIPTOR_POOL_CREATE_INFO;
  pool.maxSets = 2;
  pool.poolSizeCount = 1;
  pool.pPoolSizes = &size;
  VkDescriptorPool descriptors{};
  require(vkCreateDescriptorPool(h.device, &pool, nullptr, &descriptors) == VK_SUCCESS, "vkCreateDescriptorPool");
  const VkDescriptorSetLayout both[] = {layout, layout};
  VkDescriptorSetAllocateInfo allocate{};
  allocate.sType = VK_STRUCTURE_TYPE_DESCRIPTOR_SET_ALLOCATE_INFO;
  allocate.descriptorPool = descriptors;
  allocate.descriptorSetCount = 2;
  allocate.pSetLayouts = both;
  require(vkAllocateDescriptorSets(h.device, &allocate, h.sets) == VK_SUCCESS, "vkAllocateDescriptorSets");
  for (int i = 0; i < 2; ++i) {
    const VkDescriptorBufferInfo buffer{(i == 0 ? h.data : h.other).handle, 0, VK_WHOLE_SIZE};
    VkWriteDescriptorSet write{};
    write.sType = VK_STRUCTURE_TYPE_WRITE_DESCRIPTOR_SET;
    write.dstSet = h.sets[i];
    write.descriptorCount = 1;
    write.descriptorType = VK_DESCRIPTOR_TYPE_STORAGE_BUFFER;
    write.pBufferInfo = &buffer;
    vkUpdateDescriptorSets(h.device, 1, &write, 0, nullptr);
  }
}

void makeCommands(Host& h) {
  VkCommandPoolCreateInfo pool{};
  pool.sType = VK_STRUCTURE_TYPE_COMMAND_POOL_CREATE_INFO;
  pool.flags = VK_COMMAND_POOL_CREATE_RESET_COMMAND_BUFFER_BIT;
  require(vkCreateCommandPool(h.device, &pool, nullptr, &h.pool) == VK_SUCCESS, "vkCreateCommandPool");
  VkCommandBufferAllocateInfo allocate{};
  allocate.sType = VK_STRUCTURE_TYPE_COMMAND_BUFFER_ALLOCATE_INFO;
  allocate.commandPool = h.pool;
  allocate.commandBufferCount = 1;
  require(vkAllocateCommandBuffers(h.device, &allocate, &h.commands) == VK_SUCCESS, "vkAllocateCommandBuffers");
}

void start(Host& h, const char* kernel) {
  openDevice(h);
  h.data = makeBuffer(h);
  h.other = makeBuffer(h);
  for (std::uint32_t i = 0; i < kBytes / 4; ++i) h.data.words[i] = i;
  for (std::uint32_t i = 0; i < kBytes / 4; ++i) h.other.words[i] = i * 7919U;
  const auto layout = makeLayouts(h);
  makePipeline(h, kernel);
  makeSets(h, layout);
  makeCommands(h);
}

void beginWith(Host& h, const VkCommandBufferBeginInfo& info) {
  require(vkBeginCommandBuffer(h.commands, &info) == VK_SUCCESS, "vkBeginCommandBuffer");
  vkCmdBindPipeline(h.commands, VK_PIPELINE_BIND_POINT_COMPUTE, h.pipeline);
  vkCmdBindDescriptorSets(h.commands, VK_PIPELINE_BIND_POINT_COMPUTE, h.layout, 0, 2, h.sets, 0, nullptr);
  const std::uint32_t zero[4]{};
  vkCmdPushConstants(h.commands, h.layout, VK_SHADER_STAGE_COMPUTE_BIT, 0, 16, zero);
}

void begin(Host& h) {
  VkCommandBufferBeginInfo info{};
  info.sType = VK_STRUCTURE_TYPE_COMMAND_BUFFER_BEGIN_INFO;
  beginWith(h, info);
}

void barrier(Host& h) {
  const VkMemoryBarrier all{VK_STRUCTURE_TYPE_MEMORY_BARRIER, nullptr, VK_ACCESS_MEMORY_WRITE_BIT,
                            VK_ACCESS_MEMORY_READ_BIT | VK_ACCESS_MEMORY_WRITE_BIT};
  vkCmdPipelineBarrier(h.commands, VK_PIPELINE_STAGE_ALL_COMMANDS_BIT, VK_PIPELINE_STAGE_ALL_COMMANDS_BIT, 0, 1, &all,
                       0, nullptr, 0, nullptr);
}

// Only some of the push constants each time: the others stay.
void dispatch(Host& h, std::uint32_t step, std::uint32_t groups) {
  const std::uint32_t value = step * 2246822519U + 3;
  vkCmdPushConstants(h.commands, h.layout, VK_SHADER_STAGE_COMPUTE_BIT, step % 4 * 4, 4, &value);
  vkCmdDispatch(h.commands, groups, 1, 1);
  barrier(h);
}

std::string finish(Host& h, int times) {
  require(vkEndCommandBuffer(h.commands) == VK_SUCCESS, "vkEndCommandBuffer");
  VkSubmitInfo info{};
  info.sType = VK_STRUCTURE_TYPE_SUBMIT_INFO;
  info.commandBufferCount = 1;
  info.pCommandBuffers = &h.commands;
  for (int i = 0; i < times; ++i) {
    require(vkQueueSubmit(h.queue, 1, &info, VK_NULL_HANDLE) == VK_SUCCESS, "vkQueueSubmit");
    require(vkQueueWaitIdle(h.queue) == VK_SUCCESS, "vkQueueWaitIdle");
  }
  std::uint64_t hash = 0xcbf29ce484222325ULL;
  for (std::uint32_t i = 0; i < kBytes / 4; ++i) hash = (hash ^ h.data.words[i]) * 0x100000001b3ULL;
  return std::to_string(hash);
}

std::string chain(Host& h, std::uint32_t steps) {
  begin(h);
  for (std::uint32_t step = 0; step < steps; ++step) dispatch(h, step, step % 5 == 4 ? kGroups : 64);
  return finish(h, 3);
}

std::string copies(Host& h) {
  begin(h);
  dispatch(h, 1, kGroups);
  const VkBufferCopy regions[] = {{0, 0, kBytes / 2 - 12}, {kBytes / 2, kBytes / 2 + 64, kBytes / 2 - 64}};
  vkCmdCopyBuffer(h.commands, h.other.handle, h.data.handle, 2, regions);
  barrier(h);
  vkCmdFillBuffer(h.commands, h.data.handle, 400'000, 500'000, 0x1234567U);
  barrier(h);
  dispatch(h, 2, kGroups);
  return finish(h, 1);
}

// A command that no registry names, in the midst of others: it must go where they go, with all its arguments.
std::string strange(Host& h) {
  const auto fill = reinterpret_cast<FillStrangely>(vkGetDeviceProcAddr(h.device, "vkCmdFillStrangelyLULL"));
  if (fill == nullptr) return "absent";
  begin(h);
  dispatch(h, 0, kGroups);
  dispatch(h, 1, kGroups);
  fill(h.commands, h.data.handle, 11, 0x1234567890ULL, 1.5F, 2.25, 12, 13, 14, 0xabcdef0123ULL, 3.75F);
  barrier(h);
  dispatch(h, 2, kGroups);
  dispatch(h, 3, kGroups);
  return finish(h, 1);
}

VkCommandBuffer secondary(Host& h, std::uint32_t dispatches, std::uint32_t groups) {
  VkCommandBufferAllocateInfo allocate{};
  allocate.sType = VK_STRUCTURE_TYPE_COMMAND_BUFFER_ALLOCATE_INFO;
  allocate.commandPool = h.pool;
  allocate.level = VK_COMMAND_BUFFER_LEVEL_SECONDARY;
  allocate.commandBufferCount = 1;
  VkCommandBuffer made{};
  require(vkAllocateCommandBuffers(h.device, &allocate, &made) == VK_SUCCESS, "vkAllocateCommandBuffers");
  const VkCommandBufferInheritanceInfo inherited{.sType = VK_STRUCTURE_TYPE_COMMAND_BUFFER_INHERITANCE_INFO};
  VkCommandBufferBeginInfo info{};
  info.sType = VK_STRUCTURE_TYPE_COMMAND_BUFFER_BEGIN_INFO;
  info.pInheritanceInfo = &inherited;
  const VkCommandBuffer primary = std::exchange(h.commands, made);
  beginWith(h, info);
  for (std::uint32_t i = 0; i < dispatches; ++i) dispatch(h, 0, groups);
  require(vkEndCommandBuffer(made) == VK_SUCCESS, "vkEndCommandBuffer");
  h.commands = primary;
  return made;
}

// A long secondary buffer and a short one in one call.
std::string together(Host& h, std::uint32_t times) {
  const VkCommandBuffer both[] = {secondary(h, 40, kGroups), secondary(h, 1, 64)};
  std::string text;
  for (std::uint32_t i = 0; i < times; ++i) {
    begin(h);
    vkCmdExecuteCommands(h.commands, 2, both);
    text = finish(h, 1);
  }
  vkFreeCommandBuffers(h.device, h.pool, 2, both);
  return text;
}

// What the long one of them did.
std::string alone(Host& h) {
  begin(h);
  for (std::uint32_t i = 0; i < 40; ++i) dispatch(h, 0, kGroups);
  return finish(h, 1);
}

// A render pass in which nothing is drawn.
std::string pass(Host& h) {
  const VkSubpassDescription subpass{};
  VkRenderPassCreateInfo info{};
  info.sType = VK_STRUCTURE_TYPE_RENDER_PASS_CREATE_INFO;
  info.subpassCount = 1;
  info.pSubpasses = &subpass;
  VkRenderPass made{};
  require(vkCreateRenderPass(h.device, &info, nullptr, &made) == VK_SUCCESS, "vkCreateRenderPass");
  VkFramebufferCreateInfo frame{};
  frame.sType = VK_STRUCTURE_TYPE_FRAMEBUFFER_CREATE_INFO;
  frame.renderPass = made;
  frame.width = frame.height = 16;
  frame.layers = 1;
  VkFramebuffer framebuffer{};
  require(vkCreateFramebuffer(h.device, &frame, nullptr, &framebuffer) == VK_SUCCESS, "vkCreateFramebuffer");
  begin(h);
  VkRenderPassBeginInfo start{};
  start.sType = VK_STRUCTURE_TYPE_RENDER_PASS_BEGIN_INFO;
  start.renderPass = made;
  start.framebuffer = framebuffer;
  start.renderArea = {{0, 0}, {16, 16}};
  vkCmdBeginRenderPass(h.commands, &start, VK_SUBPASS_CONTENTS_INLINE);
  vkCmdEndRenderPass(h.commands);
  return finish(h, 1);
}

// Nanoseconds for one call of each kind, recorded many times over and never submitted.
template <typename Call>
std::string nanoseconds(Host& h, std::uint32_t calls, const Call& call) {
  using Clock = std::chrono::steady_clock;
  std::uint64_t best = UINT64_MAX;
  for (int round = 0; round < 7; ++round) {
    begin(h);
    const auto from = Clock::now();
    for (std::uint32_t i = 0; i < calls; ++i) call(i);
    const auto spent = std::chrono::duration_cast<std::chrono::nanoseconds>(Clock::now() - from).count();
    best = std::min(best, static_cast<std::uint64_t>(spent));
    require(vkEndCommandBuffer(h.commands) == VK_SUCCESS, "vkEndCommandBuffer");
  }
  return " " + std::to_string(static_cast<double>(best) / calls);
}

std::string speed(Host& h, std::uint32_t calls) {
  const VkMemoryBarrier all{VK_STRUCTURE_TYPE_MEMORY_BARRIER, nullptr, 0, 0};
  std::string text = "push" + nanoseconds(h, calls, [&](std::uint32_t i) {
                       vkCmdPushConstants(h.commands, h.layout, VK_SHADER_STAGE_COMPUTE_BIT, 0, 4, &i);
                     });
  text += " bind" + nanoseconds(h, calls, [&](std::uint32_t) {
            vkCmdBindPipeline(h.commands, VK_PIPELINE_BIND_POINT_COMPUTE, h.pipeline);
          });
  text += " sets" + nanoseconds(h, calls, [&](std::uint32_t) {
            vkCmdBindDescriptorSets(h.commands, VK_PIPELINE_BIND_POINT_COMPUTE, h.layout, 0, 2, h.sets, 0, nullptr);
          });
  text += " barrier" + nanoseconds(h, calls, [&](std::uint32_t) {
            vkCmdPipelineBarrier(h.commands, VK_PIPELINE_STAGE_ALL_COMMANDS_BIT, VK_PIPELINE_STAGE_ALL_COMMANDS_BIT, 0,
                                 1, &all, 0, nullptr, 0, nullptr);
          });
  text += " dispatch" + nanoseconds(h, calls, [&](std::uint32_t) { vkCmdDispatch(h.commands, 1, 1, 1); });
  return text;
}

std::string obey(Host& h, const std::string& verb, std::uint32_t number, const char* kernel) {
  if (verb == "start") start(h, kernel);
  if (verb == "chain") return chain(h, number);
  if (verb == "copies") return copies(h);
  if (verb == "strange") return strange(h);
  if (verb == "together") return together(h, number);
  if (verb == "alone") return alone(h);
  if (verb == "pass") return pass(h);
  if (verb == "speed") return speed(h, number);
  return "ok";
}

}  // namespace

int main(int count, char** arguments) {
  if (count != 2) return 2;
  auto* host = new Host;
  for (std::string line; std::getline(std::cin, line);) {
    std::istringstream words(line);
    std::string verb;
    std::uint32_t number = 0;
    words >> verb >> number;
    std::cout << obey(*host, verb, number, arguments[1]) << std::endl;
  }
  return 0;
}
