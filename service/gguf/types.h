// SPDX-License-Identifier: Apache-2.0
// The numbers that GGUF files are made of.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace lull::gguf {

// How weights are stored: in blocks of `weights` that take `bytes`.
struct TensorType {
  std::string_view name;
  std::uint32_t weights = 1;
  std::uint32_t bytes = 1;
};
inline constexpr std::uint32_t kTensorTypes = 40;  // numbers below this
// None: a number that was withdrawn, or is newer than Lull.
[[nodiscard]] std::optional<TensorType> tensorType(std::uint32_t number);

// What general.file_type says: the recipe of the quantisation. Empty: not known.
[[nodiscard]] std::string_view fileTypeName(std::uint64_t number);

enum class ValueType : std::uint32_t {
  U8 = 0,
  I8 = 1,
  U16 = 2,
  I16 = 3,
  U32 = 4,
  I32 = 5,
  F32 = 6,
  Bool = 7,
  Text = 8,
  Array = 9,
  U64 = 10,
  I64 = 11,
  F64 = 12,
};
// Bytes of a number; none for texts, arrays and what is no type.
[[nodiscard]] std::optional<std::uint32_t> sizeOf(ValueType type);
[[nodiscard]] bool isWhole(ValueType type);

}  // namespace lull::gguf
