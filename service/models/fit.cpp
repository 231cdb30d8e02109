// SPDX-License-Identifier: Apache-2.0
#include "models/fit.h"

#include <fmt/format.h>

#include <algorithm>
#include <limits>

namespace lull::models {

namespace {

constexpr std::uint64_t kAll = std::numeric_limits<std::uint64_t>::max();
constexpr std::uint64_t kTokensAtOnce = 512;  // llama.cpp's ubatch
constexpr std::uint64_t kActivations = 13;    // of the embedding's width, as llama.cpp reserves for its graphs
constexpr std::uint64_t kDriver = 64 << 20;   // what a device and its pipelines take

std::uint64_t times(std::uint64_t a, std::uint64_t b) {
  std::uint64_t out = 0;
  return __builtin_mul_overflow(a, b, &out) ? kAll : out;
}

std::uint64_t plus(std::uint64_t a, std::uint64_t b) { return a > kAll - b ? kAll : a + b; }

// Keys and values, and a column of the mask of what may look at what; all F16.
std::uint64_t bytesOfAToken(const v1::ModelHeader& header) {
  const auto cached = times(header.key_heads_in_all(), plus(header.key_length(), header.value_length()));
  return times(plus(cached, kTokensAtOnce), 2);
}

// Logits of a batch, or the activations between two layers: whichever is more, they use the same memory.
std::uint64_t computing(const v1::ModelHeader& header) {
  const auto width = std::max(header.vocabulary(), times(header.embedding(), kActivations));
  return plus(times(times(width, kTokensAtOnce), 4), kDriver);
}

std::string gigabytes(std::uint64_t bytes) {
  const auto mega = static_cast<double>(bytes) / 1e6;
  return mega < 1000 ? fmt::format("{:.0f} MB", mega) : fmt::format("{:.1f} GB", mega / 1000);
}

std::uint32_t layersThatFit(const v1::ModelHeader& header, const Need& need, std::uint64_t memory) {
  if (header.layers() == 0) return 0;
  const auto always =
      plus(need.computing, header.tensor_bytes() - std::min(header.tensor_bytes(), header.layer_bytes()));
  const auto each = std::max<std::uint64_t>(plus(header.layer_bytes(), need.context) / header.layers(), 1);
  if (memory <= always) return 0;
  return static_cast<std::uint32_t>(std::min((memory - always) / each, header.layers()));
}

std::uint32_t contextThatFits(const v1::ModelHeader& header, std::uint64_t memory) {
  const auto rest = needOf(header, 0).sum();
  if (memory <= rest) return 0;
  const auto most = header.context_length() == 0 ? 1 << 20U : header.context_length();
  const auto each = std::max<std::uint64_t>(bytesOfAToken(header), 1);
  return static_cast<std::uint32_t>(std::min((memory - rest) / each, most));
}

std::string sentenceOf(const v1::ModelFit& fit) {
  const auto needs =
      fmt::format("needs about {} with a context of {} tokens", gigabytes(fit.needed_bytes()), fit.context());
  if (fit.memory_bytes() == 0) return needs + "; this GPU does not tell its memory";
  if (fit.layers_on_gpu() == fit.layers()) {
    return fmt::format("fits: {} of {}; a context of {} tokens would fit", needs, gigabytes(fit.memory_bytes()),
                       fit.most_context());
  }
  // Nothing runs with some of its layers: how many would fit tells how far off it is.
  return fmt::format("does not fit: {}, this GPU grants {} ({} of {} layers would)", needs,
                     gigabytes(fit.memory_bytes()), fit.layers_on_gpu(), fit.layers());
}

}  // namespace

std::uint64_t Need::sum() const { return plus(plus(weights, context), computing); }

Need needOf(const v1::ModelHeader& header, std::uint64_t context) {
  return {.weights = header.tensor_bytes(),
          .context = times(bytesOfAToken(header), context),
          .computing = computing(header)};
}

v1::ModelFit fitOf(const v1::ModelHeader& header, std::uint64_t memory, std::uint32_t wanted) {
  v1::ModelFit out;
  const auto made = header.context_length() == 0 ? wanted : header.context_length();
  out.set_context(static_cast<std::uint32_t>(std::min<std::uint64_t>(wanted, made)));
  const auto need = needOf(header, out.context());
  out.set_memory_bytes(memory);
  out.set_needed_bytes(need.sum());
  out.set_layers(static_cast<std::uint32_t>(header.layers()));
  if (memory > 0) {
    const bool whole = need.sum() <= memory;
    out.set_layers_on_gpu(
        whole ? out.layers()
              : std::min(layersThatFit(header, need, memory), out.layers() - std::min(out.layers(), 1U)));
    if (whole) out.set_most_context(contextThatFits(header, memory));
  }
  out.set_text(sentenceOf(out));
  return out;
}

}  // namespace lull::models
