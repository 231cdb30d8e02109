// SPDX-License-Identifier: Apache-2.0
// Limits that the kernel does not hold everywhere: processes of root's are not counted, memory without a control group
// is each process's own or nobody's (and a limit of addresses would hit drivers, which reserve far more than they use),
// and disks have no limit for one folder. Looked at each second, memory the sooner the less of it is left, on a thread
// of its own since disks may be slow.
#pragma once

#include "runtimes/sandbox/processes.h"
#include "runtimes/sandbox/sandbox.h"

#include <asio/steady_timer.hpp>
#include <asio/thread_pool.hpp>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace lull::sandbox {

// In its folders together. Those behind them would not be counted: so many are a broken limit.
inline constexpr std::size_t kMostFiles = 100'000;

struct Use {
  std::uint64_t threads = 0;
  std::uint64_t memoryBytes = 0;  // what would be free without it, about
  std::uint64_t diskBytes = 0;
  std::size_t files = 0;  // at most kMostFiles
  bool hidden = false;    // some could not be looked at
  std::uint64_t cpuNs = 0;
};
// Of all members, and of the folders; less than that when `stop` is set meanwhile.
[[nodiscard]] Use useOf(const Crowd& crowd, const std::vector<std::filesystem::path>& folders,
                        const std::atomic<bool>& stop);
// Empty: within the limits. `before`: what the folders held when it began.
[[nodiscard]] std::string brokenLimit(const Limits& limits, const Use& use, std::uint64_t before);

// Until the next look: memory cannot be used up meanwhile, about.
[[nodiscard]] Milliseconds untilNextLook(const Limits& limits, const Use& use);

class Watch {
public:
  struct Told {
    std::function<void(const Use&)> looked;
    std::function<void(const std::string& how)> broken;
  };
  Watch(asio::io_context& loop, const Spec& spec);
  ~Watch();  // waits until the look that is under way has heard that it is to stop
  Watch(const Watch&) = delete;
  Watch& operator=(const Watch&) = delete;

  // Until end() or the first broken limit; told on the loop.
  void begin(const Crowd& crowd, Told told);
  void end();

private:
  struct Look;
  std::shared_ptr<Look> m_look;
  asio::thread_pool m_thread{1};
};

}  // namespace lull::sandbox
