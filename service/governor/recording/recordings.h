// SPDX-License-Identifier: Apache-2.0
// What became of the program's command buffers: each primary one is a chain of chunks, the first of them the program's
// own buffer, the others ours, from the same pool.
#pragma once

#include "governor/dispatch.h"
#include "governor/pacing/work.h"
#include "governor/recording/pipelines.h"
#include "governor/recording/switches.h"
#include "governor/recording/templates.h"
#include "governor/recording/twins.h"

#include <vulkan/vulkan_core.h>

#include <memory>
#include <mutex>
#include <unordered_map>
#include <vector>

namespace lull::governor {

class CommandPool;
class Costs;
class Gate;
struct Pace;

struct Chunk {
  VkCommandBuffer commands = VK_NULL_HANDLE;
  WorkList work;  // nullptr: nothing is known of what it does
  // It suspends a dynamic rendering that the next one resumes: both go to the driver in one call.
  bool withNext = false;
};

// Those of one device.
class Recordings {
public:
  struct Origin {
    VkDevice device = VK_NULL_HANDLE;
    const DeviceTable* table = nullptr;
    PFN_vkSetDeviceLoaderData setLoaderData = nullptr;
    Gate* gate = nullptr;
    Costs* costs = nullptr;
    Pace* pace = nullptr;
    bool grouped = false;          // several physical devices: nothing is cut
    std::uint32_t mostPushed = 0;  // bytes of push constants that a layout may have; 0: layouts stay as they are
    std::uint64_t leastUnits = 1;  // work groups that the device runs at once anyway
    bool wide = false;             // it runs many side by side: small pieces may take as long as large ones
  };
  explicit Recordings(const Origin& origin);
  ~Recordings();
  Recordings(const Recordings&) = delete;
  Recordings& operator=(const Recordings&) = delete;

  // Appends the chunks of a recording that has ended; the buffer alone where it was never cut. May throw bad_alloc.
  // Called by the thread that submits: the program may not record into it meanwhile.
  void expand(VkCommandBuffer commands, std::vector<Chunk>& out) const;

  [[nodiscard]] const Origin& origin() const { return m_origin; }
  [[nodiscard]] const Switches& switches() const { return m_switches; }
  [[nodiscard]] Pipelines& pipelines() { return m_pipelines; }
  [[nodiscard]] Twins& twins() { return m_twins; }
  [[nodiscard]] Templates& templates() { return m_templates; }

  // A pool without an entry here is not followed. No exception: without memory nothing is.
  void add(VkCommandPool handle, const VkCommandPoolCreateInfo& info) noexcept;
  [[nodiscard]] CommandPool* pool(VkCommandPool handle) noexcept;
  void remove(VkCommandPool handle) noexcept;

  // Commands that cannot be followed are in use from now on: nothing more is cut.
  void stopCutting() { m_cuts.store(false, std::memory_order_relaxed); }
  [[nodiscard]] bool cuts() const { return m_cuts.load(std::memory_order_relaxed); }

private:
  Origin m_origin;
  Switches m_switches;
  Pipelines m_pipelines;
  Twins m_twins;
  Templates m_templates;
  std::atomic<bool> m_cuts{true};
  std::mutex m_mutex;
  std::unordered_map<VkCommandPool, std::unique_ptr<CommandPool>> m_pools;
};

}  // namespace lull::governor
