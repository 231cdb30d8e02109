// SPDX-License-Identifier: Apache-2.0
#include "runtimes/llama/fit.h"

#include <fmt/format.h>

#include <algorithm>

namespace lull::runtimes::llama {

namespace {

constexpr std::uint32_t kContext = 4096;  // enough for most requests, small enough for small GPUs
constexpr std::uint32_t kLeastContext = 512;
constexpr std::uint32_t kParallel = 4;

std::uint64_t bytesFor(const worker::v1::Llama& model, const Fit& fit) {
  return model.weight_bytes() + model.work_bytes() * fit.batch / kBatch +
         model.cache_bytes_per_token() * fit.context * fit.parallel;
}

std::string sizeText(std::uint64_t bytes) {
  const auto size = static_cast<double>(bytes);
  return size < 999.5e6 ? fmt::format("{:.0f} MB", size / 1e6) : fmt::format("{:.1f} GB", size / 1e9);
}

// What would make it fit, beside another model; only what was asked for has not given way already.
std::string advice(const Wanted& wanted) {
  if (wanted.context == 0 && wanted.parallel == 0) return "Choose a smaller one, or lend more (gpu.max_memory)";
  return "Choose a smaller one, a smaller context or fewer requests at once, or lend more (gpu.max_memory)";
}

}  // namespace

worker::Attempt<Fit> fit(const Wanted& wanted, const worker::v1::Llama& model, std::uint64_t memoryLimit) {
  const std::uint32_t most = model.trained_context() > 0 ? model.trained_context() : kContext;
  Fit out{.context = wanted.context > 0 ? wanted.context : std::min(most, kContext),
          .parallel = wanted.parallel > 0 ? wanted.parallel : kParallel};
  const auto setBatch = [&] { out.batch = std::max(kBatch, std::min(wanted.batch, out.context)); };
  setBatch();
  const auto tooMuch = [&] { return memoryLimit > 0 && bytesFor(model, out) > memoryLimit; };
  while (tooMuch() && wanted.parallel == 0 && out.parallel > 1) out.parallel /= 2;
  while (tooMuch() && wanted.context == 0 && out.context > kLeastContext) {
    out.context /= 2;
    setBatch();
  }
  if (tooMuch()) {
    return worker::tooBig(fmt::format("The model needs {}, this device grants {}. {}", sizeText(bytesFor(model, out)),
                                      sizeText(memoryLimit), advice(wanted)),
                          fmt::format("{} bytes of weights, {} a token, {} tokens, {} at once", model.weight_bytes(),
                                      model.cache_bytes_per_token(), out.context, out.parallel));
  }
  return out;
}

}  // namespace lull::runtimes::llama
