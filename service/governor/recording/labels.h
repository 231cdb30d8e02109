// SPDX-License-Identifier: Apache-2.0
// The debug labels that are open in a recording. By the specification they may span command buffers, but drivers have
// crashed on that (Mesa 22.3 on one that ends without having begun), so each chunk closes and opens them again.
#pragma once

#include "governor/dispatch.h"

#include <array>
#include <string>
#include <vector>

namespace lull::governor {

class Labels {
public:
  enum class Kind { Label, Marker };  // VK_EXT_debug_utils, VK_EXT_debug_marker

  // False: it could not be kept.
  [[nodiscard]] bool push(Kind kind, const char* name, const float (&color)[4]) noexcept;
  void pop() {
    if (m_depth > 0) --m_depth;
  }
  void clear() { m_depth = 0; }

  void close(const DeviceTable& table, VkCommandBuffer commands) const;
  void open(const DeviceTable& table, VkCommandBuffer commands) const;

private:
  struct Entry {
    Kind kind = Kind::Label;
    std::string name;
    std::array<float, 4> color{};
  };
  std::vector<Entry> m_entries;  // never shrinks, so that names need no new memory
  std::size_t m_depth = 0;
};

}  // namespace lull::governor
