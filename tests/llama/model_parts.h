// SPDX-License-Identifier: Apache-2.0
// What a GGUF file is made of, for those who write one here.
#pragma once

#include "llama/model.h"

#include <bit>
#include <cstring>
#include <string>
#include <vector>

namespace lull::llama {

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

struct Tensor {
  std::string name;
  std::uint64_t columns = 0;
  std::uint64_t rows = 0;    // 0: a vector, kept as F32
  std::uint64_t sheets = 1;  // of a tensor with three sides: experts, heads
  float middle = 0;
  float spread = 0;
  [[nodiscard]] Store store() const { return rows == 0 ? Store::F32 : Store::F16; }
  [[nodiscard]] std::uint64_t count() const { return columns * (rows == 0 ? 1 : rows) * sheets; }
  [[nodiscard]] std::uint64_t bytes() const { return count() * (rows == 0 ? 4 : 2); }
};

// What makes a family: its facts beside those that all have, and its tensors for a vocabulary of so many words.
void addFamily(Facts& facts, const Shape& shape);
[[nodiscard]] std::vector<Tensor> tensorsOf(const Shape& shape, std::uint64_t words);
[[nodiscard]] std::string nameOf(Family family);

}  // namespace lull::llama
