// SPDX-License-Identifier: Apache-2.0
#include "fakes/service_page.h"

#include "governor/controls.h"

#include <poll.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cstdlib>
#include <ctime>

namespace lull::fakes {

namespace {

std::uint64_t nowNs() {
  timespec now{};
  ::clock_gettime(CLOCK_MONOTONIC, &now);
  return static_cast<std::uint64_t>(now.tv_sec) * 1'000'000'000U + static_cast<std::uint64_t>(now.tv_nsec);
}

}  // namespace

ServicePage::ServicePage() : m_file(::memfd_create("lull-governor", 0)), m_event(::eventfd(0, EFD_NONBLOCK)) {
  if (!m_file || !m_event || ::ftruncate(m_file.get(), governor::kPageBytes) != 0) std::abort();
  void* memory = ::mmap(nullptr, governor::kPageBytes, PROT_READ | PROT_WRITE, MAP_SHARED, m_file.get(), 0);
  if (memory == MAP_FAILED) std::abort();
  m_page = governor::initialise(memory);
}

ServicePage::~ServicePage() { ::munmap(m_page, governor::kPageBytes); }

std::vector<std::pair<std::string, std::string>> ServicePage::environment() const {
  return {{governor::kPageFdVariable, std::to_string(fd())}, {governor::kEventFdVariable, std::to_string(eventFd())}};
}

std::uint32_t ServicePage::open() { return governor::turnGate(*m_page, true, nowNs()); }
std::uint32_t ServicePage::close() { return governor::turnGate(*m_page, false, nowNs()); }
void ServicePage::beat() { governor::beat(*m_page, nowNs()); }

bool ServicePage::waitDrained(std::uint32_t word, std::chrono::milliseconds limit) {
  const auto end = std::chrono::steady_clock::now() + limit;
  for (;;) {
    std::uint64_t events = 0;
    [[maybe_unused]] const auto taken = ::read(m_event.get(), &events, sizeof events);
    if (m_page->drained.load() == word) return true;
    const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(end - std::chrono::steady_clock::now());
    if (left.count() <= 0) return false;
    pollfd event{.fd = m_event.get(), .events = POLLIN, .revents = 0};
    ::poll(&event, 1, static_cast<int>(left.count()));
  }
}

}  // namespace lull::fakes
