// SPDX-License-Identifier: Apache-2.0
#include "runtimes/spirv/gate_view.h"

#include <sys/mman.h>
#include <sys/stat.h>

#include <cstdlib>
#include <ctime>

namespace lull::spirv {

Attempt<GateView> GateView::fromEnvironment() {
  GateView view;
  const char* text = std::getenv(governor::kPageFdVariable);
  if (text == nullptr) return view;
  const int fd = std::atoi(text);
  struct stat file {};
  const bool large = ::fstat(fd, &file) == 0 && file.st_size >= static_cast<off_t>(governor::kPageBytes);
  void* memory = large ? ::mmap(nullptr, governor::kPageBytes, PROT_READ, MAP_SHARED, fd, 0) : MAP_FAILED;
  if (memory == MAP_FAILED || !governor::isValid(*static_cast<const governor::Page*>(memory))) {
    return failure(Failure::KIND_DRIVER, "The worker was started without a usable governor page. Restart the service.",
                   std::string(governor::kPageFdVariable) + "=" + text);
  }
  view.m_page = static_cast<const governor::Page*>(memory);
  view.m_submitsBefore = view.m_page->submits.load();
  return view;
}

Step GateView::checkGoverned() const {
  if (m_page == nullptr || m_page->attached.load() != 0) return Done{};
  return failure(Failure::KIND_DRIVER,
                 "The governor that gives the GPU back did not load, so the task was not started. Run \"lull doctor\".",
                 std::string(governor::kLayerName) + " is not active in this process");
}

bool GateView::holds() const {
  if (m_page == nullptr) return false;
  if (!governor::isOpen(m_page->gate.load())) return true;
  const std::uint64_t limit = m_page->heartbeatLimitNs.load();
  timespec now{};
  ::clock_gettime(CLOCK_MONOTONIC, &now);
  const auto ns = static_cast<std::uint64_t>(now.tv_sec) * 1'000'000'000U + static_cast<std::uint64_t>(now.tv_nsec);
  return limit != 0 && ns > m_page->heartbeatNs.load() + limit;
}

std::uint64_t GateView::submits() const { return m_page == nullptr ? 0 : m_page->submits.load() - m_submitsBefore; }
std::uint32_t GateView::word() const { return m_page == nullptr ? 1 : m_page->gate.load(); }
std::uint64_t GateView::gpuNs() const { return m_page == nullptr ? 0 : m_page->gpuNs.load(); }

bool GateView::rationed() const {
  const std::uint32_t percent = m_page == nullptr ? 0 : m_page->dutyPercent.load();
  return percent != 0 && percent < 100;
}

}  // namespace lull::spirv
