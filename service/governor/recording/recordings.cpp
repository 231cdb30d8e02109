// SPDX-License-Identifier: Apache-2.0
#include "governor/recording/recordings.h"

#include "governor/recording/recording.h"
#include "governor/spirv/count_patch.h"

namespace lull::governor {

namespace {

Twins::Origin twinsOf(const Recordings::Origin& origin, const Switches& switches) {
  const bool makes = switches.counts && switches.cut != Switches::Cut::Off && switches.split != Switches::Split::Off &&
                     origin.mostPushed > kCountBytes;
  return {.device = origin.device,
          .table = origin.table,
          .countsAt = makes ? (origin.mostPushed - kCountBytes) / 4 * 4 : Twins::kNowhere};
}

}  // namespace

Recordings::Recordings(const Origin& origin)
    : m_origin(origin), m_switches(switchesFromEnvironment()), m_twins(twinsOf(origin, m_switches)) {}

Recordings::~Recordings() = default;

void Recordings::expand(VkCommandBuffer commands, std::vector<Chunk>& out) const {
  const Recording* recording = recordingOf(commands);
  if (recording == nullptr) {
    out.push_back({.commands = commands, .work = nullptr});
    return;
  }
  const auto chunks = recording->chunks();
  out.insert(out.end(), chunks.begin(), chunks.end());
}

void Recordings::add(VkCommandPool handle, const VkCommandPoolCreateInfo& info) noexcept {
  try {
    auto pool = std::make_unique<CommandPool>(*this, handle, info);
    const std::lock_guard lock(m_mutex);
    m_pools[handle] = std::move(pool);
  } catch (...) {
    // Its buffers are not followed.
  }
}

CommandPool* Recordings::pool(VkCommandPool handle) noexcept {
  const std::lock_guard lock(m_mutex);
  const auto found = m_pools.find(handle);
  return found == m_pools.end() ? nullptr : found->second.get();
}

void Recordings::remove(VkCommandPool handle) noexcept {
  std::unique_ptr<CommandPool> pool;
  const std::lock_guard lock(m_mutex);
  const auto found = m_pools.find(handle);
  if (found == m_pools.end()) return;
  pool = std::move(found->second);
  m_pools.erase(found);
}

}  // namespace lull::governor
