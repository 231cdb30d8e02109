// SPDX-License-Identifier: Apache-2.0
#include "models/fit.h"

#include "base/saturating.h"

#include <fmt/format.h>

#include <algorithm>

namespace lull::models {

using saturating::plus;
using saturating::times;

namespace {

constexpr std::uint64_t kActivations = 13;   // of the embedding's width, as llama.cpp reserves for its graphs
constexpr std::uint64_t kDriver = 64 << 20;  // what a device and its pipelines take
constexpr std::uint64_t kMostContext = 1 << 20;

// One request at a time, so little at once as is computed where memory is short.
gguf::Load least(std::uint64_t context) {
  return {.context = static_cast<std::uint32_t>(std::min(context, kMostContext)), .batch = gguf::kLeastBatch};
}

std::uint32_t layersThatFit(const v1::ModelHeader& header, std::uint32_t context, std::uint64_t memory) {
  if (header.layers() == 0) return 0;
  const auto reckoned = memoryOf(header);
  const auto inLayers = plus(header.layer_bytes(), times(reckoned.cachePerToken, context));
  const auto whole = bytesFor(reckoned, least(context));
  const auto always = whole - std::min(whole, inLayers);
  const auto each = std::max<std::uint64_t>(inLayers / header.layers(), 1);
  if (memory <= always) return 0;
  return static_cast<std::uint32_t>(std::min((memory - always) / each, header.layers()));
}

std::uint32_t contextThatFits(const v1::ModelHeader& header, std::uint64_t memory) {
  const auto reckoned = memoryOf(header);
  const auto none = bytesFor(reckoned, least(0));
  if (memory <= none) return 0;
  const auto most = header.context_length() == 0 ? kMostContext : header.context_length();
  const auto each = std::max<std::uint64_t>(plus(reckoned.cachePerToken, bytesFor({}, least(1))), 1);
  return static_cast<std::uint32_t>(std::min((memory - none) / each, most));
}

std::string sentenceOf(const v1::ModelFit& fit) {
  const auto needs =
      fmt::format("needs about {} with a context of {} tokens", gguf::sizeText(fit.needed_bytes()), fit.context());
  if (fit.memory_bytes() == 0) return needs + "; this GPU does not tell its memory";
  if (fit.layers_on_gpu() == fit.layers()) {
    return fmt::format("fits: {} of {}; a context of {} tokens would fit", needs, gguf::sizeText(fit.memory_bytes()),
                       fit.most_context());
  }
  // Nothing runs with some of its layers: how many would fit tells how far off it is.
  return fmt::format("does not fit: {}, this GPU grants {} ({} of {} layers would)", needs,
                     gguf::sizeText(fit.memory_bytes()), fit.layers_on_gpu(), fit.layers());
}

}  // namespace

// Keys and values are F16. To compute with: the logits of a token, or the activations between two layers, all F32;
// whichever is more, as they use the same memory.
gguf::Memory memoryOf(const v1::ModelHeader& header) {
  const auto cached = times(header.key_heads_in_all(), plus(header.key_length(), header.value_length()));
  const auto width = std::max(header.vocabulary(), times(header.embedding(), kActivations));
  return {.weights = header.tensor_bytes(),
          .cachePerToken = times(cached, 2),
          .workPerToken = times(width, 4),
          .driver = kDriver};
}

v1::ModelFit fitOf(const v1::ModelHeader& header, std::uint64_t memory, std::uint32_t wanted) {
  v1::ModelFit out;
  const auto made = header.context_length() == 0 ? wanted : header.context_length();
  const auto reckoned = memoryOf(header);
  auto load = least(std::min<std::uint64_t>(wanted, made));
  while (memory > 0 && bytesFor(reckoned, load) > memory && load.context > gguf::kLeastContext) load.context /= 2;
  out.set_context(load.context);
  const auto need = bytesFor(reckoned, load);
  out.set_memory_bytes(memory);
  out.set_needed_bytes(need);
  out.set_layers(static_cast<std::uint32_t>(header.layers()));
  if (memory > 0) {
    const bool whole = need <= memory;
    out.set_layers_on_gpu(
        whole ? out.layers()
              : std::min(layersThatFit(header, out.context(), memory), out.layers() - std::min(out.layers(), 1U)));
    if (whole) out.set_most_context(contextThatFits(header, memory));
  }
  out.set_text(sentenceOf(out));
  return out;
}

}  // namespace lull::models
