// SPDX-License-Identifier: Apache-2.0
// One VkDevice under the governor, and what its parts share.
#pragma once

#include "governor/dispatch.h"
#include "governor/gate.h"
#include "governor/memory/holdings.h"
#include "governor/metering/meter.h"
#include "governor/pacing/costs.h"
#include "governor/pacing/pace.h"
#include "governor/queue/fences.h"
#include "governor/queue/queue.h"
#include "governor/queue/semaphores.h"
#include "governor/recording/recordings.h"

#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <vector>

namespace lull::governor {

class Device {
public:
  struct Origin {
    VkPhysicalDevice physical = VK_NULL_HANDLE;
    VkDevice device = VK_NULL_HANDLE;
    DeviceTable table;
    PFN_vkSetDeviceLoaderData setLoaderData = nullptr;
    Gate* gate = nullptr;
    Account* account = nullptr;  // nullptr: its memory is not counted
    VkPhysicalDeviceMemoryProperties memory{};
    struct Family {
      std::uint32_t index = 0;
      bool stamps = false;
    };
    std::vector<Family> families;
    std::uint32_t timestampBits = 0;  // 0: time is metered from completions as the CPU sees them
    double nsPerTick = 1;
    bool grouped = false;          // several physical devices
    std::uint32_t mostPushed = 0;  // bytes of push constants that a layout may have; 0: layouts stay as they are
    std::uint64_t leastUnits = 1;  // work groups that it runs at once anyway; fewer are not done sooner
    bool wide = false;             // it runs many side by side, nobody tells how many
  };
  // It counts on the page from here on.
  explicit Device(Origin origin);
  // The device is idle, or will never be used again.
  ~Device();
  Device(const Device&) = delete;
  Device& operator=(const Device&) = delete;

  [[nodiscard]] const DeviceTable& table() const { return m_origin.table; }
  [[nodiscard]] VkDevice handle() const { return m_origin.device; }
  [[nodiscard]] VkPhysicalDevice physical() const { return m_origin.physical; }
  [[nodiscard]] Gate* gate() const { return m_origin.gate; }
  [[nodiscard]] Costs& costs() { return m_costs; }
  [[nodiscard]] Pace& pace() { return m_pace; }
  [[nodiscard]] Recordings& recordings() { return m_recordings; }
  [[nodiscard]] Holdings& holdings() { return m_holdings; }
  [[nodiscard]] Fences& fences() { return m_fences; }
  [[nodiscard]] Semaphores& semaphores() { return m_semaphores; }
  [[nodiscard]] Meter& meter() { return m_meter; }

  // A queue that the program got. It stays as long as the device. May throw bad_alloc.
  [[nodiscard]] Queue* adoptQueue(VkQueue handle, std::uint32_t family);
  // Everything that is on a list now is with the driver.
  [[nodiscard]] VkResult finishHandingOver();
  // As far as it can be, see Queue.
  [[nodiscard]] VkResult handOverWhatCan();
  // The driver's call with all queues held, as it asks for.
  [[nodiscard]] VkResult waitIdle();

  // How the next slice is cut; the recorders are told too.
  [[nodiscard]] Planner::Limits slicing();

  // The driver said so, or takes nothing any more: what is on the lists is given up.
  void lose();
  [[nodiscard]] bool isLost() const { return m_lost.load(); }

  // Held around driver calls that will signal semaphores: the program may see one signalled while the call that does it
  // has not returned, and may then free what the call still uses.
  class Signalling {
  public:
    explicit Signalling(Device& device) : m_device(device) { m_device.m_signalling.fetch_add(1); }
    ~Signalling() { m_device.m_signalling.fetch_sub(1); }
    Signalling(const Signalling&) = delete;
    Signalling& operator=(const Signalling&) = delete;

  private:
    Device& m_device;
  };
  // To be called before the program hears that a semaphore was signalled.
  void letCallsReturn();
  // The submission with this fence is with the driver, whatever it waits for. False: the device is lost.
  [[nodiscard]] bool waitUntilHandedOver(VkFence fence);
  // The last signal operation that was submitted for a binary semaphore is with the driver. False: the device is lost.
  [[nodiscard]] bool waitUntilHandedOver(VkSemaphore semaphore);

private:
  [[nodiscard]] std::vector<Queue*> queues();

  Origin m_origin;
  Costs m_costs;
  Pace m_pace;
  Recordings m_recordings;
  Holdings m_holdings;
  Fences m_fences;
  Semaphores m_semaphores;
  Meter m_meter;
  std::atomic<bool> m_lost{false};
  std::atomic<std::uint32_t> m_signalling{0};
  std::mutex m_mutex;
  std::vector<std::unique_ptr<Queue>> m_queues;
};

}  // namespace lull::governor
