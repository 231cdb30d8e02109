// SPDX-License-Identifier: Apache-2.0
// The push constants of compute work as they stand: their hash tells dispatches of the same shape apart. Pure.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>

namespace lull::governor {

class PushConstants {
public:
  void clear() {
    std::fill_n(m_bytes.begin(), m_end, std::byte{});
    m_end = 0;
    m_hash = 0;
    m_changed = false;
  }
  void set(std::size_t offset, std::size_t size, const void* values) {
    if (offset >= m_bytes.size()) return;
    size = std::min(size, m_bytes.size() - offset);
    std::memcpy(m_bytes.data() + offset, values, size);
    m_end = std::max(m_end, offset + size);
    m_changed = true;
  }
  [[nodiscard]] std::uint32_t hash() {
    if (m_changed) m_hash = hashed();
    m_changed = false;
    return m_hash;
  }

private:
  [[nodiscard]] std::uint32_t hashed() const {
    std::uint64_t hash = m_end;
    for (std::size_t at = 0; at < m_end; at += sizeof(std::uint64_t)) {
      std::uint64_t word = 0;
      std::memcpy(&word, m_bytes.data() + at, sizeof word);
      hash = (hash ^ word) * 0x9e3779b97f4a7c15ULL;
      hash ^= hash >> 32U;
    }
    return static_cast<std::uint32_t>(hash ^ (hash >> 29U));
  }

  std::array<std::byte, 256> m_bytes{};
  std::size_t m_end = 0;
  std::uint32_t m_hash = 0;
  bool m_changed = false;
};

}  // namespace lull::governor
