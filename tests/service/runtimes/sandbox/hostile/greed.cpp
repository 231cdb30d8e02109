// SPDX-License-Identifier: Apache-2.0
// Taking more than was granted: processes, memory, disk.
#include "attempts.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <string>
#include <vector>

namespace hostile {

namespace {

constexpr std::size_t kMiB = 1U << 20U;

std::size_t number(const char* word) { return std::strtoull(word, nullptr, 10); }

// So many children alive at once; stays with them until it is ended.
Got keepProcesses(Words words) {
  for (std::size_t i = 0; i < number(words[0]); ++i) {
    const pid_t child = ::fork();
    if (child < 0) return Got::Denied;
    if (child == 0) break;
  }
  for (;;) ::pause();
}

// So many children alive at once.
Got processes(Words words) {
  std::vector<pid_t> children;
  int code = 0;
  while (children.size() < number(words[0]) && code == 0) {
    const pid_t child = ::fork();
    if (child == 0) {
      for (;;) ::pause();
    }
    if (child < 0) code = errno;
    if (child > 0) children.push_back(child);
  }
  for (const pid_t child : children) ::kill(child, SIGKILL);
  for (const pid_t child : children) ::waitpid(child, nullptr, 0);
  errno = code;
  return code == 0 ? Got::Through : Got::Denied;
}

Got takeMemory(std::size_t mebibytes, int flags) {
  for (std::size_t i = 0; i < mebibytes; ++i) {
    void* memory = ::mmap(nullptr, kMiB, PROT_READ | PROT_WRITE, flags | MAP_ANONYMOUS, -1, 0);
    if (memory == MAP_FAILED) return Got::Denied;
    std::memset(memory, 1, kMiB);
  }
  return Got::Through;
}

Got memory(Words words) { return takeMemory(number(words[0]), MAP_PRIVATE); }
Got sharedMemory(Words words) { return takeMemory(number(words[0]), MAP_SHARED); }

bool fill(const std::string& file, std::size_t mebibytes) {
  static const std::vector<char> block(kMiB, 'x');
  const int fd = ::open(file.c_str(), O_WRONLY | O_CREAT, 0600);
  if (fd < 0) return false;
  std::size_t left = mebibytes * kMiB;
  while (left > 0) {
    const ssize_t n = ::write(fd, block.data(), std::min(left, block.size()));
    if (n <= 0) break;
    left -= static_cast<std::size_t>(n);
  }
  const int code = errno;
  ::close(fd);
  errno = code;
  return left == 0;
}

// FOLDER MEBIBYTES: one file.
Got oneFile(Words words) {
  const auto file = std::string(words[0]) + "/big";
  const bool filled = fill(file, number(words[1]));
  const int code = errno;
  ::unlink(file.c_str());
  errno = code;
  return filled ? Got::Through : Got::Denied;
}

// FOLDER COUNT MEBIBYTES: so many files; stays until it is ended.
Got manyFiles(Words words) {
  for (std::size_t i = 0; i < number(words[1]); ++i) {
    if (!fill(std::string(words[0]) + "/" + std::to_string(i), number(words[2]))) return Got::Denied;
  }
  for (;;) ::pause();
}

// As memory and processes, but stays until it is ended.
Got keepShared(Words words) {
  if (takeMemory(number(words[0]), MAP_SHARED) == Got::Denied) return Got::Denied;
  for (;;) ::pause();
}

Got keepMemory(Words words) {
  if (takeMemory(number(words[0]), MAP_PRIVATE) == Got::Denied) return Got::Denied;
  for (;;) ::pause();
}

constexpr Attempt kAttempts[] = {{"processes", processes},
                                 {"memory", memory},
                                 {"shared-memory", sharedMemory},
                                 {"fill", oneFile},
                                 {"litter", manyFiles},
                                 {"keep-shared", keepShared},
                                 {"keep-processes", keepProcesses},
                                 {"keep-memory", keepMemory}};

}  // namespace

std::span<const Attempt> greedAttempts() { return kAttempts; }

}  // namespace hostile
