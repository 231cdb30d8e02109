// SPDX-License-Identifier: Apache-2.0
// The service's side of a governor page: what whoever holds the page may do with it. Header-only, Linux.
// One thread at a time per page.
#pragma once

#include "governor/page.h"

#include <linux/futex.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <climits>

namespace lull::governor {

// Governors that sleep at the gate look at the page again. Shared between processes, so not FUTEX_PRIVATE.
inline void wakeGovernor(Page& page) { ::syscall(SYS_futex, &page.gate, FUTEX_WAKE, INT_MAX, nullptr, nullptr, 0); }

inline void beat(Page& page, std::uint64_t nowNs) { page.heartbeatNs.store(nowNs, std::memory_order_release); }

// No change, no new word. Returns the gate's word.
inline std::uint32_t turnGate(Page& page, bool open, std::uint64_t nowNs) {
  const std::uint32_t word = page.gate.load(std::memory_order_relaxed);
  if (isOpen(word) == open) return word;
  if (open) beat(page, nowNs);
  page.gateChangedNs.store(nowNs, std::memory_order_relaxed);
  const std::uint32_t next = nextGate(word, open);
  page.gate.store(next, std::memory_order_seq_cst);
  wakeGovernor(page);
  return next;
}

inline void setDuty(Page& page, std::uint32_t percent) {
  if (page.dutyPercent.exchange(percent) != percent) wakeGovernor(page);
}

}  // namespace lull::governor
