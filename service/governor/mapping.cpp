// SPDX-License-Identifier: Apache-2.0
#include "governor/mapping.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include <cerrno>
#include <charconv>
#include <cstdlib>
#include <cstring>

namespace lull::governor {

namespace {

// -1 where the variable is absent or no number.
int numberFrom(const char* text) {
  if (text == nullptr) return -1;
  int number = -1;
  const char* end = text + std::strlen(text);
  const auto [stop, code] = std::from_chars(text, end, number);
  return code == std::errc{} && stop == end ? number : -1;
}

bool lockPage(int fd, short type) {
  struct flock lock {};
  lock.l_type = type;
  lock.l_whence = SEEK_SET;
  return ::fcntl(fd, F_SETLK, &lock) == 0;
}

}  // namespace

Mapping mapPage(int fd, int eventFd) {
  const Mapping broken{.state = Mapping::State::Broken};
  struct stat file {};
  // A page beyond the file's end would be SIGBUS at first touch.
  if (fd < 0 || ::fstat(fd, &file) != 0 || file.st_size < static_cast<off_t>(kPageBytes)) return broken;
  void* memory = ::mmap(nullptr, kPageBytes, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  if (memory == MAP_FAILED) return broken;
  auto* page = static_cast<Page*>(memory);
  if (!isValid(*page)) {
    ::munmap(memory, kPageBytes);
    return broken;
  }
  return {.state = Mapping::State::Mapped, .page = page, .fd = fd, .eventFd = eventFd};
}

Mapping mapFromEnvironment() {
  const char* page = std::getenv(kPageFdVariable);
  if (page == nullptr) return {};
  return mapPage(numberFrom(page), numberFrom(std::getenv(kEventFdVariable)));
}

// A file system without locks leaves it to who starts the processes.
bool claimPage(int fd) { return lockPage(fd, F_WRLCK) || (errno != EACCES && errno != EAGAIN); }
void releasePage(int fd) { lockPage(fd, F_UNLCK); }

std::uint64_t graceWithoutPage() {
  const int milliseconds = numberFrom(std::getenv(kGraceVariable));
  return milliseconds > 0 ? static_cast<std::uint64_t>(milliseconds) * 1'000'000 : kDefaultGraceNs;
}

}  // namespace lull::governor
