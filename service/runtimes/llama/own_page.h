// SPDX-License-Identifier: Apache-2.0
// The governor page of this worker, as its own programs fill it: read only. Thread-safe.
#pragma once

#include "governor/page.h"

#include <cstdint>
#include <optional>

namespace lull::runtimes::llama {

class OwnPage {
public:
  // The descriptor that the service named; without one nothing is governed: always open, nothing metered.
  OwnPage();
  ~OwnPage();
  OwnPage(const OwnPage&) = delete;
  OwnPage& operator=(const OwnPage&) = delete;

  [[nodiscard]] bool isOpen() const;
  [[nodiscard]] std::uint32_t dutyPercent() const;  // of the time, while it is open
  // Sleeps for as long as the gate is closed.
  void waitWhileClosed() const;
  [[nodiscard]] std::uint64_t gpuNs() const;
  [[nodiscard]] std::uint64_t inFlight() const;  // slices that the GPU has not done yet
  [[nodiscard]] std::uint64_t slices() const;    // that it was ever given

private:
  const governor::Page* m_page = nullptr;
};

}  // namespace lull::runtimes::llama
