// SPDX-License-Identifier: Apache-2.0
#include "llama/model.h"

#include "llama/model_parts.h"

#include <array>
#include <fstream>
#include <string>
#include <system_error>
#include <vector>

namespace lull::llama {

namespace {

std::string utf8(std::uint32_t point) {
  if (point < 0x80) return {static_cast<char>(point)};
  return {static_cast<char>(0xc0U | (point >> 6U)), static_cast<char>(0x80U | (point & 0x3fU))};
}

// GPT-2 writes each byte as a visible character: itself where it is one, else the next free one from 256 on.
std::vector<std::string> byteTokens() {
  std::vector<std::string> tokens;
  std::uint32_t spare = 256;
  for (std::uint32_t byte = 0; byte < 256; ++byte) {
    const bool visible = (byte >= '!' && byte <= '~') || (byte >= 0xa1 && byte <= 0xac) || byte >= 0xae;
    tokens.push_back(utf8(visible ? byte : spare++));
  }
  return tokens;
}

struct Vocabulary {
  std::vector<std::string> tokens = byteTokens();
  std::vector<std::string> merges;
  std::vector<TokenType> types;
  std::uint32_t end = 0;
};

Vocabulary vocabulary() {
  Vocabulary v;
  // The commonest pairs of letters in English, and what they grow into.
  constexpr std::array<std::array<const char*, 2>, 12> kMerges{{{"t", "h"},
                                                                {"h", "e"},
                                                                {"i", "n"},
                                                                {"e", "r"},
                                                                {"a", "n"},
                                                                {"r", "e"},
                                                                {"o", "n"},
                                                                {"e", "n"},
                                                                {"a", "t"},
                                                                {"th", "e"},
                                                                {"in", "g"},
                                                                {"an", "d"}}};
  for (const auto& [left, right] : kMerges) {
    v.merges.push_back(std::string(left) + " " + right);
    v.tokens.push_back(std::string(left) + right);
  }
  v.types.assign(v.tokens.size(), TokenType::Normal);
  v.end = static_cast<std::uint32_t>(v.tokens.size());
  v.tokens.emplace_back("<|endoftext|>");
  while (v.tokens.size() % 32 != 0) v.tokens.push_back("<|spare" + std::to_string(v.tokens.size()) + "|>");
  v.types.resize(v.tokens.size(), TokenType::Control);
  return v;
}

Facts factsOf(const Shape& shape, const Vocabulary& words) {
  Facts facts;
  facts.add("general.architecture", nameOf(shape.family).c_str());
  facts.add("general.name", "random weights");
  facts.add("general.file_type", std::uint32_t{1});  // mostly F16
  facts.add("general.alignment", static_cast<std::uint32_t>(kAlignment));
  addFamily(facts, shape);
  facts.add("tokenizer.ggml.model", "gpt2");
  facts.add("tokenizer.ggml.pre", "qwen2");
  facts.add("tokenizer.ggml.tokens", words.tokens);
  facts.add("tokenizer.ggml.token_type", words.types);
  facts.add("tokenizer.ggml.merges", words.merges);
  facts.add("tokenizer.ggml.eos_token_id", words.end);
  facts.add("tokenizer.ggml.padding_token_id", words.end);
  facts.add("tokenizer.ggml.add_bos_token", false);
  return facts;
}

// splitmix64: the standard library's distributions differ between libraries.
class Random {
public:
  explicit Random(std::uint64_t seed) : m_state(seed) {}
  // Uniform with deviation 1: the sum of a layer's many products is normal anyhow.
  [[nodiscard]] float next() {
    m_state += 0x9e3779b97f4a7c15ULL;
    std::uint64_t z = m_state;
    z = (z ^ (z >> 30U)) * 0xbf58476d1ce4e5b9ULL;
    z = (z ^ (z >> 27U)) * 0x94d049bb133111ebULL;
    const auto top = static_cast<std::uint32_t>((z ^ (z >> 31U)) >> 40U);  // 24 bits: exact as a float
    return (static_cast<float>(top) / 8388608.0F - 1.0F) * 1.7320508F;
  }

private:
  std::uint64_t m_state;
};

// Cuts instead of rounding; what is too small for a normal number becomes 0. Nothing here is large.
std::uint16_t half(float value) {
  const auto bits = std::bit_cast<std::uint32_t>(value);
  const std::uint32_t sign = (bits >> 16U) & 0x8000U;
  const std::uint32_t exponent = (bits >> 23U) & 0xffU;
  if (exponent < 113) return static_cast<std::uint16_t>(sign);
  return static_cast<std::uint16_t>(sign | ((exponent - 112U) << 10U) | ((bits >> 13U) & 0x3ffU));
}

Bytes weights(const Tensor& tensor, Random& random) {
  Bytes bytes;
  for (std::uint64_t i = 0; i < tensor.count(); ++i) {
    const float value = tensor.middle + tensor.spread * random.next();
    if (tensor.store() == Store::F32) {
      bytes.put(value);
    } else {
      bytes.put(half(value));
    }
  }
  bytes.pad();
  return bytes;
}

Bytes header(const Facts& facts, const std::vector<Tensor>& tensors) {
  Bytes bytes;
  for (const char c : {'G', 'G', 'U', 'F'}) bytes.put(c);
  bytes.put<std::uint32_t>(3);
  bytes.put<std::uint64_t>(tensors.size());
  bytes.put<std::uint64_t>(facts.count());
  return bytes;
}

Bytes directory(const std::vector<Tensor>& tensors) {
  Bytes bytes;
  std::uint64_t offset = 0;
  for (const auto& tensor : tensors) {
    bytes.put(tensor.name);
    bytes.put<std::uint32_t>(tensor.rows == 0 ? 1 : tensor.sheets == 1 ? 2 : 3);
    bytes.put(tensor.columns);
    if (tensor.rows != 0) bytes.put(tensor.rows);
    if (tensor.sheets != 1) bytes.put(tensor.sheets);
    bytes.put(tensor.store());
    bytes.put(offset);
    offset += (tensor.bytes() + kAlignment - 1) / kAlignment * kAlignment;
  }
  return bytes;
}

void write(std::ofstream& out, const Bytes& bytes) {
  out.write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
}

}  // namespace

std::uint64_t weightsOf(const Shape& shape) {
  std::uint64_t sum = 0;
  for (const auto& tensor : tensorsOf(shape, vocabulary().tokens.size())) sum += tensor.count();
  return sum;
}

bool writeModel(const std::filesystem::path& file, const Shape& shape, std::uint64_t seed) {
  const auto words = vocabulary();
  const auto facts = factsOf(shape, words);
  const auto tensors = tensorsOf(shape, words.tokens.size());
  auto part = file;
  part += ".part";
  std::ofstream out(part, std::ios::binary | std::ios::trunc);
  const Bytes head = header(facts, tensors);
  const Bytes list = directory(tensors);
  write(out, head);
  write(out, facts.bytes());
  write(out, list);
  const std::uint64_t size = head.size() + facts.bytes().size() + list.size();
  out << std::string((kAlignment - size % kAlignment) % kAlignment, '\0');
  Random random(seed);
  for (const auto& tensor : tensors) write(out, weights(tensor, random));
  out.close();
  std::error_code code;
  if (out) std::filesystem::rename(part, file, code);
  if (!out || code) std::filesystem::remove(part, code);
  return out.good() && std::filesystem::exists(file, code);
}

}  // namespace lull::llama
