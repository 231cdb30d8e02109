// SPDX-License-Identifier: Apache-2.0
// How long the rest of a batch takes, from what was done so far by one server. Thread-safe.
#pragma once

#include <cstddef>
#include <mutex>

namespace lull::runtimes::llama {

class Outlook {
public:
  // What is compared: requests that are done, and seconds of computing they took in all.
  struct Standing {
    std::size_t done = 0;
    double seconds = 0;
  };
  // A server begins here: what came before it says nothing of its speed.
  void begin(const Standing& at);
  // Seconds of computing; 0: not known yet.
  [[nodiscard]] double left(const Standing& now, std::size_t all) const;

private:
  mutable std::mutex m_mutex;
  Standing m_begun;
};

}  // namespace lull::runtimes::llama
