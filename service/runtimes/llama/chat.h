// SPDX-License-Identifier: Apache-2.0
// A conversation of the owner's own: each question is answered as it is thought of, until somebody closes it. Nothing
// of it is written anywhere: what was said before comes with each question, and llama.cpp's log is kept in memory.
#pragma once

#include "base/file.h"
#include "runtimes/llama/http.h"
#include "runtimes/llama/job.h"
#include "runtimes/llama/server.h"

#include <condition_variable>
#include <memory>
#include <mutex>
#include <stop_token>
#include <string>

namespace lull::runtimes::llama {

class Chat : public Job {
public:
  [[nodiscard]] static worker::Attempt<std::unique_ptr<Job>> open(const worker::v1::Start& start);

  [[nodiscard]] worker::Attempt<std::vector<v1::Output>> run(const Telling& telling) override;
  [[nodiscard]] worker::v1::Progress progress() const override;
  // Only how much was computed: whoever asks has the conversation, and asks again.
  [[nodiscard]] Outcome save() override;
  void hear(const worker::v1::ToWorker& message) override;

private:
  struct Question {
    std::uint64_t id = 0;
    std::string body;
    Hangup hangup;
  };
  Chat(worker::v1::Start start, Fd log) : m_start(std::move(start)), m_log(std::move(log)) {}
  void ask(const worker::v1::Ask& ask);
  void hush(std::uint64_t id);
  void close();
  // Nullptr: the conversation is over.
  [[nodiscard]] std::shared_ptr<Question> waitForQuestion();
  // False: the server has gone, and nothing was said of it.
  [[nodiscard]] bool answer(const Http& http, Question& question);
  void say(const worker::v1::Said& said) const;
  void sayLast(worker::v1::Said& said);
  // 0: as for any task.
  [[nodiscard]] std::uint32_t contextWanted() const;
  [[nodiscard]] bool hasRoomFor(std::uint32_t context) const;
  [[nodiscard]] bool mayTakeLess(const worker::Failure& failure, const ServerPlan& plan) const;
  [[nodiscard]] worker::Attempt<Server> load(const ServerPlan& plan);
  // Until the conversation is over or the server has crashed.
  [[nodiscard]] worker::Step serve(Server& server);

  const worker::v1::Start m_start;
  const Fd m_log;
  const Telling* m_telling = nullptr;
  bool m_begun = false;
  std::stop_source m_over;
  mutable std::mutex m_mutex;  // for all below
  std::condition_variable m_changed;
  std::shared_ptr<Question> m_question;  // until it is answered
  std::shared_ptr<Question> m_next;      // asked when nobody wanted that answer any more
  v1::TokenUsage m_usage;
};

}  // namespace lull::runtimes::llama
