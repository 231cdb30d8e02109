// SPDX-License-Identifier: Apache-2.0
// How the generated wrappers keep a call's arguments: a structure of them, then what its pointers pointed to.
#pragma once

#include "governor/recording/target.h"

#include <cstddef>
#include <cstdint>
#include <cstring>

namespace lull::governor {

[[nodiscard]] constexpr std::size_t aligned(std::size_t bytes) { return (bytes + 7) & ~std::size_t{7}; }

// Adds room for it at the end; its offset, 0 for a null pointer.
[[nodiscard]] inline std::uint32_t place(const void* data, std::size_t size, std::size_t& bytes) {
  if (data == nullptr) return 0;
  const auto at = static_cast<std::uint32_t>(bytes);
  bytes += aligned(size);
  return at;
}
inline void store(std::byte* room, std::uint32_t at, const void* data, std::size_t size) {
  if (at != 0) std::memcpy(room + at, data, size);
}
template <typename T>
[[nodiscard]] const T* stored(const std::byte* arguments, std::uint32_t at) {
  return at == 0 ? nullptr : reinterpret_cast<const T*>(arguments + at);
}

// Structures with extensions are not kept.
template <typename T>
[[nodiscard]] bool anyChained(const T* structures, std::size_t count) {
  for (std::size_t i = 0; structures != nullptr && i < count; ++i) {
    if (structures[i].pNext != nullptr) return true;
  }
  return false;
}

[[nodiscard]] inline std::uint64_t groupOf(const Target&, VkPipelineBindPoint point) {
  return static_cast<std::uint64_t>(point);
}
[[nodiscard]] inline std::uint64_t groupOf(const Target& to, VkPipelineLayout layout) {
  return to.recording->pool().owner().pipelines().pushName(layout);
}

}  // namespace lull::governor
