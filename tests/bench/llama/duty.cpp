// SPDX-License-Identifier: Apache-2.0
// Whether a requested share of GPU time is kept over windows of two seconds.
#include "bench/llama/workload.h"

#include <array>
#include <cmath>
#include <cstdio>
#include <thread>

namespace lull::bench {

namespace {

using namespace std::chrono_literals;
constexpr std::size_t kWindows = 6;

double shareOverWindow(const governor::Page& page) {
  const auto begin = std::chrono::steady_clock::now();
  const std::uint64_t gpu = page.gpuNs.load();
  std::this_thread::sleep_for(2s);
  const std::uint64_t used = page.gpuNs.load() - gpu;
  const std::chrono::duration<double, std::nano> took = std::chrono::steady_clock::now() - begin;
  return 100 * static_cast<double>(used) / took.count();
}

void hold(const Workload& work, std::uint32_t percent, fakes::ServicePage& page, Budget::Clock::time_point end) {
  page.page().dutyPercent.store(percent);
  std::this_thread::sleep_for(500ms);  // what was let out at the old share
  std::vector<double> shares;
  double worst = 0;
  while (shares.empty() || (shares.size() < kWindows && Budget::Clock::now() + 2s <= end)) {
    shares.push_back(shareOverWindow(page.page()));
    worst = std::max(worst, std::abs(shares.back() - percent));
  }
  std::printf(
      "{\"bench\":\"duty\",\"work\":\"%s\",\"asked\":%u,\"unit\":\"%% of a 2 s window\",\"p50\":%.1f,\"min\":%.1f,"
      "\"max\":%.1f,\"worst_error\":%.1f,\"windows\":%zu,\"aim\":\"worst_error<=3\"}\n",
      work.name, percent, percentile(shares, 0.5), percentile(shares, 0), percentile(shares, 1), worst, shares.size());
  std::fflush(stdout);
}

}  // namespace

void benchDuty(const Options& options) {
  constexpr std::array kShares{10U, 25U, 50U, 75U, 90U, 100U};
  Budget budget(options.seconds, 2 * kShares.size());
  for (const auto& work : {kDecode, kPrefill64}) {
    fakes::ServicePage page;
    page.open();
    auto launch = launchOf(work, kForEver);
    launch.page = &page;
    llama::Program program(launch);
    awaitSubmits(program, page.page(), 4);
    std::this_thread::sleep_for(8s);  // first use of its shaders, whole and in pieces
    for (const std::uint32_t percent : kShares) hold(work, percent, page, budget.nextEnd());
  }
}

}  // namespace lull::bench
