// SPDX-License-Identifier: Apache-2.0
#include "runtimes/llama/training/floats.h"

#include <bit>
#include <cmath>
#include <cstring>

namespace lull::runtimes::llama::training {

namespace {

constexpr std::uint32_t kInfinity = 0x7F800000;
constexpr std::uint32_t kHalfOverflow = 0x477FF000;  // 65520: what would round up beyond the largest half
constexpr std::uint32_t kLeastNormalHalf = 0x38800000;
constexpr std::uint32_t kRebias = 112U << 23U;  // between the exponents of a half and of a float

std::uint16_t toShortFloat(float value) {
  const auto bits = std::bit_cast<std::uint32_t>(value);
  return static_cast<std::uint16_t>((bits + 0x7FFFU + ((bits >> 16U) & 1U)) >> 16U);
}

float fromShortFloat(std::uint16_t bits) { return std::bit_cast<float>(std::uint32_t{bits} << 16U); }

float load(const char* at, Float type) {
  if (type == Float::F32) {
    float value = 0;
    std::memcpy(&value, at, sizeof value);
    return value;
  }
  std::uint16_t bits = 0;
  std::memcpy(&bits, at, sizeof bits);
  return type == Float::F16 ? fromHalf(bits) : fromShortFloat(bits);
}

// What it has become.
float store(char* at, float value, Float type) {
  if (type == Float::F32) {
    std::memcpy(at, &value, sizeof value);
    return value;
  }
  const std::uint16_t bits = type == Float::F16 ? toHalf(value) : toShortFloat(value);
  std::memcpy(at, &bits, sizeof bits);
  return type == Float::F16 ? fromHalf(bits) : fromShortFloat(bits);
}

}  // namespace

std::optional<Float> floatOf(std::uint32_t type) {
  for (const auto each : {Float::F32, Float::F16, Float::BF16}) {
    if (static_cast<std::uint32_t>(each) == type) return each;
  }
  return {};
}

std::size_t bytesOf(Float type) { return type == Float::F32 ? 4 : 2; }

float fromHalf(std::uint16_t half) {
  const std::uint32_t sign = (half & 0x8000U) << 16U;
  const std::uint32_t rest = half & 0x7FFFU;
  if (rest >= 0x7C00U) return std::bit_cast<float>(sign | kInfinity | (rest & 0x3FFU) << 13U);
  if (rest < 0x400U) return std::copysign(std::ldexp(static_cast<float>(rest), -24), sign != 0 ? -1.0F : 1.0F);
  return std::bit_cast<float>(sign | ((rest << 13U) + kRebias));
}

std::uint16_t toHalf(float value) {
  const auto bits = std::bit_cast<std::uint32_t>(value);
  const auto sign = static_cast<std::uint16_t>((bits >> 16U) & 0x8000U);
  const std::uint32_t rest = bits & 0x7FFFFFFFU;
  std::uint32_t half = 0;
  if (rest > kInfinity) {
    half = 0x7E00U;
  } else if (rest >= kHalfOverflow) {
    half = 0x7C00U;
  } else if (rest < kLeastNormalHalf) {
    half = static_cast<std::uint32_t>(std::nearbyint(std::ldexp(std::fabs(value), 24)));
  } else {
    half = (rest - kRebias + 0xFFFU + ((rest >> 13U) & 1U)) >> 13U;
  }
  return static_cast<std::uint16_t>(sign | half);
}

bool convert(std::string_view weights, Float from, Float to, std::string& out) {
  const std::size_t count = weights.size() / bytesOf(from);
  out.resize(count * bytesOf(to));
  bool finite = true;
  for (std::size_t i = 0; i < count; ++i) {
    const float value = load(weights.data() + i * bytesOf(from), from);
    finite &= std::isfinite(store(out.data() + i * bytesOf(to), value, to));
  }
  return finite;
}

}  // namespace lull::runtimes::llama::training
