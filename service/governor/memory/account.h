// SPDX-License-Identifier: Apache-2.0
// Device-local memory on the governor page: how much the program holds, and how much it may. Lock-free, no Vulkan.
#pragma once

#include "governor/page.h"

#include <cstdint>

namespace lull::governor {

class Account {
public:
  // `page` outlives it.
  explicit Account(Page& page) : m_page(page) {}

  // Counts the bytes as held, in the same step that finds them within the limit: threads cannot pass it together.
  // False: beyond the limit; only counted as refused. A limit that was lowered takes nothing back.
  [[nodiscard]] bool take(std::uint64_t bytes);
  void giveBack(std::uint64_t bytes);

  [[nodiscard]] std::uint64_t limit() const { return m_page.memoryLimitBytes.load(std::memory_order_relaxed); }
  [[nodiscard]] std::uint64_t held() const { return m_page.memoryBytes.load(std::memory_order_relaxed); }

private:
  Page& m_page;
};

}  // namespace lull::governor
