// SPDX-License-Identifier: Apache-2.0
// Which slots of a server are free to be asked. Thread-safe.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <optional>
#include <vector>

namespace lull::runtimes::llama {

class Slots {
public:
  explicit Slots(std::uint32_t count);

  // Waits for one. Nothing: closed.
  [[nodiscard]] std::optional<std::uint32_t> take();
  void giveBack(std::uint32_t slot);
  // Nobody gets one any more, who waits for one neither.
  void close();

private:
  std::mutex m_mutex;
  std::condition_variable m_changed;
  std::vector<std::uint32_t> m_free;
  bool m_closed = false;
};

}  // namespace lull::runtimes::llama
