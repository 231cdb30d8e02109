// SPDX-License-Identifier: Apache-2.0
#include "gguf/preamble.h"

#include <fmt/format.h>

#include <bit>

namespace lull::gguf {

namespace {

static_assert(std::endian::native == std::endian::little, "GGUF is read as it lies in memory");

constexpr std::uint32_t kMagic = 0x46554747;  // "GGUF"
constexpr std::uint64_t kWidestAlignment = 1 << 20;

}  // namespace

Preamble readPreamble(Input& in) {
  Preamble out;
  if (in.size() < 24 || in.number<std::uint32_t>() != kMagic) {
    in.fail("it does not begin as a GGUF file does");
    return out;
  }
  out.version = in.number<std::uint32_t>();
  if (out.version == 2U << 24U || out.version == 3U << 24U) in.fail("it was made for big-endian machines");
  if (out.version != 2 && out.version != 3) {
    in.fail(fmt::format("it is of GGUF version {}; 2 and 3 can be read", out.version));
  }
  out.tensors = in.number<std::uint64_t>();
  out.pairs = in.number<std::uint64_t>();
  return out;
}

std::uint64_t alignmentOf(Input& in, const Facts& facts) {
  const auto alignment = facts.number("general.alignment").value_or(kUsualAlignment);
  if (alignment < 8 || alignment > kWidestAlignment || !std::has_single_bit(alignment)) {
    in.fail(fmt::format("an alignment of {} bytes is not possible", alignment));
    return kUsualAlignment;
  }
  return alignment;
}

}  // namespace lull::gguf
