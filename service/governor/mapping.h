// SPDX-License-Identifier: Apache-2.0
// The governor page as this process got it from the service.
#pragma once

#include "governor/page.h"

namespace lull::governor {

struct Mapping {
  enum class State {
    Absent,  // no page was given
    Broken,  // a page was given and cannot be used
    Mapped,
  };
  State state = State::Absent;
  Page* page = nullptr;  // stays mapped until the process ends
  int fd = -1;
  int eventFd = -1;
};

// Reads the environment variables of page.h.
[[nodiscard]] Mapping mapFromEnvironment();
// Without a page nothing may be submitted, and the process ends itself so long after it opened a device:
// kDefaultGraceNs, or what kGraceVariable says (set by tests).
inline constexpr const char* kGraceVariable = "LULL_GOVERNOR_GRACE_MS";
[[nodiscard]] std::uint64_t graceWithoutPage();
// Maps the page behind `fd`; Broken where it is no file, too short, or of another version.
[[nodiscard]] Mapping mapPage(int fd, int eventFd);

// A page serves one process at a time, since it holds the figures of one. A record lock on its file says whose it is,
// so it is free again when that process has ended. False: another process has it.
[[nodiscard]] bool claimPage(int fd);
void releasePage(int fd);

}  // namespace lull::governor
