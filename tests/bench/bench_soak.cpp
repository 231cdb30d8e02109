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

// What held a park that took longer than a frame: without it, it would have been within.
//   processor   a thread of the program, or who closes the gate, was ready to run and was not let
//   processor, in turn   several were, one after the other
//   stolen      so was the whole machine, by its host
//   disk        its code or data was read from the disk
//   first use   the driver had to compile: the last to be done had never been measured
//   compute     processors enough would not have helped: it had that much to do
//   blurred     the looking itself was held up for so long that the program's waits may lie there or here
//   unexplained
const char* reasonOf(const Toggler::Park& park) {
  const auto within = [&](std::uint64_t lessNs) { return park.stopNs <= lessNs + kFrameNs; };
  const auto& spent = park.spent;
  if (spent.wantsProcessor(park.stopNs, kFrameNs)) {
    return within(spent.waitedMostNs) ? "processor" : "processor, in turn";
  }
  if (spent.stolenNs > 0 && within(spent.stolenNs + spent.waitedNs)) return "stolen";
  const std::uint64_t asleepNs = park.stopNs - std::min(park.stopNs, spent.ranNs + spent.waitedNs);
  if (spent.diskFaults > 0 && within(asleepNs + spent.waitedNs)) return "disk";
  if (within(spent.ranMostNs + spent.waitedNs) && spent.ranMostNs > 0) {
    return park.last.longestNs == UINT64_MAX ? "first use" : "compute";
  }
  return within(spent.ranMostNs + spent.waitedPerhapsNs) ? "blurred" : "unexplained";
}

std::map<std::string, int> reasonsOf(const std::vector<Toggler::Park>& parks) {
  std::map<std::string, int> reasons;
  for (const auto& park : parks) {
    if (park.stopNs > kFrameNs) ++reasons[reasonOf(park)];
  }
  return reasons;
}

double foretold(std::uint64_t ns) { return ns == UINT64_MAX ? -1 : millis(ns); }

// All but those for want of a processor, which are many on a busy machine.
void printLate(const Toggler::Park& park) {
  const std::string reason = reasonOf(park);
  if (park.stopNs <= kFrameNs || reason.starts_with("processor")) return;
  const auto& spent = park.spent;
  const auto& last = park.last;
  const auto after = [&](std::uint64_t ns) { return millis(ns) - millis(park.changedNs); };
  std::printf(
      "{\"bench\":\"soak_late\",\"reason\":\"%s\",\"during\":\"%s\",\"ms\":%.1f,\"busy\":%s,\"ran_ms\":%.1f,"
      "\"ran_most_ms\":%.1f,\"waited_ms\":%.1f,\"waited_most_ms\":%.1f,\"looking_ms\":%.1f,\"waited_perhaps_ms\":%.1f,"
      "\"stolen_ms\":%.0f,"
      "\"small_faults\":%lu,\"disk_faults\":%lu,\"slice_handed_ms\":%.1f,\"slice_done_ms\":%.1f,\"slice_expected_ms\":%"
      ".1f,"
      "\"longest_ms\":%.1f,\"works\":%u}\n",
      reason.c_str(), park.during.c_str(), millis(park.stopNs), park.busy ? "true" : "false", millis(spent.ranNs),
      millis(spent.ranMostNs), millis(spent.waitedNs), millis(spent.waitedMostNs), millis(spent.lookingNs),
      millis(spent.waitedPerhapsNs), millis(spent.stolenNs), spent.smallFaults, spent.diskFaults,
      last.doneNs == 0 ? 0 : after(last.handedNs), last.doneNs == 0 ? 0 : after(last.doneNs), millis(last.expectedNs),
      foretold(last.longestNs), last.works);
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
  for (const auto& park : run.parks) printLate(park);
  const auto beyond = std::count_if(stops.begin(), stops.end(), [](std::uint64_t ns) { return ns > kFrameNs; });
  std::printf(
      "{\"bench\":\"soak\",\"runs\":%lu,\"differing\":%lu,\"parks\":%zu,\"unacknowledged\":%lu,"
      "\"p50_ms\":%.3f,\"p90_ms\":%.3f,\"p99_ms\":%.3f,\"max_ms\":%.3f,\"beyond_a_frame\":%ld,"
      "\"reasons\":%s}\n",
      run.runs, run.differing, run.parks.size(), run.unacknowledged, quantile(stops, 0.5), quantile(stops, 0.9),
      quantile(stops, 0.99), quantile(stops, 1), static_cast<long>(beyond), json(reasonsOf(run.parks)).c_str());
  if (!run.failures.empty()) std::fprintf(stderr, "bench-soak:%s\n", run.failures.c_str());
  return run.differing == 0 && run.unacknowledged == 0 && run.failures.empty() ? 0 : 1;
}
