// SPDX-License-Identifier: Apache-2.0
#include "llama/model_parts.h"

#include <cmath>

namespace lull::llama {

namespace {

Tensor matrix(std::string name, std::uint64_t columns, std::uint64_t rows) {
  return {
      .name = std::move(name), .columns = columns, .rows = rows, .spread = 1 / std::sqrt(static_cast<float>(columns))};
}
Tensor norm(std::string name, std::uint64_t width) {
  return {.name = std::move(name), .columns = width, .middle = 1, .spread = 0.1F};
}
Tensor bias(std::string name, std::uint64_t width) {
  return {.name = std::move(name), .columns = width, .spread = 0.1F};
}

Tensor sheets(std::string name, std::uint64_t columns, std::uint64_t rows, std::uint64_t count) {
  Tensor out = matrix(std::move(name), columns, rows);
  out.sheets = count;
  return out;
}

// DeepSeek's: attention through narrow vectors, and a feed-forward part that is one of several.
constexpr std::uint32_t kQueryRank = 64;
constexpr std::uint32_t kKeyRank = 64;
constexpr std::uint32_t kTurned = 32;  // of a head: what tells positions
constexpr std::uint32_t kPlain = 32;   // the rest of it
constexpr std::uint32_t kValue = 64;
constexpr std::uint32_t kExperts = 4;
constexpr std::uint32_t kExpertsUsed = 2;

std::string blockOf(std::uint32_t layer) { return "blk." + std::to_string(layer) + "."; }

void addFeedForward(const Shape& shape, const std::string& at, std::vector<Tensor>& tensors) {
  tensors.push_back(norm(at + "ffn_norm.weight", shape.width));
  tensors.push_back(matrix(at + "ffn_gate.weight", shape.width, shape.inner));
  tensors.push_back(matrix(at + "ffn_up.weight", shape.width, shape.inner));
  tensors.push_back(matrix(at + "ffn_down.weight", shape.inner, shape.width));
}

void addLayer(const Shape& shape, std::uint32_t layer, std::vector<Tensor>& tensors) {
  const std::string at = blockOf(layer);
  const std::uint64_t width = shape.width;
  const std::uint64_t head = width / shape.heads;
  const std::uint64_t keys = head * shape.keyHeads;
  const bool biased = shape.family == Family::Qwen2;
  tensors.push_back(norm(at + "attn_norm.weight", width));
  tensors.push_back(matrix(at + "attn_q.weight", width, width));
  if (biased) tensors.push_back(bias(at + "attn_q.bias", width));
  tensors.push_back(matrix(at + "attn_k.weight", width, keys));
  if (biased) tensors.push_back(bias(at + "attn_k.bias", keys));
  tensors.push_back(matrix(at + "attn_v.weight", width, keys));
  if (biased) tensors.push_back(bias(at + "attn_v.bias", keys));
  tensors.push_back(matrix(at + "attn_output.weight", width, width));
  if (shape.family == Family::Qwen3) {
    tensors.push_back(norm(at + "attn_q_norm.weight", head));
    tensors.push_back(norm(at + "attn_k_norm.weight", head));
  }
  addFeedForward(shape, at, tensors);
}

void addExperts(const Shape& shape, const std::string& at, std::vector<Tensor>& tensors) {
  tensors.push_back(norm(at + "ffn_norm.weight", shape.width));
  tensors.push_back(matrix(at + "ffn_gate_inp.weight", shape.width, kExperts));
  tensors.push_back(sheets(at + "ffn_gate_exps.weight", shape.width, shape.inner, kExperts));
  tensors.push_back(sheets(at + "ffn_up_exps.weight", shape.width, shape.inner, kExperts));
  tensors.push_back(sheets(at + "ffn_down_exps.weight", shape.inner, shape.width, kExperts));
  tensors.push_back(matrix(at + "ffn_gate_shexp.weight", shape.width, shape.inner));
  tensors.push_back(matrix(at + "ffn_up_shexp.weight", shape.width, shape.inner));
  tensors.push_back(matrix(at + "ffn_down_shexp.weight", shape.inner, shape.width));
}

void addDeepSeekLayer(const Shape& shape, std::uint32_t layer, std::vector<Tensor>& tensors) {
  const std::string at = blockOf(layer);
  tensors.push_back(norm(at + "attn_norm.weight", shape.width));
  tensors.push_back(norm(at + "attn_q_a_norm.weight", kQueryRank));
  tensors.push_back(norm(at + "attn_kv_a_norm.weight", kKeyRank));
  tensors.push_back(matrix(at + "attn_q_a.weight", shape.width, kQueryRank));
  tensors.push_back(matrix(at + "attn_q_b.weight", kQueryRank, std::uint64_t{shape.heads} * (kPlain + kTurned)));
  tensors.push_back(matrix(at + "attn_kv_a_mqa.weight", shape.width, kKeyRank + kTurned));
  tensors.push_back(sheets(at + "attn_k_b.weight", kPlain, kKeyRank, shape.heads));
  tensors.push_back(sheets(at + "attn_v_b.weight", kKeyRank, kValue, shape.heads));
  tensors.push_back(matrix(at + "attn_output.weight", std::uint64_t{shape.heads} * kValue, shape.width));
  if (layer == 0) {
    addFeedForward(shape, at, tensors);
  } else {
    addExperts(shape, at, tensors);
  }
}

void addDeepSeek(Facts& facts, const Shape& shape) {
  const std::string family = nameOf(shape.family) + ".";
  const auto add = [&](const char* key, std::uint32_t value) { facts.add(family + key, value); };
  add("attention.head_count_kv", 1);
  add("attention.q_lora_rank", kQueryRank);
  add("attention.kv_lora_rank", kKeyRank);
  add("attention.key_length", kKeyRank + kTurned);
  add("attention.value_length", kKeyRank);
  add("attention.key_length_mla", kPlain + kTurned);
  add("attention.value_length_mla", kValue);
  add("rope.dimension_count", kTurned);
  add("leading_dense_block_count", 1);
  add("expert_feed_forward_length", shape.inner);
  add("expert_count", kExperts);
  add("expert_used_count", kExpertsUsed);
  add("expert_shared_count", 1);
  add("expert_gating_func", 1);  // softmax
  facts.add(family + "expert_weights_scale", 1.0F);
}

}  // namespace

std::string nameOf(Family family) {
  switch (family) {
    case Family::Qwen2:
      return "qwen2";
    case Family::Qwen3:
      return "qwen3";
    case Family::Llama:
      return "llama";
    case Family::DeepSeek2:
      return "deepseek2";
  }
  return {};
}

void addFamily(Facts& facts, const Shape& shape) {
  const std::string family = nameOf(shape.family) + ".";
  facts.add(family + "block_count", shape.layers);
  facts.add(family + "context_length", shape.context);
  facts.add(family + "embedding_length", shape.width);
  facts.add(family + "feed_forward_length", shape.inner);
  facts.add(family + "attention.head_count", shape.heads);
  facts.add(family + "attention.layer_norm_rms_epsilon", 1e-6F);
  facts.add(family + "rope.freq_base", 1e6F);
  if (shape.family == Family::DeepSeek2) return addDeepSeek(facts, shape);
  facts.add(family + "attention.head_count_kv", shape.keyHeads);
  if (shape.family == Family::Llama) facts.add(family + "rope.dimension_count", shape.width / shape.heads);
}

std::vector<Tensor> tensorsOf(const Shape& shape, std::uint64_t words) {
  std::vector<Tensor> tensors;
  tensors.push_back(matrix("token_embd.weight", shape.width, words));
  tensors.back().spread = 1;
  const auto add = shape.family == Family::DeepSeek2 ? addDeepSeekLayer : addLayer;
  for (std::uint32_t layer = 0; layer < shape.layers; ++layer) add(shape, layer, tensors);
  tensors.push_back(norm("output_norm.weight", shape.width));
  tensors.push_back(matrix("output.weight", shape.width, words));
  return tensors;
}

}  // namespace lull::llama
