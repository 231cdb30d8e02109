// SPDX-License-Identifier: Apache-2.0
#include "runtimes/llama/events.h"

namespace lull::runtimes::llama {

std::optional<std::string> Events::next() {
  constexpr std::string_view kData = "data:";
  for (auto end = m_bytes.find('\n'); end != std::string::npos; end = m_bytes.find('\n')) {
    std::string line = m_bytes.substr(0, end);
    m_bytes.erase(0, end + 1);
    if (line.ends_with('\r')) line.pop_back();
    if (!line.starts_with(kData)) continue;  // a comment, another field, the empty line behind an event
    line.erase(0, kData.size());
    if (line.starts_with(' ')) line.erase(0, 1);
    return line;
  }
  return std::nullopt;
}

}  // namespace lull::runtimes::llama
