// SPDX-License-Identifier: Apache-2.0
#include "governor/memory/account.h"

namespace lull::governor {

bool Account::take(std::uint64_t bytes) {
  std::uint64_t held = m_page.memoryBytes.load(std::memory_order_relaxed);
  for (;;) {
    const std::uint64_t most = limit();
    if (most != 0 && (held > most || bytes > most - held)) {
      m_page.refusedBytes.fetch_add(bytes, std::memory_order_relaxed);
      return false;
    }
    if (m_page.memoryBytes.compare_exchange_weak(held, held + bytes, std::memory_order_relaxed)) return true;
  }
}

void Account::giveBack(std::uint64_t bytes) { m_page.memoryBytes.fetch_sub(bytes, std::memory_order_relaxed); }

}  // namespace lull::governor
