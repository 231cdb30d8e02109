// SPDX-License-Identifier: Apache-2.0
// The conversations that clients hold with language models. Each belongs to the connection that began it, and has one
// question under way at most. A question waits here until its task has a worker, and is asked again when the worker was
// lost before it said anything.
#pragma once

#include "ipc/requests.h"
#include "model/report.h"
#include "model/task.h"
#include "model/verdict.h"
#include "runtimes/workers.h"

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace lull::app {

class Chats {
public:
  // The way to the workers.
  struct Door {
    std::function<void(const model::TaskId&, const runtimes::Workers::Question&)> ask;
    std::function<void(const model::TaskId&, std::uint64_t question)> hush;
  };
  explicit Chats(Door door) : m_door(std::move(door)) {}

  void begin(const model::TaskId& task, std::uint64_t connection);
  [[nodiscard]] bool has(const model::TaskId& task) const { return m_chats.contains(task); }
  // NotFound: it is not a conversation of this connection, or over. Conflict: a question is being answered.
  [[nodiscard]] Outcome ask(std::uint64_t connection, const v1::AskRequest& request, ipc::Requests::Tell tell);
  // Nobody wants the answer any more.
  void hush(std::uint64_t connection);
  // Forgets what the connection held; these conversations are to be ended.
  [[nodiscard]] std::vector<model::TaskId> connectionClosed(std::uint64_t connection);

  // The conversation is over for whoever holds it.
  void close(const model::TaskId& task) { ended(task, "The conversation is over"); }
  // Those of which nobody has asked anything for `limit`, to be closed. To be asked once a pass: it counts from the
  // first one without a question. A limit of 0 is none.
  [[nodiscard]] std::vector<model::TaskId> idle(Seconds limit, Instant now);
  // When the next one is.
  [[nodiscard]] std::optional<Instant> idleAt(Seconds limit) const;

  // Once a pass: asks what can be asked now, and tells those who wait why they do.
  void attend(const model::Roster& roster, const model::Verdicts& verdicts, UnixMs now);
  void said(const model::WorkerSaid& said);
  // The task has ended: `text` says how, for people.
  void ended(const model::TaskId& task, const std::string& text);

private:
  struct Question {
    std::uint64_t number = 0;
    std::string body;
    ipc::Requests::Tell tell;
    bool asked = false;     // of the worker there is
    bool reached = false;   // the model has it
    bool answered = false;  // in part
    std::string waiting;    // told last
  };
  struct Chat {
    std::uint64_t connection = 0;
    std::uint64_t questions = 0;
    std::optional<Question> question;
    std::optional<Instant> idleSince;  // none: a question is under way
  };
  void attend(const model::RosterTask& task, Chat& chat, const std::string& why);
  static void tell(Chat& chat, const v1::AskEvent& event);

  const Door m_door;
  std::map<model::TaskId, Chat> m_chats;
};

// Whether what is told to its worker is read: one that stands still hears nothing.
[[nodiscard]] bool hears(const model::RosterTask& task);

// Why nothing comes of a task's worker, for people.
[[nodiscard]] std::string whyWaiting(const model::RosterTask& task, const model::Roster& roster,
                                     const model::Verdicts& verdicts, UnixMs now);

}  // namespace lull::app
