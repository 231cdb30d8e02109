// SPDX-License-Identifier: Apache-2.0
#include "bench/llama/workload.h"

#include "llama/model.h"

#include <algorithm>
#include <array>
#include <cstdio>
#include <cstdlib>
#include <sstream>
#include <string_view>

namespace lull::bench {

namespace fs = std::filesystem;

namespace {

struct Size {
  const char* name;
  const llama::Shape& shape;
};

const Size& sizeOf(const Workload& work) {
  static constexpr std::array kSizes{Size{"tiny", llama::kTiny}, Size{"small", llama::kSmall},
                                     Size{"medium", llama::kMedium}, Size{"large", llama::kLarge}};
  const char* wish = std::getenv("LULL_BENCH_MODELS");
  const std::string_view wished = wish != nullptr ? wish : "";
  const unsigned step = wished == "smaller" ? 0 : wished == "larger" ? 2 : 1;
  return kSizes[step + (work.model == std::string_view("medium") ? 1U : 0U)];
}

}  // namespace

void die(const std::string& text) {
  std::fprintf(stderr, "bench-llama: %s\n", text.c_str());
  std::exit(1);
}

fs::path modelOf(const Workload& work) {
  const char* build = std::getenv("LULL_BUILD_DIR");
  if (build == nullptr) die("LULL_BUILD_DIR says where the build is; start it by ./dev bench governor");
  const fs::path folder = fs::path(build) / "bench";
  const Size& size = sizeOf(work);
  const fs::path file = folder / (std::string(size.name) + ".gguf");
  std::error_code code;
  fs::create_directories(folder, code);
  if (!fs::exists(file, code) && !llama::writeModel(file, size.shape)) die("cannot write " + file.string());
  return file;
}

llama::Launch launchOf(const Workload& work, int repetitions) {
  return {.program = "llama-bench",
          .arguments = {"-m", modelOf(work).string(), "-p", std::to_string(work.prompt), "-n",
                        std::to_string(work.generated), "-ub", std::to_string(work.ubatch), "-ngl", "99", "-t", "1",
                        "-r", std::to_string(repetitions), "-o", "json"}};
}

std::vector<double> repetitionsOf(const llama::Program& program) {
  const std::string text = program.output();
  constexpr std::string_view kKey = "\"samples_ns\": [";
  const auto at = text.find(kKey);
  if (at == std::string::npos) return {};
  std::istringstream numbers(text.substr(at + kKey.size(), text.find(']', at) - at - kKey.size()));
  std::vector<double> out;
  for (std::string number; std::getline(numbers, number, ',');)
    out.push_back(std::strtod(number.c_str(), nullptr) / 1e9);
  return out;
}

void awaitSubmits(llama::Program& program, const governor::Page& page, std::uint64_t submits) {
  while (page.submits.load() < submits) {
    if (program.waitExit(std::chrono::milliseconds(10))) die("llama-bench ended: " + program.errors());
  }
}

double percentile(std::vector<double> values, double p) {
  if (values.empty()) return 0;
  std::ranges::sort(values);
  return values[static_cast<std::size_t>(static_cast<double>(values.size() - 1) * p + 0.5)];
}

}  // namespace lull::bench
