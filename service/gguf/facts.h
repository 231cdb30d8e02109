// SPDX-License-Identifier: Apache-2.0
// The key-value part of a GGUF file. Whole numbers are kept, the texts that are asked for, and of arrays what they
// amount to: a vocabulary is passed over, not held.
#pragma once

#include "gguf/input.h"
#include "gguf/types.h"

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>

namespace lull::gguf {

inline constexpr std::size_t kLongestTemplate = 64 * 1024;

class Facts {
public:
  // Reads `count` pairs. What is wrong stays with the input.
  void read(Input& in, std::uint64_t count);

  [[nodiscard]] std::optional<std::uint64_t> number(const std::string& key) const;
  [[nodiscard]] std::string text(const std::string& key) const;  // empty: not there
  [[nodiscard]] bool hasText(const std::string& key) const { return m_texts.contains(key); }
  struct Array {
    std::uint64_t count = 0;
    std::uint64_t sum = 0;  // of whole numbers that are not negative; saturates
    std::uint64_t most = 0;
    ValueType type = ValueType::U8;  // of its elements
    std::uint64_t at = 0;            // of the first, in the file
  };
  [[nodiscard]] std::optional<Array> array(const std::string& key) const;

private:
  void readPair(Input& in);

  std::set<std::string> m_keys;
  std::map<std::string, std::uint64_t> m_numbers;
  std::map<std::string, std::string> m_texts;
  std::map<std::string, Array> m_arrays;
};

}  // namespace lull::gguf
