// SPDX-License-Identifier: Apache-2.0
#include "runtimes/sandbox/watch.h"

#include "base/folder.h"

#include <sys/stat.h>
#include <asio/post.hpp>

#include <algorithm>
#include <chrono>
#include <sstream>

namespace lull::sandbox {

namespace fs = std::filesystem;

namespace {

constexpr Milliseconds kInterval{1000};
constexpr Milliseconds kShortest{50};
constexpr std::uint64_t kBytesPerMs = 8ULL << 20U;  // memory is not taken much faster
constexpr std::size_t kProcesses = 4096;
constexpr std::uint64_t kBlock = 512;  // of st_blocks
constexpr int kDeepest = 64;           // folders within folders: none of our programs needs as many

// RssAnon and RssShmem, not RssFile: programs and libraries are there for others too.
void addProcess(pid_t pid, Use& use) {
  const auto status = readFile(fs::path("/proc") / std::to_string(pid) / "status");
  if (!status) return;
  std::istringstream lines(*status);
  for (std::string line; std::getline(lines, line);) {
    std::istringstream words(line);
    std::string name;
    std::uint64_t value = 0;
    if (!(words >> name >> value)) continue;
    if (name == "Threads:") use.threads += value;
    if (name == "RssAnon:" || name == "RssShmem:") use.memoryBytes += value * 1024;
  }
}

// What has gone by now is none; what may not be looked into was hidden by who is not trusted.
class Counting {
public:
  Counting(Use& use, const std::atomic<bool>& stop) : m_use(use), m_stop(stop) {}

  void folder(int at, const char* name, int levels = kDeepest) {
    const bool all =
        forEachIn(openFolder(at, name), [&](int here, const char* inside) { return entry(here, inside, levels); });
    m_use.hidden |= !all && errno == EACCES;
  }

private:
  bool entry(int folder, const char* name, int levels) {
    if (m_stop || m_use.hidden || m_use.files >= kMostFiles) return false;
    ++m_use.files;
    struct stat status {};
    const bool seen = ::fstatat(folder, name, &status, AT_SYMLINK_NOFOLLOW) == 0;
    m_use.hidden |= !seen && errno == EACCES;
    m_use.diskBytes += static_cast<std::uint64_t>(status.st_blocks) * kBlock;
    if (!S_ISDIR(status.st_mode)) return true;
    m_use.hidden |= levels == 0;
    if (levels > 0) this->folder(folder, name, levels - 1);
    return true;
  }

  Use& m_use;
  const std::atomic<bool>& m_stop;
};

std::string mebibytes(std::uint64_t bytes) { return std::to_string(bytes >> 20U) + " MiB"; }

}  // namespace

Use useOf(const Crowd& crowd, const std::vector<fs::path>& folders, const std::atomic<bool>& stop) {
  Use use{.cpuNs = cpuNsOf(crowd.root)};
  for (const auto& member : membersOf(crowd, kProcesses)) {
    if (!stop) addProcess(member.pid, use);
  }
  for (const auto& folder : folders) Counting(use, stop).folder(AT_FDCWD, folder.c_str());
  return use;
}

std::string brokenLimit(const Limits& limits, const Use& use, std::uint64_t before) {
  if (limits.processes > 0 && use.threads > limits.processes) {
    return "it had more than " + std::to_string(limits.processes) + " processes and threads";
  }
  if (limits.memoryBytes > 0 && use.memoryBytes > limits.memoryBytes) {
    return "it used more than " + mebibytes(limits.memoryBytes) + " of memory";
  }
  if (limits.diskBytes > 0 && use.files >= kMostFiles) {
    return "there were " + std::to_string(kMostFiles) + " files in its folders: more than are counted";
  }
  if (limits.diskBytes > 0 && use.hidden) {
    return "it made folders that cannot be looked into, or too deep: what is in them is not known";
  }
  if (limits.diskBytes > 0 && use.diskBytes > before + limits.diskBytes) {
    return "it put more than " + mebibytes(limits.diskBytes) + " on the disk";
  }
  return {};
}

Milliseconds untilNextLook(const Limits& limits, const Use& use) {
  if (limits.memoryBytes == 0) return kInterval;
  const auto left = limits.memoryBytes - std::min(limits.memoryBytes, use.memoryBytes);
  return std::min(kInterval, std::max(kShortest, Milliseconds(left / kBytesPerMs)));
}

struct Watch::Look : std::enable_shared_from_this<Watch::Look> {
  Look(asio::io_context& context, const Limits& theirs) : loop(context), timer(context), limits(theirs) {}

  asio::io_context& loop;
  asio::steady_timer timer;
  const Limits limits;
  std::vector<fs::path> folders;
  Crowd crowd;
  std::uint64_t before = 0;
  std::optional<Told> told;
  Use last;  // until the first look: nothing
  Milliseconds sinceDisks{0};
  std::atomic<bool> stop{false};  // what the look that is under way finds is of no use any more

  void later(asio::thread_pool& thread) {
    const auto pause = untilNextLook(limits, last);
    sinceDisks += pause;
    timer.expires_after(pause);
    timer.async_wait([weak = weak_from_this(), &thread](asio::error_code code) {
      auto self = weak.lock();
      if (code || !self || !self->told) return;
      self->now(thread);
    });
  }
  // `thread` outlives what runs on it; the loop's part is skipped once nobody listens.
  void now(asio::thread_pool& thread) {
    const bool disksToo = sinceDisks >= kInterval;
    if (disksToo) sinceDisks = Milliseconds(0);
    asio::post(thread, [self = shared_from_this(), &thread, who = crowd, disksToo] {
      const auto use = useOf(who, disksToo ? self->folders : std::vector<fs::path>(), self->stop);
      asio::post(self->loop, [self, use, disksToo, &thread] { self->take(use, disksToo, thread); });
    });
  }
  void take(Use use, bool disksToo, asio::thread_pool& thread) {
    if (!told) return;
    if (!disksToo) use.diskBytes = last.diskBytes;
    last = use;
    told->looked(use);
    const auto how = brokenLimit(limits, use, before);
    if (how.empty()) return later(thread);
    const auto broken = std::move(told->broken);
    told.reset();
    broken(how);
  }
};

Watch::Watch(asio::io_context& loop, const Spec& spec) : m_look(std::make_shared<Look>(loop, spec.limits)) {
  if (spec.limits.diskBytes == 0) return;
  for (const auto& bind : spec.binds) {
    if (bind.access == Access::ReadWrite) m_look->folders.push_back(bind.from);
  }
  // Here, before anything runs inside: what it writes must not pass for what was there.
  Use there;
  for (const auto& folder : m_look->folders) Counting(there, m_look->stop).folder(AT_FDCWD, folder.c_str());
  m_look->before = there.diskBytes;
}

Watch::~Watch() {
  end();
  m_thread.join();
}

void Watch::begin(const Crowd& crowd, Told told) {
  m_look->crowd = crowd;
  m_look->told = std::move(told);
  m_look->later(m_thread);
}

void Watch::end() {
  m_look->stop = true;
  m_look->told.reset();
  m_look->timer.cancel();
}

}  // namespace lull::sandbox
