// SPDX-License-Identifier: Apache-2.0
// The service's side of one governor page (shared/governor/page.h): the gate of one worker's GPU work.
// One thread: the loop's. The page is a file, so that what a worker metered survives a crash of the service.
#pragma once

#include "base/file.h"
#include "base/result.h"
#include "base/time.h"
#include "governor/page.h"
#include "runtimes/governor_figures.h"
#include "runtimes/page_guard.h"

#include <atomic>
#include <filesystem>
#include <optional>
#include <string>

namespace lull::runtimes {

inline constexpr const char* kPageSuffix = ".page";

// What the service alone keeps in the page's file, behind what it shares with a governor: read again after a crash.
struct Kept {
  std::atomic<std::uint64_t> cpuNs;
};
inline constexpr std::size_t kKeptAt = 2048;
static_assert(sizeof(governor::Page) <= kKeptAt && kKeptAt + sizeof(Kept) <= governor::kPageBytes);

struct GateOptions {
  std::uint32_t inFlightCap = 0;  // 0 = the governor chooses
  std::uint64_t memoryLimit = 0;  // bytes; 0 = none
  Nanoseconds slice{governor::kDefaultSliceNs};
  bool leaveWhole = false;  // the worker bounds its own work
  Nanoseconds heartbeatLimit = std::chrono::seconds(3);
  Nanoseconds grace{governor::kDefaultGraceNs};  // longer than the heartbeat's limit
};

class Gate {
public:
  // Begins closed. The file is <folder>/<session>.page.
  [[nodiscard]] static Result<Gate> create(const std::filesystem::path& folder, const std::string& session,
                                           const GateOptions& options);
  Gate(Gate&& other) noexcept;
  Gate& operator=(Gate&&) = delete;
  ~Gate();  // unmaps; the file stays for discardPage() or the next service

  void open(Instant now);
  void close(Instant now);
  void setDuty(std::uint32_t percent);
  void beat(Instant now);  // at least every heartbeatLimit / 3 while open
  void keepCpuTime(std::uint64_t ns);

  [[nodiscard]] bool isOpen() const;
  // When all work was done after the last close; nullopt while open or not drained yet. A worker that never had a
  // device (nothing attached) counts as drained at the moment the gate closed.
  [[nodiscard]] std::optional<Instant> drainedAt() const;
  [[nodiscard]] Instant changedAt() const;
  [[nodiscard]] std::uint64_t gpuNs() const { return m_page->gpuNs.load(std::memory_order_relaxed); }
  [[nodiscard]] std::uint64_t memoryBytes() const { return m_page->memoryBytes.load(std::memory_order_relaxed); }
  [[nodiscard]] GovernorFigures figures() const { return figuresOf(*m_page); }
  // Whether it is a page still: a worker may write into it, and cut its file short.
  [[nodiscard]] bool isIntact() const { return governor::isValid(*m_page); }
  [[nodiscard]] int fd() const { return m_fd.get(); }

private:
  Gate(Fd fd, governor::Page* page, std::filesystem::path file);

  Fd m_fd;
  governor::Page* m_page;
  PageGuard m_guard;
  std::filesystem::path m_file;
};

}  // namespace lull::runtimes
