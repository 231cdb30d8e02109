// SPDX-License-Identifier: Apache-2.0
// Server-sent events (https://html.spec.whatwg.org/multipage/server-sent-events.html) out of bytes as they come; of
// their fields only `data`, which llama-server writes on one line.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace lull::runtimes::llama {

class Events {
public:
  void feed(std::string_view bytes) { m_bytes += bytes; }
  // The data of the next event that is there whole.
  [[nodiscard]] std::optional<std::string> next();

private:
  std::string m_bytes;
};

}  // namespace lull::runtimes::llama
