// SPDX-License-Identifier: Apache-2.0
#include "service/governor/compute.h"

#include <cstring>

namespace lull::tests {

struct Compute::Objects {
  explicit Objects(VkDevice d) : device(d) {}
  ~Objects() {
    vkDestroyCommandPool(device, pool, nullptr);
    vkDestroyPipeline(device, pipeline, nullptr);
    vkDestroyShaderModule(device, module, nullptr);
    vkDestroyPipelineLayout(device, layout, nullptr);
    vkDestroyDescriptorPool(device, sets, nullptr);
    vkDestroyDescriptorSetLayout(device, setLayout, nullptr);
    vkDestroyBuffer(device, buffer, nullptr);
    vkFreeMemory(device, memory, nullptr);
  }
  Objects(const Objects&) = delete;
  Objects& operator=(const Objects&) = delete;

  const VkDevice device;
  VkBuffer buffer = VK_NULL_HANDLE;
  VkDeviceMemory memory = VK_NULL_HANDLE;
  void* bytes = nullptr;
  VkDescriptorSetLayout setLayout = VK_NULL_HANDLE;
  VkDescriptorPool sets = VK_NULL_HANDLE;
  VkDescriptorSet set = VK_NULL_HANDLE;
  VkPipelineLayout layout = VK_NULL_HANDLE;
  VkShaderModule module = VK_NULL_HANDLE;
  VkPipeline pipeline = VK_NULL_HANDLE;
  VkCommandPool pool = VK_NULL_HANDLE;
};

Compute::Compute() {
  const VkApplicationInfo application{.sType = VK_STRUCTURE_TYPE_APPLICATION_INFO, .apiVersion = VK_API_VERSION_1_3};
  const VkInstanceCreateInfo instance{.sType = VK_STRUCTURE_TYPE_INSTANCE_CREATE_INFO,
                                      .pApplicationInfo = &application};
  if (vkCreateInstance(&instance, nullptr, &m_instance) != VK_SUCCESS) return;
  std::uint32_t count = 1;
  if (vkEnumeratePhysicalDevices(m_instance, &count, &m_physical) < VK_SUCCESS || count == 0) return;
  VkPhysicalDeviceProperties properties{};
  vkGetPhysicalDeviceProperties(m_physical, &properties);
  m_mostPushed = properties.limits.maxPushConstantsSize;

  std::vector<VkQueueFamilyProperties> families(16);
  count = static_cast<std::uint32_t>(families.size());
  vkGetPhysicalDeviceQueueFamilyProperties(m_physical, &count, families.data());
  while (m_family < count && (families[m_family].queueFlags & VK_QUEUE_COMPUTE_BIT) == 0) ++m_family;
  const float priority = 1;
  const VkDeviceQueueCreateInfo queue{.sType = VK_STRUCTURE_TYPE_DEVICE_QUEUE_CREATE_INFO,
                                      .queueFamilyIndex = m_family,
                                      .queueCount = 1,
                                      .pQueuePriorities = &priority};
  const VkDeviceCreateInfo device{
      .sType = VK_STRUCTURE_TYPE_DEVICE_CREATE_INFO, .queueCreateInfoCount = 1, .pQueueCreateInfos = &queue};
  if (m_family == count || vkCreateDevice(m_physical, &device, nullptr, &m_device) != VK_SUCCESS) return;
  vkGetDeviceQueue(m_device, m_family, 0, &m_queue);
}

Compute::~Compute() {
  if (m_device != VK_NULL_HANDLE) vkDestroyDevice(m_device, nullptr);
  if (m_instance != VK_NULL_HANDLE) vkDestroyInstance(m_instance, nullptr);
}

bool Compute::makeBuffer(Objects& made, const Job& job) {
  const VkBufferCreateInfo buffer{.sType = VK_STRUCTURE_TYPE_BUFFER_CREATE_INFO,
                                  .size = job.numbers * sizeof(std::uint32_t),
                                  .usage = VK_BUFFER_USAGE_STORAGE_BUFFER_BIT};
  if (vkCreateBuffer(m_device, &buffer, nullptr, &made.buffer) != VK_SUCCESS) return false;
  VkMemoryRequirements needs{};
  vkGetBufferMemoryRequirements(m_device, made.buffer, &needs);
  VkPhysicalDeviceMemoryProperties memories{};
  vkGetPhysicalDeviceMemoryProperties(m_physical, &memories);
  constexpr VkMemoryPropertyFlags kSeen = VK_MEMORY_PROPERTY_HOST_VISIBLE_BIT | VK_MEMORY_PROPERTY_HOST_COHERENT_BIT;
  std::uint32_t type = 0;
  while (type < memories.memoryTypeCount &&
         ((needs.memoryTypeBits >> type & 1U) == 0 || (memories.memoryTypes[type].propertyFlags & kSeen) != kSeen)) {
    ++type;
  }
  const VkMemoryAllocateInfo allocate{
      .sType = VK_STRUCTURE_TYPE_MEMORY_ALLOCATE_INFO, .allocationSize = needs.size, .memoryTypeIndex = type};
  if (vkAllocateMemory(m_device, &allocate, nullptr, &made.memory) != VK_SUCCESS ||
      vkBindBufferMemory(m_device, made.buffer, made.memory, 0) != VK_SUCCESS ||
      vkMapMemory(m_device, made.memory, 0, VK_WHOLE_SIZE, 0, &made.bytes) != VK_SUCCESS) {
    return false;
  }
  std::memset(made.bytes, 0, job.numbers * sizeof(std::uint32_t));
  return true;
}

bool Compute::makePipeline(Objects& made, const Job& job) {
  const VkDescriptorSetLayoutBinding binding{.descriptorType = VK_DESCRIPTOR_TYPE_STORAGE_BUFFER,
                                             .descriptorCount = 1,
                                             .stageFlags = VK_SHADER_STAGE_COMPUTE_BIT};
  const VkDescriptorSetLayoutCreateInfo setLayout{
      .sType = VK_STRUCTURE_TYPE_DESCRIPTOR_SET_LAYOUT_CREATE_INFO, .bindingCount = 1, .pBindings = &binding};
  if (vkCreateDescriptorSetLayout(m_device, &setLayout, nullptr, &made.setLayout) != VK_SUCCESS) return false;
  const VkPushConstantRange range{.stageFlags = VK_SHADER_STAGE_COMPUTE_BIT,
                                  .size = static_cast<std::uint32_t>(job.pushed.size_bytes())};
  const VkPipelineLayoutCreateInfo layout{.sType = VK_STRUCTURE_TYPE_PIPELINE_LAYOUT_CREATE_INFO,
                                          .setLayoutCount = 1,
                                          .pSetLayouts = &made.setLayout,
                                          .pushConstantRangeCount = 1,
                                          .pPushConstantRanges = &range};
  if (vkCreatePipelineLayout(m_device, &layout, nullptr, &made.layout) != VK_SUCCESS) return false;
  const VkShaderModuleCreateInfo module{.sType = VK_STRUCTURE_TYPE_SHADER_MODULE_CREATE_INFO,
                                        .codeSize = job.words.size_bytes(),
                                        .pCode = job.words.data()};
  if (vkCreateShaderModule(m_device, &module, nullptr, &made.module) != VK_SUCCESS) return false;
  const VkComputePipelineCreateInfo pipeline{.sType = VK_STRUCTURE_TYPE_COMPUTE_PIPELINE_CREATE_INFO,
                                             .flags = VK_PIPELINE_CREATE_DISPATCH_BASE_BIT,
                                             .stage = {.sType = VK_STRUCTURE_TYPE_PIPELINE_SHADER_STAGE_CREATE_INFO,
                                                       .stage = VK_SHADER_STAGE_COMPUTE_BIT,
                                                       .module = made.module,
                                                       .pName = "main"},
                                             .layout = made.layout};
  return vkCreateComputePipelines(m_device, VK_NULL_HANDLE, 1, &pipeline, nullptr, &made.pipeline) == VK_SUCCESS;
}

bool Compute::prepare(Objects& made, const Job& job) {
  if (!makeBuffer(made, job) || !makePipeline(made, job)) return false;
  const VkDescriptorPoolSize size{.type = VK_DESCRIPTOR_TYPE_STORAGE_BUFFER, .descriptorCount = 1};
  const VkDescriptorPoolCreateInfo sets{
      .sType = VK_STRUCTURE_TYPE_DESCRIPTOR_POOL_CREATE_INFO, .maxSets = 1, .poolSizeCount = 1, .pPoolSizes = &size};
  if (vkCreateDescriptorPool(m_device, &sets, nullptr, &made.sets) != VK_SUCCESS) return false;
  const VkDescriptorSetAllocateInfo set{.sType = VK_STRUCTURE_TYPE_DESCRIPTOR_SET_ALLOCATE_INFO,
                                        .descriptorPool = made.sets,
                                        .descriptorSetCount = 1,
                                        .pSetLayouts = &made.setLayout};
  if (vkAllocateDescriptorSets(m_device, &set, &made.set) != VK_SUCCESS) return false;
  const VkDescriptorBufferInfo buffer{.buffer = made.buffer, .range = VK_WHOLE_SIZE};
  const VkWriteDescriptorSet write{.sType = VK_STRUCTURE_TYPE_WRITE_DESCRIPTOR_SET,
                                   .dstSet = made.set,
                                   .descriptorCount = 1,
                                   .descriptorType = VK_DESCRIPTOR_TYPE_STORAGE_BUFFER,
                                   .pBufferInfo = &buffer};
  vkUpdateDescriptorSets(m_device, 1, &write, 0, nullptr);
  return true;
}

bool Compute::submit(Objects& made, const Job& job) {
  const VkCommandPoolCreateInfo pool{.sType = VK_STRUCTURE_TYPE_COMMAND_POOL_CREATE_INFO, .queueFamilyIndex = m_family};
  if (vkCreateCommandPool(m_device, &pool, nullptr, &made.pool) != VK_SUCCESS) return false;
  const VkCommandBufferAllocateInfo allocate{.sType = VK_STRUCTURE_TYPE_COMMAND_BUFFER_ALLOCATE_INFO,
                                             .commandPool = made.pool,
                                             .level = VK_COMMAND_BUFFER_LEVEL_PRIMARY,
                                             .commandBufferCount = 1};
  VkCommandBuffer commands = VK_NULL_HANDLE;
  const VkCommandBufferBeginInfo begin{.sType = VK_STRUCTURE_TYPE_COMMAND_BUFFER_BEGIN_INFO};
  if (vkAllocateCommandBuffers(m_device, &allocate, &commands) != VK_SUCCESS ||
      vkBeginCommandBuffer(commands, &begin) != VK_SUCCESS) {
    return false;
  }
  vkCmdBindPipeline(commands, VK_PIPELINE_BIND_POINT_COMPUTE, made.pipeline);
  vkCmdBindDescriptorSets(commands, VK_PIPELINE_BIND_POINT_COMPUTE, made.layout, 0, 1, &made.set, 0, nullptr);
  vkCmdPushConstants(commands, made.layout, VK_SHADER_STAGE_COMPUTE_BIT, 0,
                     static_cast<std::uint32_t>(job.pushed.size_bytes()), job.pushed.data());
  for (const governor::Box& box : job.boxes) {
    vkCmdDispatchBase(commands, box.base[0], box.base[1], box.base[2], box.count[0], box.count[1], box.count[2]);
  }
  if (vkEndCommandBuffer(commands) != VK_SUCCESS) return false;
  const VkSubmitInfo submit{
      .sType = VK_STRUCTURE_TYPE_SUBMIT_INFO, .commandBufferCount = 1, .pCommandBuffers = &commands};
  return vkQueueSubmit(m_queue, 1, &submit, VK_NULL_HANDLE) == VK_SUCCESS && vkQueueWaitIdle(m_queue) == VK_SUCCESS;
}

std::vector<std::uint32_t> Compute::run(const Job& job) {
  Objects made(m_device);
  if (!prepare(made, job) || !submit(made, job)) return {};
  std::vector<std::uint32_t> numbers(job.numbers);
  std::memcpy(numbers.data(), made.bytes, numbers.size() * sizeof(std::uint32_t));
  return numbers;
}

}  // namespace lull::tests
