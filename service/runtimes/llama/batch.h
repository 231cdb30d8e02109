// SPDX-License-Identifier: Apache-2.0
// A batch of requests to one model: each answered once, whatever is interrupted. run() on the process's first thread;
// the rest from any.
#pragma once

#include "runtimes/llama/answering.h"
#include "runtimes/llama/journal.h"
#include "runtimes/llama/lines.h"
#include "runtimes/llama/server.h"
#include "runtimes/worker/failure.h"
#include "worker.pb.h"

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
  struct Queue;
  Batch(const worker::v1::Start& start, Lines lines, std::unique_ptr<Journal> journal);
  [[nodiscard]] worker::Step look();
  [[nodiscard]] worker::Step answerAll(Kind kind);
  // One server's life: it may end before all were answered.
  [[nodiscard]] worker::Step serve(const ServerPlan& plan, const std::vector<std::size_t>& requests);
  static void work(const Answering& answering, Queue& queue, std::uint32_t slot);
  [[nodiscard]] Outcome blame(std::size_t request);
  [[nodiscard]] std::vector<std::size_t> open(Kind kind, bool struck) const;
  [[nodiscard]] worker::Attempt<v1::Output> writeResults();

  const worker::v1::Start m_start;
  const std::string m_id;
  Lines m_lines;
  std::unique_ptr<Journal> m_journal;
  std::vector<Kind> m_kinds;
  std::function<void()> m_begun;
};

}  // namespace lull::runtimes::llama
