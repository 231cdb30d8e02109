// SPDX-License-Identifier: Apache-2.0
// Parks lull-semantics at random for minutes while it compares its results: how long each park took, and what the
// program was at where it took longer than a frame. bench-soak [SECONDS [SEED]]
#include "service/governor/semantics/soak_run.h"

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <map>

using namespace lull::semantics;

namespace {

constexpr std::uint64_t kFrameNs = 16'700'000;

double millis(std::uint64_t ns) { return static_cast<double>(ns) / 1e6; }

double quantile(const std::vector<std::uint64_t>& sorted, double share) {
  if (sorted.empty()) return 0;
  const auto at = static_cast<std::size_t>(share * static_cast<double>(sorted.size() - 1));
  return millis(sorted[at]);
}

struct Beyond {
  int all = 0;
  int starved = 0;                         // but for the wait for a processor it would have been within
  std::map<std::string, int> unexplained;  // by case
};

Beyond beyondAFrame(const std::vector<Toggler::Park>& parks) {
  Beyond beyond;
  for (const auto& park : parks) {
    if (park.stopNs <= kFrameNs) continue;
    ++beyond.all;
    const bool starved = park.stopNs - std::min(park.stopNs, park.starvedNs) <= kFrameNs;
    if (starved) ++beyond.starved;
    if (!starved) ++beyond.unexplained[park.during];
  }
  return beyond;
}

std::string json(const std::map<std::string, int>& counts) {
  std::string out;
  for (const auto& [name, count] : counts) {
    out += (out.empty() ? "\"" : ",\"") + name + "\":" + std::to_string(count);
  }
  return "{" + out + "}";
}

}  // namespace

int main(int count, char** arguments) {
  const SoakRun run = soak({.seconds = count > 1 ? std::strtod(arguments[1], nullptr) : 180,
                            .seed = count > 2 ? static_cast<unsigned>(std::strtoul(arguments[2], nullptr, 10)) : 1});
  std::vector<std::uint64_t> stops;
  for (const auto& park : run.parks) stops.push_back(park.stopNs);
  std::sort(stops.begin(), stops.end());
  const Beyond beyond = beyondAFrame(run.parks);
  std::printf(
      "{\"bench\":\"soak\",\"runs\":%lu,\"differing\":%lu,\"parks\":%zu,\"unacknowledged\":%lu,"
      "\"p50_ms\":%.3f,\"p90_ms\":%.3f,\"p99_ms\":%.3f,\"max_ms\":%.3f,\"beyond_a_frame\":%d,"
      "\"for_want_of_a_processor\":%d,\"unexplained\":%s}\n",
      run.runs, run.differing, run.parks.size(), run.unacknowledged, quantile(stops, 0.5), quantile(stops, 0.9),
      quantile(stops, 0.99), quantile(stops, 1), beyond.all, beyond.starved, json(beyond.unexplained).c_str());
  if (!run.failures.empty()) std::fprintf(stderr, "bench-soak:%s\n", run.failures.c_str());
  return run.differing == 0 && run.unacknowledged == 0 && run.failures.empty() ? 0 : 1;
}
