// SPDX-License-Identifier: Apache-2.0
#include "runtimes/llama/fit.h"

#include <fmt/format.h>

#include <algorithm>

namespace lull::runtimes::llama {

namespace {

using gguf::Load;

// Where memory is not short.
struct Usual {
  std::uint32_t parallel = 0;
  std::uint32_t batch = 0;
};

// Up to 8 columns ggml's Vulkan kernels multiply by mul_mat_vec (its mul_mat_vec_max_cols), which reads the weights
// once for all of them; measured on lavapipe: 54, 125, 153 and 115 tokens/s with 1, 4, 8 and 12 requests (RESULTS.md).
constexpr std::uint32_t kColumns = 8;

Usual usualFor(const worker::v1::Llama& model) {
  // 8 at once are 12 % faster only, for twice the cache; more than 128 tokens at once are not faster at all
  // (RESULTS.md).
  if (model.on_cpu()) return {.parallel = 4, .batch = gguf::kLeastBatch};
  switch (model.gpu()) {
    // llama.cpp's own 512: four tiles of 128 columns for the many cores of a large GPU; not measured on one. Give-back
    // is the same with 64 to 512, since the governor cuts what they take (RESULTS.md).
    case worker::v1::Llama::GPU_DISCRETE:
      return {.parallel = kColumns, .batch = 512};
    // 512 tokens at once are 1 to 2 % faster than 128, for four times the memory to compute in (RESULTS.md).
    case worker::v1::Llama::GPU_SOFTWARE:
      return {.parallel = kColumns, .batch = gguf::kLeastBatch};
    default:
      break;
  }
  // Integrated, or not known: not measured. A parked task's caches stay in the owner's main memory, so half as many,
  // and half of 512's memory to compute in, which took 2 to 5 % of prefill on lavapipe (RESULTS.md).
  return {.parallel = kColumns / 2, .batch = 256};
}

gguf::Memory memoryOf(const worker::v1::Llama& model) {
  return {.weights = model.weight_bytes(),
          .cachePerToken = model.cache_bytes_per_token(),
          .workPerToken = model.work_bytes_per_token(),
          .driver = model.work_bytes()};
}

// What would make it fit, beside another model; only what was asked for has not given way already.
std::string advice(const Wanted& wanted, bool onProcessor) {
  const bool chosen = wanted.context == 0 && wanted.parallel == 0;
  return fmt::format("Choose a smaller one{}, or lend more ({})",
                     chosen ? "" : ", a smaller context or fewer requests at once", lendingSetting(onProcessor));
}

}  // namespace

worker::Attempt<Load> fit(const Wanted& wanted, const worker::v1::Llama& model, std::uint64_t memoryLimit) {
  const auto memory = memoryOf(model);
  const auto usual = usualFor(model);
  const auto most = model.trained_context() > 0 ? model.trained_context() : gguf::kUsualContext;
  Load out{.context = wanted.context > 0 ? wanted.context : std::min(most, gguf::kUsualContext),
           .parallel = wanted.parallel > 0 ? wanted.parallel : usual.parallel};
  const auto least = [&] { return std::max(gguf::kLeastBatch, std::min(wanted.batch, out.context)); };
  out.batch = std::max(usual.batch, least());
  const auto tooMuch = [&] { return memoryLimit > 0 && bytesFor(memory, out) > memoryLimit; };
  while (tooMuch() && out.batch > least()) out.batch = std::max(out.batch / 2, least());
  while (tooMuch() && wanted.parallel == 0 && out.parallel > 1) out.parallel /= 2;
  while (tooMuch() && wanted.context == 0 && out.context > gguf::kLeastContext) {
    out.context /= 2;
    out.batch = least();
  }
  if (tooMuch()) {
    return worker::tooBig(
        fmt::format("The model needs {}, this device grants {}. {}", gguf::sizeText(bytesFor(memory, out)),
                    gguf::sizeText(memoryLimit), advice(wanted, model.on_cpu())),
        fmt::format("{} bytes of weights, {} a token, {} tokens, {} at once", memory.weights, memory.cachePerToken,
                    out.context, out.parallel));
  }
  return out;
}

const char* lendingSetting(bool onProcessor) { return onProcessor ? "tasks.max_memory" : "gpu.max_memory"; }

std::uint64_t memoryFor(const worker::v1::Start& start) {
  const auto planned = start.llama().planned_memory();
  return planned > 0 ? planned : start.memory_limit();
}

}  // namespace lull::runtimes::llama
