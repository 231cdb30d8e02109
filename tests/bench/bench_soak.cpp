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

// {"case": how many, …} of the parks that took longer than a frame.
std::string beyond(const std::vector<Toggler::Park>& parks, bool first) {
  std::map<std::string, int> counts;
  for (const auto& park : parks) {
    if (park.stopNs > kFrameNs && park.during.starts_with("first ") == first) ++counts[park.during];
  }
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
  std::printf(
      "{\"bench\":\"soak\",\"runs\":%lu,\"differing\":%lu,\"parks\":%zu,\"unacknowledged\":%lu,"
      "\"p50_ms\":%.3f,\"p90_ms\":%.3f,\"p99_ms\":%.3f,\"max_ms\":%.3f,"
      "\"beyond_a_frame_at_first_use\":%s,\"beyond_a_frame\":%s}\n",
      run.runs, run.differing, run.parks.size(), run.unacknowledged, quantile(stops, 0.5), quantile(stops, 0.9),
      quantile(stops, 0.99), quantile(stops, 1), beyond(run.parks, true).c_str(), beyond(run.parks, false).c_str());
  if (!run.failures.empty()) std::fprintf(stderr, "bench-soak:%s\n", run.failures.c_str());
  return run.differing == 0 && run.unacknowledged == 0 && run.failures.empty() ? 0 : 1;
}
