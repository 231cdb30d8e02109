// SPDX-License-Identifier: Apache-2.0
#include "runtimes/llama/own_page.h"

#include <linux/futex.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <charconv>
#include <cstdlib>
#include <cstring>

namespace lull::runtimes::llama {

OwnPage::OwnPage() {
  const char* text = std::getenv(governor::kPageFdVariable);
  int fd = -1;
  if (text == nullptr || std::from_chars(text, text + std::strlen(text), fd).ec != std::errc() || fd < 0) return;
  void* memory = ::mmap(nullptr, governor::kPageBytes, PROT_READ, MAP_SHARED, fd, 0);
  if (memory == MAP_FAILED) return;
  m_page = static_cast<const governor::Page*>(memory);
}

OwnPage::~OwnPage() {
  if (m_page != nullptr) ::munmap(const_cast<governor::Page*>(m_page), governor::kPageBytes);
}

bool OwnPage::isOpen() const { return m_page == nullptr || governor::isOpen(m_page->gate.load()); }

std::uint32_t OwnPage::dutyPercent() const {
  const auto percent = m_page == nullptr ? 0 : m_page->dutyPercent.load();
  return percent == 0 ? 100 : percent;
}

void OwnPage::waitWhileClosed() const {
  while (!isOpen()) {
    const auto word = m_page->gate.load();
    if (governor::isOpen(word)) return;
    // Whoever changes the word wakes all who wait on it; another word returns at once.
    ::syscall(SYS_futex, &m_page->gate, FUTEX_WAIT, word, nullptr, nullptr, 0);
  }
}

std::uint64_t OwnPage::gpuNs() const { return m_page == nullptr ? 0 : m_page->gpuNs.load(std::memory_order_relaxed); }
std::uint64_t OwnPage::inFlight() const { return m_page == nullptr ? 0 : m_page->inFlight.load(); }
std::uint64_t OwnPage::slices() const { return m_page == nullptr ? 0 : m_page->slices.load(); }

}  // namespace lull::runtimes::llama
