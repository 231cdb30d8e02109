// SPDX-License-Identifier: Apache-2.0
// A batch of requests to one model: each answered once, whatever is interrupted. run() on the process's first thread;
// the rest from any.
#pragma once

#include "runtimes/llama/answer.h"
#include "runtimes/llama/journal.h"
#include "runtimes/llama/lines.h"
#include "runtimes/llama/server.h"
#include "runtimes/worker/failure.h"
#include "worker.pb.h"

#include <atomic>
#include <functional>
#include <memory>
#include <vector>

namespace lull::runtimes::llama {

class Batch {
public:
  [[nodiscard]] static worker::Attempt<std::unique_ptr<Batch>> open(const worker::v1::Start& start);

  // Nothing was computed yet; `begun` is called once the model's program runs.
  [[nodiscard]] worker::Attempt<v1::Output> run(const std::function<void()>& begun);

  [[nodiscard]] double progress() const;  // 0..1
  [[nodiscard]] v1::TokenUsage usage() const { return m_journal->usage(); }
  // What is done so far survives a loss of power.
  [[nodiscard]] Outcome save() { return m_journal->sync(); }

private:
  enum class Kind : std::uint8_t { Refused, Generate, Embed };
  Batch(const worker::v1::Start& start, Lines lines, std::unique_ptr<Journal> journal);
  [[nodiscard]] worker::Step look();
  [[nodiscard]] worker::Step answerAll(Kind kind);
  // One server's life: false when it ended before all were answered.
  [[nodiscard]] worker::Attempt<bool> serve(const ServerPlan& plan, const std::vector<std::size_t>& requests);
  void work(const Http& http, std::uint32_t slot);
  [[nodiscard]] Outcome answer(const Http& http, std::uint32_t slot, std::size_t request);
  [[nodiscard]] Result<Line> lineFor(const Http& http, std::uint32_t slot, std::size_t index, Request& request);
  [[nodiscard]] Result<Line> whole(const Http& http, std::size_t index, const Request& request) const;
  [[nodiscard]] std::vector<std::size_t> open(Kind kind, bool struck) const;
  [[nodiscard]] worker::Attempt<v1::Output> writeResults();
  [[nodiscard]] Place placeOf(std::size_t request) const { return {m_id, request}; }

  const worker::v1::Start m_start;
  const std::string m_id;
  Lines m_lines;
  std::unique_ptr<Journal> m_journal;
  std::vector<Kind> m_kinds;
  std::function<void()> m_begun;
  bool m_wholeChats = false;
  // Of the server that runs.
  const std::vector<std::size_t>* m_queue = nullptr;
  std::atomic<std::size_t> m_next{0};
  std::atomic<bool> m_gone{false};
  std::mutex m_mutex;
  std::vector<std::size_t> m_underway;  // requests
  std::optional<Error> m_trouble;       // of the disk
};

}  // namespace lull::runtimes::llama
