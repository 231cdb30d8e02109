// SPDX-License-Identifier: Apache-2.0
// lull-semantics: what programs may expect of Vulkan, case by case. It knows nothing of Lull; run it plain, below or
// above any layer, and compare the digests.
#include "gpu.h"
#include "soak.h"
#include "suite.h"

#include <cstdio>
#include <cstdlib>
#include <cstring>

using namespace semantics;

namespace {

constexpr const char* kUsage = R"(usage: lull-semantics [--list | --all | --quick | --soak SECONDS [SEED] | CASE…]

  --list         tells the names of all cases and their kinds
  --all          runs all cases that leave the process alive and break no rule
  --quick        the shorter set of them
  --soak         runs random ones of the quick set, and compares each time
  CASE           a name, or a topic with a dot behind it ("fences.")
)";

std::vector<Case> chosen(int count, char** arguments) {
  std::vector<Case> cases;
  const bool quick = std::strcmp(arguments[1], "--quick") == 0;
  if (quick || std::strcmp(arguments[1], "--all") == 0) {
    for (const Case& one : allCases()) {
      if (one.kind == Kind::Quick || (one.kind == Kind::Full && !quick)) cases.push_back(one);
    }
    return cases;
  }
  for (int i = 1; i < count; ++i) {
    const auto named = casesNamed(arguments[i]);
    if (named.empty()) std::fprintf(stderr, "lull-semantics: there is no case \"%s\" (--list)\n", arguments[i]);
    if (named.empty()) std::exit(2);
    cases.insert(cases.end(), named.begin(), named.end());
  }
  return cases;
}

int list() {
  constexpr const char* kKinds[] = {"quick", "full", "ending", "trip"};
  for (const Case& one : allCases()) std::printf("CASE %s %s\n", one.name, kKinds[static_cast<int>(one.kind)]);
  return 0;
}

int runAll(const std::vector<Case>& cases) {
  const Instance instance;
  const Gpu gpu(instance);
  bool good = true;
  for (const Case& one : cases) good = report(one, gpu) && good;
  return good ? 0 : 1;
}

}  // namespace

int main(int count, char** arguments) {
  if (count < 2) {
    std::fputs(kUsage, stderr);
    return 2;
  }
  try {
    if (std::strcmp(arguments[1], "--list") == 0) return list();
    if (std::strcmp(arguments[1], "--soak") == 0 && count > 2) {
      return soak(std::strtod(arguments[2], nullptr), count > 3 ? std::strtoul(arguments[3], nullptr, 10) : 1);
    }
    return runAll(chosen(count, arguments));
  } catch (const Failure& failure) {
    std::printf("FAIL start %s\n", failure.what.c_str());
    return 1;
  }
}
