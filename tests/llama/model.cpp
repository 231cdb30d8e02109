// SPDX-License-Identifier: Apache-2.0
#include "llama/model.h"

#include <array>
#include <bit>
#include <cmath>
#include <cstring>
#include <fstream>
#include <string>
#include <system_error>
#include <vector>

namespace lull::llama {

namespace {

static_assert(std::endian::native == std::endian::little, "GGUF is little-endian");

// The format's own numbers.
enum class Kind : std::uint32_t { U32 = 4, I32 = 5, F32 = 6, Bool = 7, String = 8, Array = 9 };
enum class Store : std::uint32_t { F32 = 0, F16 = 1 };
enum class TokenType : std::int32_t { Normal = 1, Control = 3 };
constexpr std::uint64_t kAlignment = 32;

class Bytes {
public:
  template <typename T>
  void put(T value) {
    const auto at = m_bytes.size();
    m_bytes.resize(at + sizeof value);
    std::memcpy(m_bytes.data() + at, &value, sizeof value);
  }
  void put(const std::string& text) {
    put<std::uint64_t>(text.size());
    m_bytes.insert(m_bytes.end(), text.begin(), text.end());
  }
  void pad() { m_bytes.resize((m_bytes.size() + kAlignment - 1) / kAlignment * kAlignment); }
  [[nodiscard]] std::uint64_t size() const { return m_bytes.size(); }
  [[nodiscard]] const char* data() const { return m_bytes.data(); }

private:
  std::vector<char> m_bytes;
};

// What a model says about itself.
class Facts {
public:
  void add(const std::string& key, std::uint32_t value) { begin(key, Kind::U32).put(value); }
  void add(const std::string& key, float value) { begin(key, Kind::F32).put(value); }
  void add(const std::string& key, bool value) { begin(key, Kind::Bool).put<std::uint8_t>(value ? 1 : 0); }
  void add(const std::string& key, const char* value) { begin(key, Kind::String).put(std::string(value)); }
  void add(const std::string& key, const std::vector<std::string>& values) {
    beginArray(key, Kind::String, values.size());
    for (const auto& value : values) m_bytes.put(value);
  }
  void add(const std::string& key, const std::vector<TokenType>& values) {
    beginArray(key, Kind::I32, values.size());
    for (const auto value : values) m_bytes.put(static_cast<std::int32_t>(value));
  }
  [[nodiscard]] std::uint64_t count() const { return m_count; }
  [[nodiscard]] const Bytes& bytes() const { return m_bytes; }

private:
  Bytes& begin(const std::string& key, Kind kind) {
    ++m_count;
    m_bytes.put(key);
    m_bytes.put(kind);
    return m_bytes;
  }
  void beginArray(const std::string& key, Kind kind, std::size_t count) {
    begin(key, Kind::Array).put(kind);
    m_bytes.put<std::uint64_t>(count);
  }
  Bytes m_bytes;
  std::uint64_t m_count = 0;
};

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
  facts.add("general.architecture", "qwen2");
  facts.add("general.name", "random weights");
  facts.add("general.file_type", std::uint32_t{1});  // mostly F16
  facts.add("general.alignment", static_cast<std::uint32_t>(kAlignment));
  facts.add("qwen2.block_count", shape.layers);
  facts.add("qwen2.context_length", shape.context);
  facts.add("qwen2.embedding_length", shape.width);
  facts.add("qwen2.feed_forward_length", shape.inner);
  facts.add("qwen2.attention.head_count", shape.heads);
  facts.add("qwen2.attention.head_count_kv", shape.keyHeads);
  facts.add("qwen2.attention.layer_norm_rms_epsilon", 1e-6F);
  facts.add("qwen2.rope.freq_base", 1e6F);
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

struct Tensor {
  std::string name;
  std::uint64_t columns = 0;
  std::uint64_t rows = 0;  // 0: a vector, kept as F32
  float middle = 0;
  float spread = 0;
  [[nodiscard]] Store store() const { return rows == 0 ? Store::F32 : Store::F16; }
  [[nodiscard]] std::uint64_t count() const { return columns * (rows == 0 ? 1 : rows); }
  [[nodiscard]] std::uint64_t bytes() const { return count() * (rows == 0 ? 4 : 2); }
};

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

void addLayer(const Shape& shape, std::uint32_t layer, std::vector<Tensor>& tensors) {
  const std::string at = "blk." + std::to_string(layer) + ".";
  const std::uint64_t width = shape.width;
  const std::uint64_t keys = width / shape.heads * shape.keyHeads;
  tensors.push_back(norm(at + "attn_norm.weight", width));
  tensors.push_back(matrix(at + "attn_q.weight", width, width));
  tensors.push_back(bias(at + "attn_q.bias", width));
  tensors.push_back(matrix(at + "attn_k.weight", width, keys));
  tensors.push_back(bias(at + "attn_k.bias", keys));
  tensors.push_back(matrix(at + "attn_v.weight", width, keys));
  tensors.push_back(bias(at + "attn_v.bias", keys));
  tensors.push_back(matrix(at + "attn_output.weight", width, width));
  tensors.push_back(norm(at + "ffn_norm.weight", width));
  tensors.push_back(matrix(at + "ffn_gate.weight", width, shape.inner));
  tensors.push_back(matrix(at + "ffn_up.weight", width, shape.inner));
  tensors.push_back(matrix(at + "ffn_down.weight", shape.inner, width));
}

std::vector<Tensor> tensorsOf(const Shape& shape, std::uint64_t words) {
  std::vector<Tensor> tensors;
  tensors.push_back(matrix("token_embd.weight", shape.width, words));
  tensors.back().spread = 1;
  for (std::uint32_t layer = 0; layer < shape.layers; ++layer) addLayer(shape, layer, tensors);
  tensors.push_back(norm("output_norm.weight", shape.width));
  tensors.push_back(matrix("output.weight", shape.width, words));
  return tensors;
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
    bytes.put<std::uint32_t>(tensor.rows == 0 ? 1 : 2);
    bytes.put(tensor.columns);
    if (tensor.rows != 0) bytes.put(tensor.rows);
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
