// SPDX-License-Identifier: Apache-2.0
#include "base/time.h"

#include <ctime>

namespace lull {

namespace {

std::int64_t readNs(clockid_t id) {
  timespec t{};
  clock_gettime(id, &t);
  return static_cast<std::int64_t>(t.tv_sec) * 1'000'000'000 + t.tv_nsec;
}

}  // namespace

Now SystemClock::now() const {
  return {.instant = instantFromNs(readNs(CLOCK_MONOTONIC)), .unixMs = readNs(CLOCK_REALTIME) / 1'000'000};
}

}  // namespace lull
