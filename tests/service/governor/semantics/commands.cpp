// SPDX-License-Identifier: Apache-2.0
#include "commands.h"

namespace semantics {

VkCommandBuffer allocate(const Gpu& gpu, VkCommandPool pool, VkCommandBufferLevel level) {
  const VkCommandBufferAllocateInfo info{.sType = VK_STRUCTURE_TYPE_COMMAND_BUFFER_ALLOCATE_INFO,
                                         .commandPool = pool,
                                         .level = level,
                                         .commandBufferCount = 1};
  VkCommandBuffer commands = VK_NULL_HANDLE;
  require(vkAllocateCommandBuffers(gpu.device(), &info, &commands), "vkAllocateCommandBuffers");
  return commands;
}

void begin(VkCommandBuffer commands, VkCommandBufferUsageFlags flags) {
  const VkCommandBufferBeginInfo info{.sType = VK_STRUCTURE_TYPE_COMMAND_BUFFER_BEGIN_INFO, .flags = flags};
  require(vkBeginCommandBuffer(commands, &info), "vkBeginCommandBuffer");
}

void beginSecondary(VkCommandBuffer commands, VkCommandBufferUsageFlags flags) {
  const VkCommandBufferInheritanceInfo inheritance{.sType = VK_STRUCTURE_TYPE_COMMAND_BUFFER_INHERITANCE_INFO};
  const VkCommandBufferBeginInfo info{
      .sType = VK_STRUCTURE_TYPE_COMMAND_BUFFER_BEGIN_INFO, .flags = flags, .pInheritanceInfo = &inheritance};
  require(vkBeginCommandBuffer(commands, &info), "vkBeginCommandBuffer");
}

void end(VkCommandBuffer commands) { require(vkEndCommandBuffer(commands), "vkEndCommandBuffer"); }

void bind(VkCommandBuffer commands, const Kernel& kernel, VkDescriptorSet set) {
  vkCmdBindPipeline(commands, VK_PIPELINE_BIND_POINT_COMPUTE, kernel.pipeline());
  vkCmdBindDescriptorSets(commands, VK_PIPELINE_BIND_POINT_COMPUTE, kernel.layout(), 0, 1, &set, 0, nullptr);
}

void barrier(VkCommandBuffer commands) {
  constexpr VkPipelineStageFlags kStages = VK_PIPELINE_STAGE_COMPUTE_SHADER_BIT | VK_PIPELINE_STAGE_TRANSFER_BIT;
  const VkMemoryBarrier memory{.sType = VK_STRUCTURE_TYPE_MEMORY_BARRIER,
                               .srcAccessMask = VK_ACCESS_SHADER_WRITE_BIT | VK_ACCESS_TRANSFER_WRITE_BIT,
                               .dstAccessMask = VK_ACCESS_SHADER_READ_BIT | VK_ACCESS_SHADER_WRITE_BIT |
                                                VK_ACCESS_UNIFORM_READ_BIT | VK_ACCESS_TRANSFER_READ_BIT |
                                                VK_ACCESS_TRANSFER_WRITE_BIT | VK_ACCESS_HOST_READ_BIT |
                                                VK_ACCESS_INDIRECT_COMMAND_READ_BIT};
  vkCmdPipelineBarrier(commands, kStages, kStages | VK_PIPELINE_STAGE_HOST_BIT | VK_PIPELINE_STAGE_DRAW_INDIRECT_BIT, 0,
                       1, &memory, 0, nullptr, 0, nullptr);
}

void imageBarrier(VkCommandBuffer commands, VkImage image, VkImageLayout from, VkImageLayout to) {
  const VkImageMemoryBarrier change{.sType = VK_STRUCTURE_TYPE_IMAGE_MEMORY_BARRIER,
                                    .srcAccessMask = VK_ACCESS_MEMORY_WRITE_BIT,
                                    .dstAccessMask = VK_ACCESS_MEMORY_READ_BIT | VK_ACCESS_MEMORY_WRITE_BIT,
                                    .oldLayout = from,
                                    .newLayout = to,
                                    .srcQueueFamilyIndex = VK_QUEUE_FAMILY_IGNORED,
                                    .dstQueueFamilyIndex = VK_QUEUE_FAMILY_IGNORED,
                                    .image = image,
                                    .subresourceRange = Image::kAll};
  vkCmdPipelineBarrier(commands, VK_PIPELINE_STAGE_ALL_COMMANDS_BIT, VK_PIPELINE_STAGE_ALL_COMMANDS_BIT, 0, 0, nullptr,
                       0, nullptr, 1, &change);
}

void submit(const Gpu& gpu, VkCommandBuffer commands, VkFence fence) {
  const VkSubmitInfo info{
      .sType = VK_STRUCTURE_TYPE_SUBMIT_INFO, .commandBufferCount = 1, .pCommandBuffers = &commands};
  const std::lock_guard lock(gpu.queueMutex());
  require(vkQueueSubmit(gpu.queue(), 1, &info, fence), "vkQueueSubmit");
}

void wait(const Gpu& gpu, VkFence fence) {
  require(vkWaitForFences(gpu.device(), 1, &fence, VK_TRUE, UINT64_MAX), "vkWaitForFences");
}

void submitAndWait(const Gpu& gpu, VkCommandBuffer commands) {
  const Fence fence = makeFence(gpu);
  submit(gpu, commands, fence);
  wait(gpu, fence);
}

Recording::Recording(const Gpu& gpu) : m_gpu(gpu), m_pool(makePool(gpu)), m_commands(allocate(gpu, m_pool)) {
  begin(m_commands, VK_COMMAND_BUFFER_USAGE_ONE_TIME_SUBMIT_BIT);
}

void Recording::run() {
  barrier(m_commands);
  end(m_commands);
  submitAndWait(m_gpu, m_commands);
}

}  // namespace semantics
