// SPDX-License-Identifier: Apache-2.0
// What people are told of a batch: while it goes on, and when it has ended. Pure.
#pragma once

#include "cli/pace.h"
#include "lull/v1/status.pb.h"

#include <string>

namespace lull::cli {

// What keeps a task from being computed at this moment: "you are here". Empty: nothing does.
[[nodiscard]] std::string waitsFor(const v1::Status& status, const std::string& task);

// One batch that is followed. `requests`: how many it has; 0: not known.
class BatchView {
public:
  BatchView(std::string task, std::uint64_t requests) : m_task(std::move(task)), m_requests(requests) {}

  void take(const v1::Status& status, Instant now);
  // "12 of 50 requests, 1 failed, 41 tokens/s, 2 min left", "12 of 50 requests; waits: you are here".
  [[nodiscard]] std::string line() const;

private:
  [[nodiscard]] std::string timeLeft() const;
  std::string m_task;
  std::uint64_t m_requests;
  v1::Task m_now;  // as last told
  bool m_byProcessor = false;
  std::string m_waits;  // for what; empty: it does not
  Pace m_pace;
};

// "48 requests answered, 2 failed: 1,234 tokens read, 567 written, 41 s of GPU time."
[[nodiscard]] std::string summaryOf(const v1::Task& task);

}  // namespace lull::cli
