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
// service parks its workers.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <new>
#include <type_traits>

namespace lull::governor {

inline constexpr std::uint32_t kPageMagic = 0x4c554c4cU;  // "LULL"
inline constexpr std::uint32_t kPageVersion = 1;
inline constexpr std::size_t kPageBytes = 4096;
inline constexpr const char* kPageFdVariable = "LULL_GOVERNOR_PAGE_FD";
inline constexpr const char* kEventFdVariable = "LULL_GOVERNOR_EVENT_FD";
inline constexpr const char* kLayerName = "VK_LAYER_LULL_governor";

struct Page {
  std::uint32_t magic;
  std::uint32_t version;
  std::uint32_t bytes;
  std::uint32_t reserved0;

  // Written by the service.
  alignas(64) std::atomic<std::uint32_t> gate;
  std::atomic<std::uint32_t> inFlightCap;       // submissions that may be queued at once, at least 1
  std::atomic<std::uint64_t> heartbeatNs;       // CLOCK_MONOTONIC
  std::atomic<std::uint64_t> heartbeatLimitNs;  // 0 = no heartbeat is asked for
  std::atomic<std::uint64_t> memoryLimitBytes;  // 0 = none; metered now, enforced by a later version
  std::atomic<std::uint64_t> gateChangedNs;     // when the service last changed the gate

  // Written by the governor.
  alignas(64) std::atomic<std::uint32_t> drained;  // the closed gate word for which all work is done
  std::atomic<std::uint32_t> attached;             // 1 once a Vulkan device exists under the governor
  std::atomic<std::uint64_t> drainedAtNs;          // CLOCK_MONOTONIC
  std::atomic<std::uint64_t> gpuNs;                // metered GPU time, idle gaps not counted
  std::atomic<std::uint64_t> submits;
  std::atomic<std::uint64_t> inFlight;          // submissions not yet done
  std::atomic<std::uint64_t> memoryBytes;       // device memory the program holds
  std::atomic<std::uint64_t> passedUngoverned;  // submissions that could not be metered or capped
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

// Begins the page's life, gate closed. `memory` is kPageBytes of zeroed, page-aligned memory.
inline Page* initialise(void* memory) {
  auto* page = new (memory) Page{};
  page->version = kPageVersion;
  page->bytes = kPageBytes;
  page->inFlightCap.store(1);
  page->magic = kPageMagic;
  return page;
}

}  // namespace lull::governor
