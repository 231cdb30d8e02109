// SPDX-License-Identifier: Apache-2.0
#include "governor/recording/entry_points.h"

#include <cstring>

namespace lull::governor {

namespace {

constexpr std::uint32_t kMagic = 0x07230203U;
constexpr std::size_t kHeaderWords = 5;
constexpr std::uint32_t kOpEntryPoint = 15;
constexpr std::uint32_t kGlCompute = 5;
constexpr std::uint32_t kOpFunction = 54;  // entry points come before all functions

// A literal string: zero-terminated UTF-8 in whole words.
std::string_view literal(std::span<const std::uint32_t> words) {
  const auto* text = reinterpret_cast<const char*>(words.data());
  return {text, ::strnlen(text, words.size_bytes())};
}

}  // namespace

std::vector<std::string_view> computeEntryPoints(std::span<const std::uint32_t> words) {
  std::vector<std::string_view> names;
  if (words.size() < kHeaderWords || words[0] != kMagic) return names;
  for (std::size_t at = kHeaderWords; at < words.size();) {
    const std::size_t length = words[at] >> 16U;
    const std::uint32_t operation = words[at] & 0xffffU;
    if (length == 0 || length > words.size() - at || operation == kOpFunction) break;
    const auto instruction = words.subspan(at, length);
    if (operation == kOpEntryPoint && length > 3 && instruction[1] == kGlCompute) {
      names.push_back(literal(instruction.subspan(3)));
    }
    at += length;
  }
  return names;
}

}  // namespace lull::governor
