// SPDX-License-Identifier: Apache-2.0
#include "runtimes/page_guard.h"

#include <sys/mman.h>

#include <array>
#include <atomic>
#include <csignal>
#include <cstdint>
#include <utility>

namespace lull::runtimes {

namespace {

// Read by a signal handler: no locks, no memory of its own. As many as there can be workers, and more.
struct Slot {
  std::atomic<void*> begin{nullptr};
  std::atomic<std::size_t> bytes{0};
};
std::array<Slot, 64> slots;

bool replaceByMemory(const void* address) {
  for (const auto& slot : slots) {
    void* const begin = slot.begin.load(std::memory_order_acquire);
    const auto bytes = slot.bytes.load(std::memory_order_acquire);
    const auto offset = reinterpret_cast<std::uintptr_t>(address) - reinterpret_cast<std::uintptr_t>(begin);
    if (begin == nullptr || offset >= bytes) continue;  // one before the beginning is far behind the end
    return ::mmap(begin, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0) == begin;
  }
  return false;
}

// Returns to the instruction that failed, which then succeeds; for any other fault to the default: death with a core.
void handle(int number, siginfo_t* info, void*) {
  if (!replaceByMemory(info->si_addr)) std::signal(number, SIG_DFL);
}

void install() {
  struct sigaction action = {};
  action.sa_sigaction = handle;
  action.sa_flags = SA_SIGINFO;
  sigemptyset(&action.sa_mask);
  ::sigaction(SIGBUS, &action, nullptr);
}

}  // namespace

PageGuard::PageGuard(void* begin, std::size_t bytes) {
  install();
  for (std::size_t i = 0; i < slots.size(); ++i) {
    if (slots[i].begin.load(std::memory_order_relaxed) != nullptr) continue;
    slots[i].bytes.store(bytes, std::memory_order_release);
    slots[i].begin.store(begin, std::memory_order_release);
    m_slot = static_cast<int>(i);
    return;
  }
}

PageGuard::PageGuard(PageGuard&& other) noexcept : m_slot(std::exchange(other.m_slot, -1)) {}

PageGuard::~PageGuard() {
  if (m_slot >= 0) slots[static_cast<std::size_t>(m_slot)].begin.store(nullptr, std::memory_order_release);
}

}  // namespace lull::runtimes
