// SPDX-License-Identifier: Apache-2.0
#include "gguf/facts.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <limits>
#include <string_view>

namespace lull::gguf {

namespace {

constexpr std::uint64_t kMostPairs = 16'384;
constexpr std::uint64_t kLongestKey = 256;
constexpr std::uint64_t kLongestText = 16 << 20;
constexpr std::size_t kLongestKept = 512;
constexpr std::uint64_t kSummed = 16'384;  // longer arrays hold words, not layers
constexpr int kDeepest = 4;
constexpr std::uint64_t kAll = std::numeric_limits<std::uint64_t>::max();

constexpr std::string_view kTemplate = "tokenizer.chat_template";
constexpr std::array<std::string_view, 6> kWanted{"general.architecture", "general.name",         "general.type",
                                                  "general.license",      "general.license.name", kTemplate};

template <typename T>
std::optional<std::uint64_t> notNegative(Input& in) {
  const auto value = in.number<T>();
  if (value < 0) return {};
  return static_cast<std::uint64_t>(value);
}

// None: it is negative.
std::optional<std::uint64_t> wholeNumber(Input& in, ValueType type) {
  switch (type) {
    case ValueType::U8:
      return in.number<std::uint8_t>();
    case ValueType::I8:
      return notNegative<std::int8_t>(in);
    case ValueType::U16:
      return in.number<std::uint16_t>();
    case ValueType::I16:
      return notNegative<std::int16_t>(in);
    case ValueType::U32:
      return in.number<std::uint32_t>();
    case ValueType::I32:
      return notNegative<std::int32_t>(in);
    case ValueType::U64:
      return in.number<std::uint64_t>();
    case ValueType::I64:
      return notNegative<std::int64_t>(in);
    default:
      in.fail("not a whole number");
      return {};
  }
}

void skipArray(Input& in, ValueType type, std::uint64_t count, int depth) {
  if (const auto size = sizeOf(type)) {
    if (count > in.left() / *size) return in.fail(fmt::format("the file is cut off inside an array of {}", count));
    return in.skip(count * *size);
  }
  // Each element has a length of eight bytes at least.
  if (count > in.left() / 8) return in.fail(fmt::format("the file is cut off inside an array of {}", count));
  for (std::uint64_t i = 0; i < count && !in.failed(); ++i) {
    if (type == ValueType::Text) {
      in.skipText(kLongestText);
      continue;
    }
    const auto inner = static_cast<ValueType>(in.number<std::uint32_t>());
    const auto length = in.number<std::uint64_t>();
    if (inner > ValueType::F64) return in.fail("an array of an unknown type");
    if (depth >= kDeepest) return in.fail("arrays are nested too deep");
    skipArray(in, inner, length, depth + 1);
  }
}

Facts::Array readArray(Input& in) {
  const auto type = static_cast<ValueType>(in.number<std::uint32_t>());
  Facts::Array out{.count = in.number<std::uint64_t>(), .type = type, .at = in.position()};
  if (type > ValueType::F64) in.fail("an array of an unknown type");
  if (in.failed()) return out;
  if (!isWhole(type) || out.count > kSummed) {
    skipArray(in, type, out.count, 1);
    return out;
  }
  for (std::uint64_t i = 0; i < out.count && !in.failed(); ++i) {
    const auto value = wholeNumber(in, type).value_or(0);
    out.sum = value > kAll - out.sum ? kAll : out.sum + value;
    out.most = std::max(out.most, value);
  }
  return out;
}

}  // namespace

void Facts::readPair(Input& in) {
  const auto key = in.text(kLongestKey, kLongestKey);
  const auto type = static_cast<ValueType>(in.number<std::uint32_t>());
  if (in.failed()) return;
  if (key.empty()) return in.fail("a key is empty");
  if (!m_keys.insert(key).second) return in.fail("a key stands there twice");
  if (type > ValueType::F64) return in.fail(fmt::format("a value of the unknown type {}", static_cast<unsigned>(type)));
  if (type == ValueType::Array) {
    m_arrays[key] = readArray(in);
  } else if (type == ValueType::Text && std::ranges::find(kWanted, key) != kWanted.end()) {
    m_texts[key] = in.text(kLongestText, key == kTemplate ? kLongestTemplate : kLongestKept);
  } else if (type == ValueType::Text) {
    in.skipText(kLongestText);
  } else if (isWhole(type)) {
    if (const auto value = wholeNumber(in, type)) m_numbers[key] = *value;
  } else {
    in.skip(*sizeOf(type));
  }
}

void Facts::read(Input& in, std::uint64_t count) {
  if (count > kMostPairs) in.fail(fmt::format("{} facts: at most {} are allowed", count, kMostPairs));
  for (std::uint64_t i = 0; i < count && !in.failed(); ++i) readPair(in);
}

std::optional<std::uint64_t> Facts::number(const std::string& key) const {
  const auto found = m_numbers.find(key);
  return found == m_numbers.end() ? std::nullopt : std::optional(found->second);
}

std::string Facts::text(const std::string& key) const {
  const auto found = m_texts.find(key);
  return found == m_texts.end() ? std::string() : found->second;
}

std::optional<Facts::Array> Facts::array(const std::string& key) const {
  const auto found = m_arrays.find(key);
  return found == m_arrays.end() ? std::nullopt : std::optional(found->second);
}

}  // namespace lull::gguf
