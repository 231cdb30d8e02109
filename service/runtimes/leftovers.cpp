// SPDX-License-Identifier: Apache-2.0
#include "runtimes/leftovers.h"

#include "base/file.h"
#include "base/log.h"
#include "governor/page.h"
#include "runtimes/gate.h"

#include <poll.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>
#include <charconv>
#include <csignal>
#include <cstring>
#include <optional>
#include <sstream>

namespace lull::runtimes {

namespace fs = std::filesystem;

namespace {

constexpr const char* kNoteSuffix = ".worker";
constexpr int kEndLimitMs = 2000;

// Field 22 of /proc/<pid>/stat: clock ticks after boot at which the process started. The name in field 2 may hold
// anything, so the count begins behind its last parenthesis (man 5 proc).
std::optional<std::uint64_t> startTimeOf(pid_t pid) {
  const auto stat = readFile("/proc/" + std::to_string(pid) + "/stat");
  if (!stat) return std::nullopt;
  std::istringstream fields(stat->substr(stat->rfind(')') + 1));
  std::string word;
  for (int field = 3; field <= 22; ++field) fields >> word;
  std::uint64_t ticks = 0;
  const auto [end, code] = std::from_chars(word.data(), word.data() + word.size(), ticks);
  return code == std::errc() ? std::optional(ticks) : std::nullopt;
}

void endProcess(pid_t pid, std::uint64_t startTime) {
  const Fd handle(static_cast<int>(::syscall(SYS_pidfd_open, pid, 0)));
  // The handle is taken before the check, so that the process checked is the one that is killed.
  if (!handle || startTimeOf(pid) != startTime) return;
  log::warning("ending worker {} that a crashed service left", pid);
  ::syscall(SYS_pidfd_send_signal, handle.get(), SIGKILL, nullptr, 0);
  pollfd ended{.fd = handle.get(), .events = POLLIN, .revents = 0};
  if (::poll(&ended, 1, kEndLimitMs) == 0) log::error("worker {} does not end: its driver hangs", pid);
}

Leftover leftoverIn(const fs::path& file) {
  Leftover out{.session = file.stem().native()};
  const auto bytes = readFile(file, governor::kPageBytes);
  if (!bytes || bytes->size() != governor::kPageBytes) return out;
  alignas(governor::Page) std::array<std::byte, governor::kPageBytes> copy{};
  std::memcpy(copy.data(), bytes->data(), copy.size());
  const auto* page = std::launder(reinterpret_cast<const governor::Page*>(copy.data()));
  if (!governor::isValid(*page)) return out;
  out.gpuNs = page->gpuNs.load();
  out.cpuNs = std::launder(reinterpret_cast<const Kept*>(copy.data() + kKeptAt))->cpuNs.load();
  return out;
}

}  // namespace

Outcome noteWorker(const fs::path& pages, const std::string& session, pid_t pid) {
  const auto startTime = startTimeOf(pid);
  if (!startTime) return Error(Error::Kind::NotFound, "worker " + std::to_string(pid) + " is gone already");
  return replaceFile(pages / (session + kNoteSuffix), std::to_string(pid) + ' ' + std::to_string(*startTime),
                     Durability::Rename);
}

void forgetWorker(const fs::path& pages, const std::string& session) {
  std::error_code code;
  fs::remove(pages / (session + kPageSuffix), code);
  fs::remove(pages / (session + kNoteSuffix), code);
}

std::vector<Leftover> collectLeftovers(const fs::path& pages) {
  std::vector<fs::path> files;
  std::error_code code;
  for (auto entry = fs::directory_iterator(pages, code); !code && entry != fs::directory_iterator();
       entry.increment(code)) {
    files.push_back(entry->path());
  }
  for (const auto& file : files) {
    if (file.extension() != kNoteSuffix) continue;
    if (const auto note = readFile(file)) {
      std::istringstream words(*note);
      pid_t pid = 0;
      std::uint64_t startTime = 0;
      if (words >> pid >> startTime && pid > 1) endProcess(pid, startTime);
    }
  }
  std::vector<Leftover> out;
  for (const auto& file : files) {
    if (file.extension() == kPageSuffix) {
      out.push_back(leftoverIn(file));
    } else if (file.extension() == kNoteSuffix && !fs::exists(fs::path(file).replace_extension(kPageSuffix), code)) {
      fs::remove(file, code);
    }
  }
  return out;
}

}  // namespace lull::runtimes
