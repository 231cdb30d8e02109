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
constexpr int kWindows = 6;

double shareOverWindow(const governor::Page& page) {
  const auto begin = std::chrono::steady_clock::now();
  const std::uint64_t gpu = page.gpuNs.load();
  std::this_thread::sleep_for(2s);
  const std::uint64_t used = page.gpuNs.load() - gpu;
  const std::chrono::duration<double, std::nano> took = std::chrono::steady_clock::now() - begin;
  return 100 * static_cast<double>(used) / took.count();
}

void hold(const Workload& work, std::uint32_t percent, fakes::ServicePage& page) {
  page.page().dutyPercent.store(percent);
  std::this_thread::sleep_for(500ms);  // what was let out at the old share
  std::vector<double> shares;
  double worst = 0;
  for (int i = 0; i < kWindows; ++i) {
    shares.push_back(shareOverWindow(page.page()));
    worst = std::max(worst, std::abs(shares.back() - percent));
  }
  std::printf(
      "{\"bench\":\"duty\",\"work\":\"%s\",\"asked\":%u,\"unit\":\"%% of a 2 s window\",\"p50\":%.1f,\"min\":%.1f,"
      "\"max\":%.1f,\"worst_error\":%.1f,\"windows\":%d,\"aim\":\"worst_error<=3\"}\n",
      work.name, percent, percentile(shares, 0.5), percentile(shares, 0), percentile(shares, 1), worst, kWindows);
  std::fflush(stdout);
}

}  // namespace

void benchDuty(const Options& /*options*/) {
  for (const auto& work : {kDecode, kPrefill64}) {
    fakes::ServicePage page;
    page.open();
    auto launch = launchOf(work, kForEver);
    launch.page = &page;
    const llama::Program program(launch);
    while (page.page().submits.load() < 4) std::this_thread::sleep_for(10ms);
    std::this_thread::sleep_for(8s);  // first use of its shaders, whole and in pieces
    for (const std::uint32_t percent : std::array{10U, 25U, 50U, 75U, 90U, 100U}) hold(work, percent, page);
  }
}

}  // namespace lull::bench
