// SPDX-License-Identifier: Apache-2.0
#include "llama/modes.h"

#include <chrono>
#include <cstdlib>
#include <random>

namespace lull::llama {

using namespace std::chrono_literals;

const std::vector<Mode>& modes() {
  static const std::vector<Mode> all{
      {.name = "adaptive", .cuts = true},
      {.name = "every dispatch alone", .environment = {"LULL_GOVERNOR_CUT=every"}, .cuts = true},
      {.name = "one work group per piece", .environment = {"LULL_GOVERNOR_SPLIT=1"}, .cuts = true, .splits = true},
      {.name = "gate at random", .toggled = true, .cuts = true},
      {.name = "a third of the time", .dutyPercent = 33, .cuts = true},
      {.name = "left whole", .leaveWhole = true},
  };
  return all;
}

const Mode& modeNamed(const std::string& name) {
  for (const auto& mode : modes()) {
    if (mode.name == name) return mode;
  }
  std::abort();
}

Owner::Owner(fakes::ServicePage& page, const Mode& mode) : m_page(page) {
  page.page().dutyPercent.store(mode.dutyPercent);
  page.page().leaveWhole.store(mode.leaveWhole ? 1 : 0);
  page.open();
  if (mode.toggled) m_thread = std::thread([this] { work(); });
}

Owner::~Owner() { programEnded(); }

void Owner::programEnded() {
  m_ended.store(true);
  if (m_thread.joinable()) m_thread.join();
}

void Owner::work() {
  std::mt19937 random(7);
  const auto upTo = [&random](std::chrono::microseconds most) { return most * (random() % 1000) / 1000; };
  while (!m_ended.load()) {
    std::this_thread::sleep_for(upTo(40ms));
    const std::uint32_t word = m_page.close();
    ++m_closings;
    const auto end = std::chrono::steady_clock::now() + 60s;
    while (!m_page.waitDrained(word, 50ms) && !m_ended.load()) {
      // Before there is a device nobody listens.
      if (m_page.page().attached.load() == 0) break;
      if (std::chrono::steady_clock::now() < end) continue;
      ++m_unanswered;
      break;
    }
    std::this_thread::sleep_for(upTo(15ms));
    m_page.open();
  }
}

}  // namespace lull::llama
