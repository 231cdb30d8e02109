// SPDX-License-Identifier: Apache-2.0
// Recording and submitting in a line each. Nothing here hides a call that a case is about.
#pragma once

#include "objects.h"

namespace semantics {

struct Groups {
  std::uint32_t x = 1;
  std::uint32_t y = 1;
  std::uint32_t z = 1;
};

[[nodiscard]] VkCommandBuffer allocate(const Gpu& gpu, VkCommandPool pool,
                                       VkCommandBufferLevel level = VK_COMMAND_BUFFER_LEVEL_PRIMARY);
void begin(VkCommandBuffer commands, VkCommandBufferUsageFlags flags = 0);
void beginSecondary(VkCommandBuffer commands, VkCommandBufferUsageFlags flags = 0);
void end(VkCommandBuffer commands);

void bind(VkCommandBuffer commands, const Kernel& kernel, VkDescriptorSet set);
template <typename T>
void push(VkCommandBuffer commands, VkPipelineLayout layout, const T& value, std::uint32_t offset = 0) {
  vkCmdPushConstants(commands, layout, VK_SHADER_STAGE_COMPUTE_BIT, offset, sizeof value, &value);
}
// All that shaders and copies wrote before is seen by what follows, and by the host at the end.
void barrier(VkCommandBuffer commands);
void imageBarrier(VkCommandBuffer commands, VkImage image, VkImageLayout from, VkImageLayout to);

void submit(const Gpu& gpu, VkCommandBuffer commands, VkFence fence = VK_NULL_HANDLE);
void wait(const Gpu& gpu, VkFence fence);
void submitAndWait(const Gpu& gpu, VkCommandBuffer commands);

// A pool with one buffer that is being recorded, for cases that need no more.
class Recording {
public:
  explicit Recording(const Gpu& gpu);
  operator VkCommandBuffer() const { return m_commands; }
  void run();  // ends it, submits it and waits

private:
  const Gpu& m_gpu;
  CommandPool m_pool;
  VkCommandBuffer m_commands;
};

}  // namespace semantics
