// SPDX-License-Identifier: Apache-2.0
#include "governor/check/trial.h"

#include <array>
#include <cstdint>
#include <vector>

namespace lull::governor {

namespace {

constexpr std::uint32_t kSpin[] = {
#include "governor/generated/spin.inc"
};
constexpr VkDeviceSize kBufferBytes = 256;

}  // namespace

Trial::~Trial() {
  if (m_device == VK_NULL_HANDLE) return;
  vkDeviceWaitIdle(m_device);
  vkDestroyFence(m_device, m_fence, nullptr);
  vkDestroyCommandPool(m_device, m_commands, nullptr);
  vkDestroyPipeline(m_device, m_pipeline, nullptr);
  vkDestroyShaderModule(m_device, m_shader, nullptr);
  vkDestroyPipelineLayout(m_device, m_layout, nullptr);
  vkDestroyDescriptorPool(m_device, m_descriptors, nullptr);
  vkDestroyDescriptorSetLayout(m_device, m_setLayout, nullptr);
  vkDestroyBuffer(m_device, m_buffer, nullptr);
  vkFreeMemory(m_device, m_memory, nullptr);
  vkDestroyDevice(m_device, nullptr);
}

bool Trial::did(VkResult result, const char* what) {
  if (result == VK_SUCCESS) return true;
  m_whyNot = std::string(what) + " failed with VkResult " + std::to_string(result);
  return false;
}

bool Trial::open() { return findFamily() && openDevice() && makeBuffer() && makeSet() && makePipeline(); }

bool Trial::findFamily() {
  std::uint32_t count = 0;
  vkGetPhysicalDeviceQueueFamilyProperties(m_physical, &count, nullptr);
  std::vector<VkQueueFamilyProperties> families(count);
  vkGetPhysicalDeviceQueueFamilyProperties(m_physical, &count, families.data());
  for (m_family = 0; m_family < count; ++m_family) {
    if (families[m_family].queueCount > 0 && (families[m_family].queueFlags & VK_QUEUE_COMPUTE_BIT) != 0) return true;
  }
  m_whyNot = "its driver offers no compute queue";
  return false;
}

bool Trial::openDevice() {
  const float priority = 1;
  VkDeviceQueueCreateInfo queue{};
  queue.sType = VK_STRUCTURE_TYPE_DEVICE_QUEUE_CREATE_INFO;
  queue.queueFamilyIndex = m_family;
  queue.queueCount = 1;
  queue.pQueuePriorities = &priority;
  VkDeviceCreateInfo device{};
  device.sType = VK_STRUCTURE_TYPE_DEVICE_CREATE_INFO;
  device.queueCreateInfoCount = 1;
  device.pQueueCreateInfos = &queue;
  if (!did(vkCreateDevice(m_physical, &device, nullptr, &m_device), "vkCreateDevice")) return false;
  vkGetDeviceQueue(m_device, m_family, 0, &m_queue);
  VkCommandPoolCreateInfo pool{};
  pool.sType = VK_STRUCTURE_TYPE_COMMAND_POOL_CREATE_INFO;
  pool.queueFamilyIndex = m_family;
  VkFenceCreateInfo fence{};
  fence.sType = VK_STRUCTURE_TYPE_FENCE_CREATE_INFO;
  return did(vkCreateCommandPool(m_device, &pool, nullptr, &m_commands), "vkCreateCommandPool") &&
         did(vkCreateFence(m_device, &fence, nullptr, &m_fence), "vkCreateFence");
}

bool Trial::makeBuffer() {
  VkBufferCreateInfo info{};
  info.sType = VK_STRUCTURE_TYPE_BUFFER_CREATE_INFO;
  info.size = kBufferBytes;
  info.usage = VK_BUFFER_USAGE_STORAGE_BUFFER_BIT;
  if (!did(vkCreateBuffer(m_device, &info, nullptr, &m_buffer), "vkCreateBuffer") || !allocate()) return false;
  void* mapped = nullptr;
  if (!did(vkBindBufferMemory(m_device, m_buffer, m_memory, 0), "vkBindBufferMemory") ||
      !did(vkMapMemory(m_device, m_memory, 0, VK_WHOLE_SIZE, 0, &mapped), "vkMapMemory")) {
    return false;
  }
  *static_cast<std::uint32_t*>(mapped) = 0;
  m_counts = mapped;
  return true;
}

// Memory that the processor sees: every driver has such a kind for storage buffers.
bool Trial::allocate() {
  VkMemoryRequirements needs{};
  vkGetBufferMemoryRequirements(m_device, m_buffer, &needs);
  VkPhysicalDeviceMemoryProperties kinds{};
  vkGetPhysicalDeviceMemoryProperties(m_physical, &kinds);
  constexpr VkMemoryPropertyFlags kWanted = VK_MEMORY_PROPERTY_HOST_VISIBLE_BIT | VK_MEMORY_PROPERTY_HOST_COHERENT_BIT;
  for (std::uint32_t kind = 0; kind < kinds.memoryTypeCount; ++kind) {
    const bool fits = (needs.memoryTypeBits & (1U << kind)) != 0;
    if (!fits || (kinds.memoryTypes[kind].propertyFlags & kWanted) != kWanted) continue;
    VkMemoryAllocateInfo info{};
    info.sType = VK_STRUCTURE_TYPE_MEMORY_ALLOCATE_INFO;
    info.allocationSize = needs.size;
    info.memoryTypeIndex = kind;
    return did(vkAllocateMemory(m_device, &info, nullptr, &m_memory), "vkAllocateMemory");
  }
  m_whyNot = "its driver offers no memory that the processor sees";
  return false;
}

bool Trial::makeSet() {
  VkDescriptorSetLayoutBinding binding{};
  binding.descriptorType = VK_DESCRIPTOR_TYPE_STORAGE_BUFFER;
  binding.descriptorCount = 1;
  binding.stageFlags = VK_SHADER_STAGE_COMPUTE_BIT;
  VkDescriptorSetLayoutCreateInfo layout{};
  layout.sType = VK_STRUCTURE_TYPE_DESCRIPTOR_SET_LAYOUT_CREATE_INFO;
  layout.bindingCount = 1;
  layout.pBindings = &binding;
  const VkDescriptorPoolSize size{VK_DESCRIPTOR_TYPE_STORAGE_BUFFER, 1};
  VkDescriptorPoolCreateInfo pool{};
  pool.sType = VK_STRUCTURE_TYPE_DESCRIPTOR_POOL_CREATE_INFO;
  pool.maxSets = 1;
  pool.poolSizeCount = 1;
  pool.pPoolSizes = &size;
  if (!did(vkCreateDescriptorSetLayout(m_device, &layout, nullptr, &m_setLayout), "vkCreateDescriptorSetLayout") ||
      !did(vkCreateDescriptorPool(m_device, &pool, nullptr, &m_descriptors), "vkCreateDescriptorPool")) {
    return false;
  }
  VkDescriptorSetAllocateInfo allocation{};
  allocation.sType = VK_STRUCTURE_TYPE_DESCRIPTOR_SET_ALLOCATE_INFO;
  allocation.descriptorPool = m_descriptors;
  allocation.descriptorSetCount = 1;
  allocation.pSetLayouts = &m_setLayout;
  if (!did(vkAllocateDescriptorSets(m_device, &allocation, &m_set), "vkAllocateDescriptorSets")) return false;
  const VkDescriptorBufferInfo buffer{m_buffer, 0, VK_WHOLE_SIZE};
  VkWriteDescriptorSet write{};
  write.sType = VK_STRUCTURE_TYPE_WRITE_DESCRIPTOR_SET;
  write.dstSet = m_set;
  write.descriptorCount = 1;
  write.descriptorType = VK_DESCRIPTOR_TYPE_STORAGE_BUFFER;
  write.pBufferInfo = &buffer;
  vkUpdateDescriptorSets(m_device, 1, &write, 0, nullptr);
  return true;
}

bool Trial::makePipeline() {
  const VkPushConstantRange range{VK_SHADER_STAGE_COMPUTE_BIT, 0, sizeof(std::uint32_t)};
  VkPipelineLayoutCreateInfo layout{};
  layout.sType = VK_STRUCTURE_TYPE_PIPELINE_LAYOUT_CREATE_INFO;
  layout.setLayoutCount = 1;
  layout.pSetLayouts = &m_setLayout;
  layout.pushConstantRangeCount = 1;
  layout.pPushConstantRanges = &range;
  VkShaderModuleCreateInfo module{};
  module.sType = VK_STRUCTURE_TYPE_SHADER_MODULE_CREATE_INFO;
  module.codeSize = sizeof kSpin;
  module.pCode = kSpin;
  if (!did(vkCreatePipelineLayout(m_device, &layout, nullptr, &m_layout), "vkCreatePipelineLayout") ||
      !did(vkCreateShaderModule(m_device, &module, nullptr, &m_shader), "vkCreateShaderModule")) {
    return false;
  }
  VkComputePipelineCreateInfo info{};
  info.sType = VK_STRUCTURE_TYPE_COMPUTE_PIPELINE_CREATE_INFO;
  info.stage.sType = VK_STRUCTURE_TYPE_PIPELINE_SHADER_STAGE_CREATE_INFO;
  info.stage.stage = VK_SHADER_STAGE_COMPUTE_BIT;
  info.stage.module = m_shader;
  info.stage.pName = "main";
  info.layout = m_layout;
  return did(vkCreateComputePipelines(m_device, VK_NULL_HANDLE, 1, &info, nullptr, &m_pipeline),
             "vkCreateComputePipelines");
}

bool Trial::record(VkCommandBuffer commands, std::uint32_t turns) {
  VkCommandBufferBeginInfo begin{};
  begin.sType = VK_STRUCTURE_TYPE_COMMAND_BUFFER_BEGIN_INFO;
  begin.flags = VK_COMMAND_BUFFER_USAGE_ONE_TIME_SUBMIT_BIT;
  if (!did(vkBeginCommandBuffer(commands, &begin), "vkBeginCommandBuffer")) return false;
  vkCmdBindPipeline(commands, VK_PIPELINE_BIND_POINT_COMPUTE, m_pipeline);
  vkCmdBindDescriptorSets(commands, VK_PIPELINE_BIND_POINT_COMPUTE, m_layout, 0, 1, &m_set, 0, nullptr);
  vkCmdPushConstants(commands, m_layout, VK_SHADER_STAGE_COMPUTE_BIT, 0, sizeof turns, &turns);
  vkCmdDispatch(commands, kGroups, 1, 1);
  VkMemoryBarrier barrier{};
  barrier.sType = VK_STRUCTURE_TYPE_MEMORY_BARRIER;
  barrier.srcAccessMask = VK_ACCESS_SHADER_WRITE_BIT;
  barrier.dstAccessMask = VK_ACCESS_HOST_READ_BIT | VK_ACCESS_SHADER_READ_BIT | VK_ACCESS_SHADER_WRITE_BIT;
  vkCmdPipelineBarrier(commands, VK_PIPELINE_STAGE_COMPUTE_SHADER_BIT,
                       VK_PIPELINE_STAGE_HOST_BIT | VK_PIPELINE_STAGE_COMPUTE_SHADER_BIT, 0, 1, &barrier, 0, nullptr, 0,
                       nullptr);
  return did(vkEndCommandBuffer(commands), "vkEndCommandBuffer");
}

bool Trial::submit(std::uint32_t turns) {
  VkCommandBufferAllocateInfo allocate{};
  allocate.sType = VK_STRUCTURE_TYPE_COMMAND_BUFFER_ALLOCATE_INFO;
  allocate.commandPool = m_commands;
  allocate.commandBufferCount = 1;
  VkCommandBuffer commands{};
  if (!did(vkAllocateCommandBuffers(m_device, &allocate, &commands), "vkAllocateCommandBuffers") ||
      !record(commands, turns)) {
    return false;
  }
  VkSubmitInfo info{};
  info.sType = VK_STRUCTURE_TYPE_SUBMIT_INFO;
  info.commandBufferCount = 1;
  info.pCommandBuffers = &commands;
  return did(vkQueueSubmit(m_queue, 1, &info, VK_NULL_HANDLE), "vkQueueSubmit");
}

bool Trial::wait(std::chrono::nanoseconds limit) {
  if (!did(vkResetFences(m_device, 1, &m_fence), "vkResetFences") ||
      !did(vkQueueSubmit(m_queue, 0, nullptr, m_fence), "vkQueueSubmit")) {
    return false;
  }
  const auto result = vkWaitForFences(m_device, 1, &m_fence, VK_TRUE, static_cast<std::uint64_t>(limit.count()));
  if (result != VK_TIMEOUT) return did(result, "vkWaitForFences");
  m_whyNot = "its work was not done in time";
  return false;
}

}  // namespace lull::governor
