// SPDX-License-Identifier: Apache-2.0
#include "soak.h"

#include "gpu.h"
#include "suite.h"

#include <chrono>
#include <cstdio>
#include <map>
#include <random>
#include <string>

namespace semantics {

namespace {

std::vector<Case> quickCases() {
  std::vector<Case> quick;
  for (const Case& one : allCases()) {
    if (one.kind == Kind::Quick) quick.push_back(one);
  }
  return quick;
}

}  // namespace

int soak(double seconds, unsigned long seed) {
  using Clock = std::chrono::steady_clock;
  const Instance instance;
  const Gpu gpu(instance);
  const auto cases = quickCases();
  std::map<std::string, std::string> first;
  std::mt19937_64 random(seed);
  unsigned long runs = 0;
  unsigned long differing = 0;
  const auto finish =
      Clock::now() + std::chrono::duration_cast<Clock::duration>(std::chrono::duration<double>(seconds));
  while (Clock::now() < finish) {
    const Case& one = cases[random() % cases.size()];
    std::printf("RUN %s\n", one.name);
    std::fflush(stdout);
    const Result result = perform(one, gpu);
    ++runs;
    const auto [known, isNew] = first.emplace(one.name, result.text);
    if (result.outcome != Outcome::Failed && known->second == result.text) continue;
    ++differing;
    std::printf("FAIL %s %s instead of %s\n", one.name, result.text.c_str(), known->second.c_str());
  }
  std::printf("SOAK %lu %lu\n", runs, differing);
  std::fflush(stdout);
  return differing == 0 ? 0 : 1;
}

}  // namespace semantics
