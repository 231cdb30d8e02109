// SPDX-License-Identifier: Apache-2.0
// One worker from its start to its last word: a program in its sandbox, its gate, its conversation. Of Workers only.
#pragma once

#include "runtimes/conversation.h"
#include "runtimes/gate.h"
#include "runtimes/processor_gate.h"
#include "runtimes/sandbox/sandbox.h"
#include "runtimes/workers.h"

#include <asio/posix/stream_descriptor.hpp>
#include <asio/steady_timer.hpp>

#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace lull::runtimes {

// Shared ownership: handlers of a retired worker may still be queued on the loop.
class Worker : public std::enable_shared_from_this<Worker> {
public:
  struct Heard {
    Workers::Report report;
    Workers::Said said;
    std::function<void()> notStarted;  // inside its walls
  };
  Worker(asio::io_context& loop, const Clock& clock, WorkerOrder order, Gate gate, Heard heard);

  [[nodiscard]] Outcome start(const WorkersOptions& options, sandbox::Walls walls);

  void openGate();
  void closeGate();
  void setDuty(std::uint32_t percent);
  void beat();
  void evict();
  void kill();
  // The name of what it keeps compiled kernels under.
  [[nodiscard]] const std::string& shaderKind() const { return m_shaderKind; }
  void ask(const Workers::Question& question);
  void hush(std::uint64_t question);
  void closeChat();
  void silence() { m_heard = {}; }

  [[nodiscard]] bool isOpen() const { return m_gate.isOpen(); }
  [[nodiscard]] const std::string& session() const { return m_order.session; }
  [[nodiscard]] WorkerFigures figures() const;

private:
  [[nodiscard]] std::optional<Instant> drainedAt() const;
  [[nodiscard]] std::optional<Instant> stillSince() const;
  void meterProcessor();
  void disown(const std::string& why);
  void report(model::WorkerReport report);
  void send(const worker::v1::ToWorker& message, std::uint64_t question = 0);
  void note(const std::filesystem::path& pages) const;
  void take(const worker::v1::FromWorker& message);
  [[nodiscard]] bool areExpected(const worker::v1::Finished& finished) const;
  void tellSaid(const worker::v1::Said& said);
  void tellLearned(const worker::v1::Learned& learned);
  void lastWord(model::WorkerReport word);
  void ended(const sandbox::Ending& ending);
  void waitForDrained();
  void reportIfDrained();

  const Clock& m_clock;
  WorkerOrder m_order;
  const std::string m_shaderKind;
  std::filesystem::path m_shaders;  // of all kinds
  Gate m_gate;
  Heard m_heard;
  asio::io_context& m_loop;
  std::shared_ptr<Conversation> m_conversation;
  asio::posix::stream_descriptor m_event;
  asio::steady_timer m_lastWordTimer;
  std::optional<sandbox::Sandbox> m_sandbox;
  std::optional<ProcessorGate> m_processor;     // none: it computes on a GPU
  std::optional<model::WorkerEvicted> m_saved;  // what is not lost when it ends at once; none: it has not told yet
  std::uint64_t m_cpuNs = 0;
  std::uint64_t m_count = 0;
  std::string m_program;
  bool m_talks = false;                // its task is a conversation
  bool m_trains = false;               // its task is a training
  std::vector<std::string> m_outputs;  // the results the task has: no other is believed
  std::optional<model::WorkerReport> m_lastWord;
  std::optional<Instant> m_endedAt;
};

}  // namespace lull::runtimes
