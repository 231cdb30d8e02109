// SPDX-License-Identifier: Apache-2.0
#include "runtimes/llama/slots.h"

namespace lull::runtimes::llama {

Slots::Slots(std::uint32_t count) {
  while (count > 0) m_free.push_back(--count);
}

std::optional<std::uint32_t> Slots::take() {
  std::unique_lock lock(m_mutex);
  m_changed.wait(lock, [this] { return m_closed || !m_free.empty(); });
  if (m_closed) return std::nullopt;
  const auto slot = m_free.back();
  m_free.pop_back();
  return slot;
}

void Slots::giveBack(std::uint32_t slot) {
  {
    const std::lock_guard lock(m_mutex);
    m_free.push_back(slot);
  }
  m_changed.notify_one();
}

void Slots::close() {
  {
    const std::lock_guard lock(m_mutex);
    m_closed = true;
  }
  m_changed.notify_all();
}

}  // namespace lull::runtimes::llama
