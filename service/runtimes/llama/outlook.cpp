// SPDX-License-Identifier: Apache-2.0
#include "runtimes/llama/outlook.h"

namespace lull::runtimes::llama {

void Outlook::begin(const Standing& at) {
  const std::lock_guard lock(m_mutex);
  m_begun = at;
}

double Outlook::left(const Standing& now, std::size_t all) const {
  const std::lock_guard lock(m_mutex);
  if (now.done <= m_begun.done || now.seconds <= m_begun.seconds || all <= now.done) return 0;
  const auto each = (now.seconds - m_begun.seconds) / static_cast<double>(now.done - m_begun.done);
  return each * static_cast<double>(all - now.done);
}

}  // namespace lull::runtimes::llama
