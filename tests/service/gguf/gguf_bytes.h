// SPDX-License-Identifier: Apache-2.0
// GGUF files written by hand, right or wrong.
#pragma once

#include <cstdint>
#include <cstring>
#include <initializer_list>
#include <string>
#include <string_view>
#include <type_traits>

namespace lull::test {

class GgufBytes {
public:
  template <typename T>
  requires std::is_arithmetic_v<T> GgufBytes& put(T value) {
    const auto at = m_bytes.size();
    m_bytes.resize(at + sizeof value);
    std::memcpy(m_bytes.data() + at, &value, sizeof value);
    return *this;
  }
  GgufBytes& text(std::string_view text) { return put<std::uint64_t>(text.size()).raw(text); }
  GgufBytes& raw(std::string_view bytes) {
    m_bytes += bytes;
    return *this;
  }
  // Magic, version, counts.
  GgufBytes& begin(std::uint64_t tensors, std::uint64_t pairs, std::uint32_t version = 3) {
    return raw("GGUF").put(version).put(tensors).put(pairs);
  }
  GgufBytes& fact(std::string_view key, std::string_view value) { return keyOf(key, 8).text(value); }
  GgufBytes& fact(std::string_view key, std::uint32_t value) { return keyOf(key, 4).put(value); }
  GgufBytes& keyOf(std::string_view key, std::uint32_t type) { return text(key).put(type); }
  // The head of an array; its elements follow.
  GgufBytes& array(std::string_view key, std::uint32_t type, std::uint64_t count) {
    return keyOf(key, 9).put(type).put(count);
  }
  GgufBytes& tensor(std::string_view name, std::initializer_list<std::uint64_t> widths, std::uint32_t type,
                    std::uint64_t offset) {
    text(name).put(static_cast<std::uint32_t>(widths.size()));
    for (const auto width : widths) put(width);
    return put(type).put(offset);
  }
  GgufBytes& pad(std::size_t alignment = 32) {
    m_bytes.resize((m_bytes.size() + alignment - 1) / alignment * alignment);
    return *this;
  }
  GgufBytes& zeros(std::size_t count) {
    m_bytes.resize(m_bytes.size() + count);
    return *this;
  }
  [[nodiscard]] const std::string& bytes() const { return m_bytes; }

private:
  std::string m_bytes;
};

// The smallest file that is a model: one tensor of 8 F32. `salt` makes files differ.
[[nodiscard]] inline std::string smallModel(std::string_view salt = {}, std::size_t extra = 0) {
  GgufBytes out;
  out.begin(1, 4)
      .fact("general.architecture", "qwen2")
      .fact("general.name", salt.empty() ? "Small" : salt)
      .fact("qwen2.block_count", 2U)
      .fact("qwen2.context_length", 128U)
      .tensor("token_embd.weight", {8}, 0, 0)
      .pad()
      .zeros(32 + extra);
  return out.bytes();
}

}  // namespace lull::test
