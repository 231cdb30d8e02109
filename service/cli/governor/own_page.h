// SPDX-License-Identifier: Apache-2.0
// A governor page of our own: memory without a file, and the event by which the governor says that the GPU is drained.
#pragma once

#include "base/file.h"
#include "base/time.h"
#include "governor/page.h"

#include <cstdint>
#include <memory>
#include <optional>

namespace lull::cli {

class OwnPage {
public:
  struct Options {
    std::uint32_t dutyPercent = 100;
    std::uint64_t memoryLimitBytes = 0;  // 0: none
    std::uint64_t sliceNs = 0;           // 0: the governor's default
    Nanoseconds heartbeatLimit = std::chrono::seconds(3);
  };
  // Begins closed.
  [[nodiscard]] static Result<OwnPage> create(const Options& options);

  // To be inherited; closed on exec until the child says otherwise, and above the numbers that shells use.
  [[nodiscard]] int pageFd() const { return m_file.get(); }
  [[nodiscard]] int eventFd() const { return m_event.get(); }
  [[nodiscard]] governor::Page& page() const { return *m_page; }

  void turn(bool open, Instant now) const;
  void beat(Instant now) const;
  void setDuty(std::uint32_t percent) const;
  void setMemoryLimit(std::uint64_t bytes) const;
  void takeEvents() const;  // so that eventFd() is not readable until the next one

  [[nodiscard]] bool isOpen() const { return governor::isOpen(word()); }
  [[nodiscard]] std::uint32_t word() const { return m_page->gate.load(); }
  // How long the last closing took; nothing while the gate is open or work still runs.
  [[nodiscard]] std::optional<Nanoseconds> drained() const;

private:
  struct Unmap {
    void operator()(governor::Page* page) const;
  };
  OwnPage(Fd file, Fd event, governor::Page* page) : m_file(std::move(file)), m_event(std::move(event)), m_page(page) {}

  Fd m_file;
  Fd m_event;
  std::unique_ptr<governor::Page, Unmap> m_page;
};

}  // namespace lull::cli
