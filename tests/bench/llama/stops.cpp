// SPDX-License-Identifier: Apache-2.0
// From a closed gate until all work is done, at random moments while the program works.
#include "bench/llama/parks.h"

#include <algorithm>
#include <cstdio>

namespace lull::bench {

namespace {

using namespace std::chrono_literals;

struct Context {
  const char* bench;
  const Workload& work;
  const char* how;
  const char* aim;
};

void printLate(const Context& context, const Stop& stop) {
  const auto& slice = stop.longest;
  std::printf(
      "{\"bench\":\"%s_late\",\"work\":\"%s\",\"how\":\"%s\",\"ms\":%.1f,\"at_s\":%.1f,\"reason\":\"%s\","
      "\"slice_busy_ms\":%.1f,\"slice_expected_ms\":%.1f,\"works\":%u,\"longest_ms\":%.1f,"
      "\"program\":%llu,"
      "\"shape\":[%u,%u,%u],\"units\":%llu}\n",
      context.bench, context.work.name, context.how, stop.ms, stop.sinceStartS, reasonOf(stop),
      static_cast<double>(slice.busyNs) / 1e6, static_cast<double>(slice.expectedNs) / 1e6, slice.works,
      slice.longestNs == UINT64_MAX ? 0 : static_cast<double>(slice.longestNs) / 1e6,
      static_cast<unsigned long long>(slice.program), slice.shape[0], slice.shape[1], slice.shape[2],
      static_cast<unsigned long long>(slice.units));
}

// What was late is told one by one, but for the gate alone, which is here for comparison.
void print(const Context& context, const std::vector<Stop>& stops, std::size_t idle) {
  std::vector<double> ms;
  for (const auto& stop : stops) ms.push_back(stop.ms);
  const auto late = [](const Stop& stop) { return stop.ms > kFrameMs; };
  const auto starved = [&](const Stop& stop) { return late(stop) && reasonOf(stop) == std::string_view("processor"); };
  std::printf(
      "{\"bench\":\"%s\",\"work\":\"%s\",\"how\":\"%s\",\"unit\":\"ms\",\"p50\":%.2f,\"p90\":%.2f,\"p99\":%.2f,"
      "\"max\":%.2f,\"samples\":%zu,\"over_a_frame\":%zu,\"for_want_of_a_processor\":%zu,\"idle\":%zu,"
      "\"aim\":\"%s\"}\n",
      context.bench, context.work.name, context.how, percentile(ms, 0.5), percentile(ms, 0.9), percentile(ms, 0.99),
      percentile(ms, 1), ms.size(), static_cast<std::size_t>(std::ranges::count_if(stops, late)),
      static_cast<std::size_t>(std::ranges::count_if(stops, starved)), idle, context.aim);
  if (context.how == std::string_view("sliced")) {
    for (const auto& stop : stops) {
      if (late(stop)) printLate(context, stop);
    }
  }
  std::fflush(stdout);
}

void stopsOf(const Workload& work, bool sliced, const Options& options, Budget& budget) {
  const auto end = budget.nextEnd();
  std::vector<Stop> stops;
  std::size_t idle = 0;
  const std::size_t samples = sliced ? options.samples : options.alone;
  Parks parks(work, sliced);
  parks.warmUp(sliced ? 4s : 2s);
  while (stops.size() < samples && (stops.empty() || Budget::Clock::now() < end)) {
    const Stop stop = parks.park();
    if (stop.busy) stops.push_back(stop);
    if (!stop.busy) ++idle;
  }
  print({.bench = "stop", .work = work, .how = sliced ? "sliced" : "gate alone", .aim = options.stopAim}, stops, idle);
}

void printHistogram(const governor::Page& page) {
  std::printf("{\"bench\":\"soak_histogram\",\"unit\":\"stops shorter than ms\"");
  for (std::size_t i = 0; i < governor::kStopBuckets; ++i) {
    const auto count = page.stopHistogram[i].load();
    if (count == 0) continue;
    std::printf(",\"%.2f\":%llu", static_cast<double>(governor::stopBucketNs(i)) / 1e6,
                static_cast<unsigned long long>(count));
  }
  std::printf("}\n");
}

}  // namespace

void benchStops(const Options& options) {
  Budget budget(options.seconds, 12);
  for (const auto& work : {kDecode, kPrefill512, kPrefill64, kPrefill16}) {
    if (!options.wants(work)) continue;
    stopsOf(work, true, options, budget);
    stopsOf(work, false, options, budget);
  }
  for (const auto& work : {kPrefill512Medium, kPrefill256Medium, kPrefill128Medium, kPrefill64Medium}) {
    if (options.wants(work)) stopsOf(work, true, options, budget);
  }
}

// Without a warm-up: first uses of shaders are part of it.
void benchSoak(const Options& options) {
  std::vector<Stop> stops;
  Parks parks(kPrefill64, true);
  parks.warmUp(0s);
  const auto end = Budget(options.seconds, 1).nextEnd();
  while (stops.size() < options.parks && Budget::Clock::now() < end) stops.push_back(parks.park());
  print({.bench = "soak", .work = kPrefill64, .how = "sliced", .aim = options.stopAim}, stops, 0);
  printHistogram(parks.page());
  std::fflush(stdout);
}

}  // namespace lull::bench
