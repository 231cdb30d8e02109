// SPDX-License-Identifier: Apache-2.0
#include "governor/futex.h"

#include <linux/futex.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <ctime>

namespace lull::governor {

namespace {

constexpr std::uint64_t kNsPerSecond = 1'000'000'000;

}  // namespace

std::uint64_t monotonicNs() {
  timespec now{};
  ::clock_gettime(CLOCK_MONOTONIC, &now);
  return static_cast<std::uint64_t>(now.tv_sec) * kNsPerSecond + static_cast<std::uint64_t>(now.tv_nsec);
}

// No FUTEX_PRIVATE_FLAG: the word lies in memory shared between processes.
void futexWait(const std::atomic<std::uint32_t>& word, std::uint32_t expected, std::uint64_t limitNs) {
  timespec span{};
  span.tv_sec = static_cast<time_t>(limitNs / kNsPerSecond);
  span.tv_nsec = static_cast<long>(limitNs % kNsPerSecond);
  ::syscall(SYS_futex, &word, FUTEX_WAIT, expected, limitNs == kForever ? nullptr : &span, nullptr, 0);
}

}  // namespace lull::governor
