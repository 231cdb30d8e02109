// SPDX-License-Identifier: Apache-2.0
// A command pool of the program's, with the recordings of its buffers and the chunks that were made from it. Used only
// by threads that may use the pool itself (Vulkan has the program see to that for all calls that come here).
#pragma once

#include "governor/recording/recordings.h"

#include <memory>
#include <vector>

namespace lull::governor {

class Recording;

class CommandPool {
public:
  CommandPool(Recordings& owner, VkCommandPool handle, const VkCommandPoolCreateInfo& info);
  ~CommandPool();  // after the pool itself
  CommandPool(const CommandPool&) = delete;
  CommandPool& operator=(const CommandPool&) = delete;

  [[nodiscard]] Recordings& owner() { return m_owner; }
  [[nodiscard]] bool isProtected() const { return m_protected; }
  // Its buffers may be reset, or begun again, one by one.
  [[nodiscard]] bool resetsSingly() const { return m_resetsSingly; }

  // New buffers of the program. Without memory they stay unknown, and pass.
  void add(VkCommandBuffer commands, VkCommandBufferLevel level) noexcept;
  // Before the driver frees it.
  void remove(Recording& recording) noexcept;
  // The driver has reset the pool.
  void reset(VkCommandPoolResetFlags flags) noexcept;
  void freeSpares() noexcept;

  // A primary buffer that may be begun; VK_NULL_HANDLE: there is none to be had.
  [[nodiscard]] VkCommandBuffer take() noexcept;
  // One that nobody uses any more and that may be begun, or that will be once the pool is reset and `reset` says so.
  void giveBack(VkCommandBuffer commands) noexcept;
  void release(VkCommandBuffer commands) noexcept;

private:
  Recordings& m_owner;
  VkCommandPool m_handle;
  bool m_protected;
  bool m_resetsSingly;
  std::vector<std::unique_ptr<Recording>> m_recordings;
  std::vector<std::unique_ptr<Recording>> m_idle;  // of buffers that are freed: their memory serves the next ones
  std::vector<VkCommandBuffer> m_spares;
};

}  // namespace lull::governor
