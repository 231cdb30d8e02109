// SPDX-License-Identifier: Apache-2.0
#include "service/governor/semantics/toggler.h"

#include <random>

namespace lull::semantics {

Toggler::Toggler(fakes::ServicePage& page, const Limits& limits, std::function<std::string()> during)
    : m_page(page), m_limits(limits), m_during(std::move(during)), m_thread([this] { run(); }) {}

Toggler::~Toggler() { stop(); }

const std::vector<Toggler::Park>& Toggler::stop() {
  m_stop = true;
  if (m_thread.joinable()) m_thread.join();
  return m_parks;
}

// A program that has gone without a word acknowledges nothing any more: then stop() ends the wait.
bool Toggler::drained(std::uint32_t word) {
  const auto limit = std::chrono::steady_clock::now() + std::chrono::seconds(30);
  while (!m_stop && std::chrono::steady_clock::now() < limit) {
    if (m_page.waitDrained(word, std::chrono::milliseconds(50))) return true;
  }
  return m_page.waitDrained(word, std::chrono::milliseconds(0));
}

void Toggler::run() {
  std::mt19937 random(m_limits.seed);
  const auto upTo = [&](std::chrono::microseconds most) {
    return std::chrono::microseconds(random() % static_cast<unsigned>(most.count()));
  };
  m_page.open();
  while (!m_stop) {
    std::this_thread::sleep_for(upTo(m_limits.longestOpen));
    // Without a device there is nobody who could acknowledge.
    if (m_page.page().attached.load() == 0) continue;
    const std::uint32_t word = m_page.close();
    const std::uint64_t changed = m_page.page().gateChangedNs.load();
    if (drained(word)) {
      m_parks.push_back({m_page.page().drainedAtNs.load() - changed, m_during ? m_during() : std::string()});
      std::this_thread::sleep_for(upTo(m_limits.longestClosed));
    } else if (m_page.page().attached.load() != 0 && !m_stop) {
      ++m_unacknowledged;
    }
    m_page.open();
  }
}

}  // namespace lull::semantics
