// SPDX-License-Identifier: Apache-2.0
// A batch of requests to one model: each answered once, whatever is interrupted.
#pragma once

#include "runtimes/llama/answering.h"
#include "runtimes/llama/job.h"
#include "runtimes/llama/journal.h"
#include "runtimes/llama/lines.h"
#include "runtimes/llama/outlook.h"
#include "runtimes/llama/own_page.h"
#include "runtimes/llama/server.h"

#include <atomic>
#include <memory>
#include <vector>

namespace lull::runtimes::llama {

class Batch : public Job {
public:
  [[nodiscard]] static worker::Attempt<std::unique_ptr<Job>> open(const worker::v1::Start& start);

  [[nodiscard]] worker::Attempt<std::vector<v1::Output>> run(const Telling& telling) override;
  [[nodiscard]] worker::v1::Progress progress() const override;
  [[nodiscard]] Outcome save() override { return m_journal->sync(); }
  void hear(const worker::v1::ToWorker&) override {}

private:
  enum class Kind : std::uint8_t { Refused, Generate, Embed };
  struct Life;
  Batch(const worker::v1::Start& start, Lines lines, std::unique_ptr<Journal> journal);
  [[nodiscard]] worker::Step look();
  // What the answers have cost so far, in seconds of the GPU; on the processor, of all threads at once.
  [[nodiscard]] double secondsSpent() const;
  [[nodiscard]] worker::Step answerAll(Kind kind);
  // One server's life: it may end before all were answered.
  [[nodiscard]] worker::Step serve(const ServerPlan& plan, const std::vector<std::size_t>& requests);
  void work(Life& life);
  void answer(Life& life, Question& question, std::uint32_t slot);
  static void stop(Life& life, const Error& why, std::size_t request, std::vector<std::size_t>& suspects);
  // What follows from the server's end while these were under way. `advanced`: it had answered some before.
  [[nodiscard]] worker::Step ended(Server& server, const std::vector<std::size_t>& underway, bool advanced);
  [[nodiscard]] Outcome blame(std::size_t request);
  [[nodiscard]] worker::Step afterShortage(const worker::Failure& shortage, const std::vector<std::size_t>& underway,
                                           bool advanced);
  [[nodiscard]] Outcome giveUp(std::size_t request, const std::string& why);
  [[nodiscard]] std::vector<std::size_t> open(Kind kind, bool suspect) const;
  [[nodiscard]] worker::Attempt<std::vector<v1::Output>> writeResults();

  const worker::v1::Start m_start;
  const std::string m_id;
  Lines m_lines;
  std::unique_ptr<Journal> m_journal;
  std::vector<Kind> m_kinds;
  std::uint32_t m_longestToEmbed = 0;  // bytes of its line: more than it has tokens
  const OwnPage m_page;
  Outlook m_outlook;
  std::atomic<pid_t> m_server{0};  // the program that runs
};

}  // namespace lull::runtimes::llama
