// SPDX-License-Identifier: Apache-2.0
// The service's side of a governor page, for tests: makes it, works the gate, keeps the heart beating.
#pragma once

#include "base/file.h"
#include "governor/page.h"

#include <chrono>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace lull::fakes {

class ServicePage {
public:
  ServicePage();
  ~ServicePage();
  ServicePage(const ServicePage&) = delete;
  ServicePage& operator=(const ServicePage&) = delete;

  [[nodiscard]] governor::Page& page() { return *m_page; }
  [[nodiscard]] int fd() const { return m_file.get(); }
  [[nodiscard]] int eventFd() const { return m_event.get(); }
  // To be inherited by a child: the variables of page.h.
  [[nodiscard]] std::vector<std::pair<std::string, std::string>> environment() const;

  // Each returns the gate's word; no change, no new word.
  std::uint32_t open();
  std::uint32_t close();
  void beat();
  // True once `drained` holds `word`; waits for the event, not by polling.
  [[nodiscard]] bool waitDrained(std::uint32_t word, std::chrono::milliseconds limit);

private:
  Fd m_file;
  Fd m_event;
  governor::Page* m_page = nullptr;
};

}  // namespace lull::fakes
