// SPDX-License-Identifier: Apache-2.0
// What llama-bench is made to do while it is measured: one shape of work, again and again.
#pragma once

#include "bench/budget.h"
#include "llama/program.h"

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace lull::bench {

struct Workload {
  const char* name;
  const char* model;  // medium or small; LULL_BENCH_MODELS says larger or smaller, see bench_llama.cpp
  int prompt = 0;     // tokens read at once
  int generated = 0;  // tokens written one by one
  int ubatch = 512;
};
inline constexpr Workload kDecode{.name = "decode", .model = "medium", .generated = 48};
inline constexpr Workload kPrefill512Medium{.name = "prefill 512, medium", .model = "medium", .prompt = 512};
inline constexpr Workload kPrefill256Medium{
    .name = "prefill 256, medium", .model = "medium", .prompt = 512, .ubatch = 256};
inline constexpr Workload kPrefill128Medium{
    .name = "prefill 128, medium", .model = "medium", .prompt = 512, .ubatch = 128};
inline constexpr Workload kPrefill64Medium{
    .name = "prefill 64, medium", .model = "medium", .prompt = 512, .ubatch = 64};
inline constexpr Workload kPrefill512{.name = "prefill 512", .model = "small", .prompt = 512};
inline constexpr Workload kPrefill64{.name = "prefill 64", .model = "small", .prompt = 256, .ubatch = 64};
inline constexpr Workload kPrefill16{.name = "prefill 16", .model = "small", .prompt = 128, .ubatch = 16};
inline constexpr int kForEver = 1'000'000;

// Where the models lie; made when they are not there yet. Ends the program when they cannot be made.
[[nodiscard]] std::filesystem::path modelOf(const Workload& work);
[[nodiscard]] llama::Launch launchOf(const Workload& work, int repetitions);

// What it says of itself once it has ended: seconds for each repetition. Empty: it failed.
[[nodiscard]] std::vector<double> repetitionsOf(const llama::Program& program);

// Waits until a governed program has given work to the GPU so often; dies with it.
void awaitSubmits(llama::Program& program, const governor::Page& page, std::uint64_t submits);

[[nodiscard]] double percentile(std::vector<double> values, double p);
[[noreturn]] void die(const std::string& text);

// The benches, each printing one JSON object a line.
struct Options {
  std::size_t samples = 200;  // of stops
  std::size_t alone = 200;    // the same for the gate alone
  std::size_t pairs = 7;
  std::size_t parks = 1000;
  double seconds = 0;  // for each bench: fewer samples where they would take longer; 0: as long as it takes
  std::string work;    // of stops and throughput: only that, by its name; empty: all
  const char* stopAim = "p50<=5, p99<=16.7";
  const char* speedAim = ">=0.97";
  [[nodiscard]] bool wants(const Workload& one) const { return work.empty() || work == one.name; }
};
void benchStops(const Options& options);
void benchSoak(const Options& options);
void benchThroughput(const Options& options);
void benchDuty(const Options& options);
void benchCosts(const Options& options);
// Of the program without the governor: tells how fast a GPU this is, and fills the driver's cache of shaders.
void benchBare(const Options& options);

}  // namespace lull::bench
