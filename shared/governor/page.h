// SPDX-License-Identifier: Apache-2.0
// The governor page: one page of shared memory per worker through which the service and the governor (the Vulkan
// layer inside the worker) speak. Plain C++, no Qt, no protobuf, no allocation; the layout is fixed by version.
//
// Life: the service creates the file, sizes it to kPageBytes, writes the header (initialise) and passes the file
// descriptor to the worker, naming it in the environment variable LULL_GOVERNOR_PAGE_FD. Both map it shared.
// The service removes the file when it has taken the last figures.
//
// Gate: `gate` is a futex word, (epoch << 1) | open. Only the service writes it; each change raises the epoch and is
// followed by FUTEX_WAKE of all waiters. While it is closed the governor submits nothing. When it is closed and
// all submitted work is done, the governor stores drained_at_ns, then drained = gate (the very word it saw), then
// adds 1 to the eventfd named in LULL_GOVERNOR_EVENT_FD (if any), which wakes the service's loop.
//
// Heartbeat: while the gate is open the service stores heartbeat_ns (CLOCK_MONOTONIC) at least every
// heartbeat_limit_ns / 3. The governor treats an older one as a closed gate, without an acknowledgement: a dead
// service parks its workers, and one that stays dead for grace_ns ends them.
//
// Words: a submission is one call of the program; a chunk is a command buffer, the program's own or one that the
// governor cut from it; a slice is what goes to the driver in one go: chunks of one submission worth about slice_ns.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <new>
#include <type_traits>

namespace lull::governor {

inline constexpr std::uint32_t kPageMagic = 0x4c554c4cU;  // "LULL"
inline constexpr std::uint32_t kPageVersion = 2;
inline constexpr std::size_t kPageBytes = 4096;
inline constexpr const char* kPageFdVariable = "LULL_GOVERNOR_PAGE_FD";
inline constexpr const char* kEventFdVariable = "LULL_GOVERNOR_EVENT_FD";
// How a worker ends that the governor ends: no page, or a service that has been silent for grace_ns.
inline constexpr int kExitWithoutService = 75;
inline constexpr const char* kLayerName = "VK_LAYER_LULL_governor";

inline constexpr std::uint64_t kDefaultSliceNs = 4'000'000;
inline constexpr std::uint64_t kDefaultGraceNs = 30'000'000'000;
inline constexpr std::size_t kStopBuckets = 32;

struct Page {
  std::uint32_t magic;
  std::uint32_t version;
  std::uint32_t bytes;
  std::uint32_t reserved0;

  // Written by the service. A change of anything but the gate and the heartbeat is followed by FUTEX_WAKE on `gate`,
  // so that a governor that sleeps there looks again.
  alignas(64) std::atomic<std::uint32_t> gate;
  std::atomic<std::uint32_t> inFlightCap;  // most slices that may be queued at once; 0 = the governor chooses 1 or 2
  std::atomic<std::uint64_t> heartbeatNs;  // CLOCK_MONOTONIC
  std::atomic<std::uint64_t> heartbeatLimitNs;  // 0 = no heartbeat is asked for
  std::atomic<std::uint64_t> memoryLimitBytes;  // of device-local memory; 0 = none
  std::atomic<std::uint64_t> gateChangedNs;     // when the service last changed the gate
  std::atomic<std::uint64_t> sliceNs;           // GPU time that may be queued at once, aimed at; 0 = kDefaultSliceNs
  std::atomic<std::uint32_t> dutyPercent;       // share of GPU time, 1..100; 0 = 100
  std::atomic<std::uint32_t> leaveWhole;        // 1: the program bounds its own work, each submission is one slice
  std::atomic<std::uint64_t> graceNs;           // no heartbeat for so long: the worker ends itself; 0 = kDefaultGraceNs

  // Written by the governor.
  alignas(64) std::atomic<std::uint32_t> drained;  // the closed gate word for which all work is done
  std::atomic<std::uint32_t> attached;             // 1 once a Vulkan device exists under the governor
  std::atomic<std::uint64_t> drainedAtNs;          // CLOCK_MONOTONIC
  std::atomic<std::uint64_t> gpuNs;                // metered GPU time, idle gaps not counted
  // The program's submissions that carry work and have begun to reach the driver: grows in the very step that finds the
  // gate open for their first slice, before the driver has it.
  std::atomic<std::uint64_t> submits;
  std::atomic<std::uint64_t> inFlight;            // slices not yet done
  std::atomic<std::uint64_t> memoryBytes;         // device-local memory the program holds
  std::atomic<std::uint64_t> passedUngoverned;    // submissions that could not be metered, capped or held
  alignas(64) std::atomic<std::uint64_t> slices;  // what went to the driver: one or more chunks of a submission
  std::atomic<std::uint64_t> chunks;              // command buffers that recordings were cut into
  std::atomic<std::uint64_t> pieces;              // parts of dispatches and copies that were split
  std::atomic<std::uint64_t> uncut;               // recordings in which cutting had to stop
  std::atomic<std::uint64_t> unknownCommands;     // calls of commands that the governor does not know
  std::atomic<std::uint64_t> refusedBytes;        // memory that was asked for beyond the limit
  std::atomic<std::uint32_t> depth;               // slices queued at once, as chosen: 1 or 2
  std::atomic<std::uint32_t> devices;  // Vulkan devices ever opened under the governor: 0 = it never came into play
  std::atomic<std::uint64_t> stops;    // acknowledged closings of the gate
  // How long those took, from gateChangedNs to drainedAtNs: see stopBucket().
  alignas(64) std::atomic<std::uint64_t> stopHistogram[kStopBuckets];
};

static_assert(sizeof(Page) <= kPageBytes);
static_assert(std::is_trivially_destructible_v<Page>);
static_assert(std::atomic<std::uint64_t>::is_always_lock_free);
static_assert(offsetof(Page, gate) == 64 && offsetof(Page, drained) == 128, "the layout is fixed by version");

[[nodiscard]] constexpr bool isOpen(std::uint32_t gate) { return (gate & 1U) != 0; }
[[nodiscard]] constexpr std::uint32_t nextGate(std::uint32_t gate, bool open) {
  return (((gate >> 1U) + 1U) << 1U) | (open ? 1U : 0U);
}
[[nodiscard]] inline bool isValid(const Page& page) {
  return page.magic == kPageMagic && page.version == kPageVersion && page.bytes == kPageBytes;
}

// Bucket i holds stops shorter than stopBucketNs(i) and not shorter than the bucket before; the last holds the rest.
// Two buckets to each doubling from 100 µs on, so the last limit is 4.6 s.
[[nodiscard]] constexpr std::uint64_t stopBucketNs(std::size_t bucket) {
  const std::uint64_t doubled = std::uint64_t{100'000} << (bucket / 2);
  return bucket % 2 == 0 ? doubled : doubled * 1'414 / 1'000;
}
[[nodiscard]] constexpr std::size_t stopBucket(std::uint64_t ns) {
  std::size_t bucket = 0;
  while (bucket + 1 < kStopBuckets && ns >= stopBucketNs(bucket)) ++bucket;
  return bucket;
}

// Begins the page's life, gate closed. `memory` is kPageBytes of zeroed, page-aligned memory.
inline Page* initialise(void* memory) {
  auto* page = new (memory) Page{};
  page->version = kPageVersion;
  page->bytes = kPageBytes;
  page->magic = kPageMagic;
  return page;
}

}  // namespace lull::governor
