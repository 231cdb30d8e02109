// SPDX-License-Identifier: Apache-2.0
#include "service/governor/semantics/toggler.h"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <map>
#include <random>

namespace lull::semantics {

namespace {

// How long each thread of a process has waited for a processor so far: the second number of its schedstat.
using Delays = std::map<std::string, std::uint64_t>;
Delays delaysOf(pid_t program) {
  Delays delays;
  if (program == 0) return delays;
  std::error_code gone;
  for (const auto& task : std::filesystem::directory_iterator("/proc/" + std::to_string(program) + "/task", gone)) {
    std::ifstream file(task.path() / "schedstat");
    std::uint64_t ran = 0;
    file >> ran >> delays[task.path().filename()];
  }
  return delays;
}

std::uint64_t longest(const Delays& before, const Delays& after) {
  std::uint64_t most = 0;
  for (const auto& [thread, delay] : after) {
    const auto known = before.find(thread);
    most = std::max(most, delay - (known != before.end() ? known->second : 0));
  }
  return most;
}

}  // namespace

Toggler::Toggler(fakes::ServicePage& page, const Limits& limits) : Toggler(page, limits, Watch{}) {}

Toggler::Toggler(fakes::ServicePage& page, const Limits& limits, Watch watch)
    : m_page(page), m_limits(limits), m_watch(std::move(watch)), m_thread([this] { run(); }) {}

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
    const Delays before = delaysOf(m_watch.program());
    const std::uint32_t word = m_page.close();
    const std::uint64_t changed = m_page.page().gateChangedNs.load();
    if (drained(word)) {
      m_parks.push_back({.stopNs = m_page.page().drainedAtNs.load() - changed,
                         .during = m_watch.during(),
                         .starvedNs = longest(before, delaysOf(m_watch.program()))});
      std::this_thread::sleep_for(upTo(m_limits.longestClosed));
    } else if (m_page.page().attached.load() != 0 && !m_stop) {
      ++m_unacknowledged;
    }
    m_page.open();
  }
}

}  // namespace lull::semantics
