// SPDX-License-Identifier: Apache-2.0
// One VkQueue: the list of what the program submitted to it, and the thread that hands it to the driver in slices.
//
// Two roles, each held by one thread at a time. Handing over: takes the next slice of the list's first item, passes the
// gate with it and calls the driver; in order, so one at a time. It is the program's own thread that does it when
// nothing is in the way, otherwise ours. Watching: waits in the driver for the oldest slice in flight and meters it;
// always ours. Our thread watches whenever it cannot hand over, so that while work flows nobody is woken but by the
// driver. It sleeps in the driver only for slices that end by themselves (semaphores.h), so it is back soon. Waits
// whose end cannot be seen go to the driver alone, and the work behind them when they are over.
#pragma once

#include "governor/chain.h"
#include "governor/gate.h"
#include "governor/metering/meter.h"
#include "governor/queue/item.h"
#include "governor/queue/outgoing.h"
#include "governor/queue/plan.h"

#include <pthread.h>

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <vector>

namespace lull::governor {

class Device;

inline constexpr std::uint32_t kNoFamily = UINT32_MAX;  // a queue that may not be stamped

// What is in flight.
struct Slice {
  VkFence fence = VK_NULL_HANDLE;  // ours, never the program's
  bool carriesWork = true;         // false: no matter of the gate; it is watched for when its waits are over
  bool unsure = false;             // it stands waiting, nobody knows how long, and so does all that is behind it
  bool unsafe = false;             // and what it waits for may not even have been submitted
  Passage passage;
  Timing timing;
  std::vector<WorkList> works;
  bool worksKnown = false;
  bool done = false;  // false: it was lost, or refused
  Meter::Reading reading;
  Slice* next = nullptr;
};

class Queue {
public:
  // `family`: kNoFamily for one that may not be stamped.
  Queue(Device& device, VkQueue handle, std::uint32_t family);
  // Nothing of the list is handed over any more; waits for what is in flight.
  ~Queue();
  Queue(const Queue&) = delete;
  Queue& operator=(const Queue&) = delete;

  [[nodiscard]] VkQueue handle() const { return m_handle; }

  // The program's calls. Info: VkSubmitInfo, VkSubmitInfo2, VkBindSparseInfo.
  template <typename Info>
  [[nodiscard]] VkResult submit(Item::Form form, std::span<const Info> infos, VkFence fence) noexcept;

  // Returns when everything that is on the list now is with the driver. VK_ERROR_DEVICE_LOST: it never will be.
  [[nodiscard]] VkResult finishHandingOver() { return finishHandingOver(false); }
  // As far as it can be: VK_NOT_READY where the first of the list waits for what nobody has signalled or submitted yet.
  [[nodiscard]] VkResult handOverWhatCan() { return finishHandingOver(true); }
  // While one lives nothing on the list waits here for semaphores that are still to be signalled: the driver does.
  class Hurry {
  public:
    explicit Hurry(Queue& queue);
    ~Hurry() { m_queue.m_hurries.fetch_sub(1); }
    Hurry(const Hurry&) = delete;
    Hurry& operator=(const Hurry&) = delete;

  private:
    Queue& m_queue;
  };
  // Whether anything is on the list.
  [[nodiscard]] bool isEmpty();
  // Whether a submission with this fence is on the list.
  [[nodiscard]] bool lists(VkFence fence);
  // Held around every call of the driver with this VkQueue.
  [[nodiscard]] std::mutex& driver() { return m_driver; }
  // A call of the driver that signals semaphores and is under way has returned.
  void letCallReturn() { const std::lock_guard returned(m_sending); }
  // The device is lost: gives up the list.
  void wake();

private:
  // Unsafe: it waits for what nobody has signalled or submitted yet. Behind: for waits that were.
  enum class Outcome { HandedOver, Refused, Unsafe, Behind, NoMemory, Lost };
  // The next slice, made ready while the one before it runs. Belongs to who hands over.
  struct Ready {
    bool made = false;
    Plan plan;
    Slice* slice = nullptr;  // nullptr: nothing to watch
  };

  [[nodiscard]] VkResult finishHandingOver(bool orUnsafe);
  template <typename Info>
  [[nodiscard]] VkResult list(Item::Form form, std::span<const Info> infos, VkFence fence, bool& shared) noexcept;
  [[nodiscard]] VkResult enlist(Item* item);
  [[nodiscard]] bool startThread();
  template <typename Info>
  [[nodiscard]] VkResult passWhole(Item::Form form, std::span<const Info> infos, VkFence fence);
  void admitWhole(Slice& slice, bool unsure);
  void waitIdle();
  [[nodiscard]] Item* takeItem();
  void giveBack(Item* item);
  void wakeIfNeeded();

  // handing.cpp: handing over.
  using Lock = std::unique_lock<std::mutex>;
  [[nodiscard]] Outcome handHead(Lock& lock);
  [[nodiscard]] Outcome handSlice(Item& item) noexcept;
  [[nodiscard]] Outcome prepare(Item& item) noexcept;
  void fill(Slice& slice, const Item& item, const Plan& plan);
  [[nodiscard]] bool isHurried() const { return m_hurries.load() > 0; }
  [[nodiscard]] Outcome sufferNoMemory();
  void prepareAhead(Lock& lock);
  [[nodiscard]] Outcome send(Item& item);
  [[nodiscard]] VkResult call(Slice* slice, VkFence fence, bool& watched);
  void endUnwatched(const Slice& slice);
  void announce(Item& item, bool unsure);
  void addToFlight(Slice* slice);
  void dropList();
  void popHead();
  [[nodiscard]] Slice* takeSlice();
  void recycle(Slice* slice);

  // watching.cpp: our thread.
  static void* run(void* self);
  void serve();
  enum class Seen { Done, Lost, NotYet };
  [[nodiscard]] Slice* watchOldest(Lock& lock);
  [[nodiscard]] Seen waitFor(const Slice& slice);
  void measure(Slice& slice);
  void settle(Lock& lock, Slice* slice);
  void learn(const Slice& slice) noexcept;
  void rest(Lock& lock, Outcome outcome);
  void restUnsafe(const Item& item);
  void passUncapped();
  void lookAt(const SemaphoreWait& wait, std::uint64_t patienceNs);

  static constexpr std::uint32_t kMostTroubles = 100;  // of memory, in a row: some seconds

  Device& m_device;
  const VkQueue m_handle;
  const std::uint32_t m_family;
  std::mutex m_program;  // the program's calls come one at a time, and if not, they do now
  std::mutex m_driver;
  std::mutex m_sending;  // inside m_driver, around short calls only: who waits for an idle queue does not hold it

  std::mutex m_mutex;                // all below, but for what belongs to a role
  std::condition_variable m_wake;    // our thread
  std::condition_variable m_passed;  // who waits for the list
  std::uint32_t m_waitingToPass = 0;
  Item* m_head = nullptr;
  Item* m_tail = nullptr;
  Item* m_spareItems = nullptr;
  std::uint64_t m_lastSerial = 0;
  bool m_handing = false;
  bool m_unsafe = false;  // the first of the list was, when last looked at
  bool m_asleep = false;
  Slice* m_oldest = nullptr;  // in flight
  Slice* m_newest = nullptr;
  Slice* m_spareSlices = nullptr;
  std::atomic<std::uint32_t> m_inFlight{0};
  std::atomic<std::uint32_t> m_unsure{0};  // of these
  std::atomic<std::uint32_t> m_unsafeInFlight{0};
  std::atomic<std::uint32_t> m_hurries{0};  // that live
  bool m_running = false;
  pthread_t m_thread{};
  std::atomic<bool> m_stopping{false};
  std::atomic<std::uint64_t> m_handed{0};  // serial of the last batch that is wholly with the driver

  // Of who hands over.
  Planner m_planner;
  Ready m_ready;
  Outgoing m_outgoing;
  Gate::Answer m_refusal;
  bool m_heldBack = false;  // the head of the list rested since the last slice
  Slice* m_sent = nullptr;
  std::uint32_t m_troubles = 0;
  std::vector<Work> m_learning;  // our thread's
};

}  // namespace lull::governor
