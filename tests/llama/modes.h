// SPDX-License-Identifier: Apache-2.0
// The ways in which a program is governed here, and what each must leave on the page.
#pragma once

#include "fakes/service_page.h"

#include <string>
#include <thread>
#include <vector>

namespace lull::llama {

struct Mode {
  std::string name;
  std::vector<std::string> environment;  // for the layer
  bool toggled = false;                  // the gate opens and closes at random
  std::uint32_t dutyPercent = 100;
  bool leaveWhole = false;
  bool cuts = false;    // chunks must be cut
  bool splits = false;  // dispatches must be split
};
[[nodiscard]] const std::vector<Mode>& modes();
[[nodiscard]] const Mode& modeNamed(const std::string& name);

// The owner of the gate while a program runs: opens it, or works it at random until destroyed; then it is open.
class Owner {
public:
  Owner(fakes::ServicePage& page, const Mode& mode);
  ~Owner();
  Owner(const Owner&) = delete;
  Owner& operator=(const Owner&) = delete;

  // Closings so far, and how many of them were not acknowledged within a generous time. Once the program has ended
  // nobody acknowledges: call programEnded() first.
  [[nodiscard]] std::uint64_t closings() const { return m_closings.load(); }
  [[nodiscard]] std::uint64_t unanswered() const { return m_unanswered.load(); }
  void programEnded();

private:
  void work();
  fakes::ServicePage& m_page;
  std::atomic<bool> m_ended{false};
  std::atomic<std::uint64_t> m_closings{0};
  std::atomic<std::uint64_t> m_unanswered{0};
  std::thread m_thread;
};

}  // namespace lull::llama
