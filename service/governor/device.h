// SPDX-License-Identifier: Apache-2.0
// One VkDevice under the governor: its submissions in flight, the thread that sees them end, and the metering.
#pragma once

#include "governor/dispatch.h"
#include "governor/gate.h"
#include "governor/memory/holdings.h"
#include "governor/metering/busy_time.h"
#include "governor/metering/stamps.h"
#include "governor/pacing/costs.h"
#include "governor/pacing/pace.h"
#include "governor/recording/recordings.h"

#include <pthread.h>

#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <optional>
#include <vector>

namespace lull::governor {

// One call of vkQueueSubmit, from admission until its work is done.
struct Submission {
  VkFence fence = VK_NULL_HANDLE;  // ours, never the program's
  std::optional<Stamp> stamp;
  Waits waits = Waits::Nothing;
  std::uint64_t submittedNs = 0;
  bool afterIdle = false;
  Submission* next = nullptr;
};

class Device {
public:
  struct Origin {
    VkPhysicalDevice physical = VK_NULL_HANDLE;
    VkDevice device = VK_NULL_HANDLE;
    DeviceTable table;
    PFN_vkSetDeviceLoaderData setLoaderData = nullptr;
    Gate* gate = nullptr;        // nullptr: not governed
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
    std::uint64_t leastUnits = 1;  // work groups that it runs at once anyway; fewer are not done sooner
  };
  explicit Device(Origin origin);
  // The device is idle, or will never be used again.
  ~Device();
  Device(const Device&) = delete;
  Device& operator=(const Device&) = delete;

  // Starts the watcher. False: the system gives no thread.
  [[nodiscard]] bool start();

  [[nodiscard]] const DeviceTable& table() const { return m_origin.table; }
  [[nodiscard]] VkDevice handle() const { return m_origin.device; }
  [[nodiscard]] VkPhysicalDevice physical() const { return m_origin.physical; }
  [[nodiscard]] Gate* gate() const { return m_origin.gate; }
  [[nodiscard]] Costs& costs() { return m_costs; }
  [[nodiscard]] Pace& pace() { return m_pace; }
  [[nodiscard]] Recordings& recordings() { return m_recordings; }
  [[nodiscard]] Holdings& holdings() { return m_holdings; }

  // Waits at the gate. nullptr: no memory for it, and nothing is counted.
  [[nodiscard]] Submission* begin(std::uint32_t family, Waits waits);
  // It goes out without time stamps.
  void dropStamp(Submission& submission);
  // The driver has taken it, and its fence will be signalled.
  void submitted(Submission* submission);
  // The driver has refused it.
  void refused(Submission* submission);

private:
  static void* watch(void* self);
  [[nodiscard]] Submission* nextToWatch();
  void finish(Submission* submission, bool done);
  [[nodiscard]] std::uint64_t meter(const Submission& submission);
  [[nodiscard]] Stamps* stampsOf(std::uint32_t family);
  [[nodiscard]] Submission* takeRecord();
  void recycle(Submission* submission);

  Origin m_origin;
  Costs m_costs;
  Pace m_pace;
  Recordings m_recordings;
  Holdings m_holdings;
  std::vector<Stamps> m_stamps;
  BusyTime m_busy;  // the watcher's alone
  std::mutex m_mutex;
  std::condition_variable m_wake;
  Submission* m_head = nullptr;  // in flight, oldest first
  Submission* m_tail = nullptr;
  Submission* m_spare = nullptr;
  std::uint32_t m_outstanding = 0;
  bool m_stopping = false;
  bool m_running = false;
  pthread_t m_watcher{};
};

}  // namespace lull::governor
