// SPDX-License-Identifier: Apache-2.0
#include "governor/recording/command_pool.h"

#include "governor/recording/recording.h"

#include <utility>

namespace lull::governor {

namespace {

// What a first recording needs many of, since nothing is known yet of how long its work takes, later ones do not; and
// drivers hold some 10 KiB of GPU memory or more for each.
constexpr std::size_t kMostSpares = 256;

}  // namespace

CommandPool::CommandPool(Recordings& owner, VkCommandPool handle, const VkCommandPoolCreateInfo& info)
    : m_owner(owner),
      m_handle(handle),
      m_protected((info.flags & VK_COMMAND_POOL_CREATE_PROTECTED_BIT) != 0),
      m_resetsSingly((info.flags & VK_COMMAND_POOL_CREATE_RESET_COMMAND_BUFFER_BIT) != 0) {}

CommandPool::~CommandPool() {
  for (const auto& recording : m_recordings) unfollow(recording->commands());
}

void CommandPool::add(VkCommandBuffer commands, VkCommandBufferLevel level) noexcept {
  try {
    if (m_idle.empty()) m_idle.push_back(std::make_unique<Recording>(*this));
    m_idle.back()->adopt(commands, level);
    m_idle.back()->moveTo(m_recordings.size());
    m_recordings.push_back(nullptr);
    m_recordings.back() = std::move(m_idle.back());
    m_idle.pop_back();
    if (!follow(commands, *m_recordings.back())) remove(*m_recordings.back());
  } catch (...) {
    // Not followed: it passes as it is.
  }
}

void CommandPool::remove(Recording& recording) noexcept {
  unfollow(recording.commands());
  recording.recycle(Recording::Reset::Singly);
  const std::size_t place = recording.place();
  std::swap(m_recordings[place], m_recordings.back());
  m_recordings[place]->moveTo(place);
  try {
    m_idle.push_back(nullptr);
    m_idle.back() = std::move(m_recordings.back());
  } catch (...) {
    // Then it goes with its entry.
  }
  m_recordings.pop_back();
}

void CommandPool::reset(VkCommandPoolResetFlags flags) noexcept {
  for (const auto& recording : m_recordings) recording->recycle(Recording::Reset::Done);
  if ((flags & VK_COMMAND_POOL_RESET_RELEASE_RESOURCES_BIT) != 0) freeSpares();
}

void CommandPool::freeSpares() noexcept {
  const auto& origin = m_owner.origin();
  if (m_spares.empty()) return;
  origin.table->FreeCommandBuffers(origin.device, m_handle, static_cast<std::uint32_t>(m_spares.size()),
                                   m_spares.data());
  m_spares.clear();
}

VkCommandBuffer CommandPool::take() noexcept {
  if (!m_spares.empty()) {
    VkCommandBuffer spare = m_spares.back();
    m_spares.pop_back();
    return spare;
  }
  const auto& origin = m_owner.origin();
  VkCommandBufferAllocateInfo info{};
  info.sType = VK_STRUCTURE_TYPE_COMMAND_BUFFER_ALLOCATE_INFO;
  info.commandPool = m_handle;
  info.level = VK_COMMAND_BUFFER_LEVEL_PRIMARY;
  info.commandBufferCount = 1;
  VkCommandBuffer commands = VK_NULL_HANDLE;
  if (origin.table->AllocateCommandBuffers(origin.device, &info, &commands) != VK_SUCCESS) return VK_NULL_HANDLE;
  // Dispatchable handles that a layer makes below the loader carry no loader data yet.
  if (origin.setLoaderData(origin.device, commands) == VK_SUCCESS) return commands;
  release(commands);
  return VK_NULL_HANDLE;
}

void CommandPool::giveBack(VkCommandBuffer commands) noexcept {
  if (m_spares.size() >= kMostSpares) return release(commands);
  try {
    m_spares.push_back(commands);
  } catch (...) {
    release(commands);
  }
}

void CommandPool::release(VkCommandBuffer commands) noexcept {
  const auto& origin = m_owner.origin();
  origin.table->FreeCommandBuffers(origin.device, m_handle, 1, &commands);
}

}  // namespace lull::governor
