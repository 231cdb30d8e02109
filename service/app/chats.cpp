// SPDX-License-Identifier: Apache-2.0
#include "app/chats.h"

#include "model/processor.h"
#include "policy/opinion.h"
#include "wire/chat_words.h"

#include <algorithm>
#include <utility>

namespace lull::app {

namespace {

constexpr const char* kLoading = "The model is being loaded";
constexpr const char* kReading = "The model reads the question";

bool hasModel(v1::TaskState state) { return state == v1::TASK_STATE_RUNNING || state == v1::TASK_STATE_PARKED; }

v1::AskEvent failed(std::string why) {
  v1::AskEvent event;
  event.set_error(std::move(why));
  return event;
}

// What holds own work back on this GPU, or anywhere; empty: nothing does.
std::string heldBy(const model::GpuId& gpu, const model::Verdicts& verdicts) {
  const auto found = verdicts.byGpu.find(gpu);
  const auto& own = found == verdicts.byGpu.end() ? verdicts.device.own : found->second.own;
  return own.reasons.empty() ? std::string() : own.reasons.front().text();
}

// What no waiting mends.
std::string whyNever(const model::Verdicts& verdicts) {
  const auto& reasons = verdicts.device.own.reasons;
  const auto why = std::ranges::find(reasons, policy::rule::kNoGpu, &v1::Reason::rule);
  return why == reasons.end() ? std::string() : why->text() + ". " + why->remedy();
}

std::string whyQueued(const model::RosterTask& task, const model::Roster& roster, UnixMs now) {
  if (task.notBefore > now) return "The model's program failed, and is started again in a moment";
  const auto leaves = [](const model::RosterTask& other) { return other.state == v1::TASK_STATE_EVICTING; };
  if (std::ranges::any_of(roster, leaves)) return "Another task is leaving the GPU";
  const auto own = [](const model::RosterTask& other) { return other.own && model::hasWorker(other.state); };
  if (std::ranges::any_of(roster, own)) return "Another task of your own has the GPU";
  return "The model's program is about to start";
}

}  // namespace

bool hears(const model::RosterTask& task) {
  return task.state == v1::TASK_STATE_RUNNING ||
         (task.state == v1::TASK_STATE_PARKED && task.gpu != model::kProcessorId);
}

std::string whyWaiting(const model::RosterTask& task, const model::Roster& roster, const model::Verdicts& verdicts,
                       UnixMs now) {
  if (auto held = heldBy(task.gpu, verdicts); !held.empty()) return held;
  switch (task.state) {
    case v1::TASK_STATE_QUEUED:
      return whyQueued(task, roster, now);
    case v1::TASK_STATE_EVICTING:
      return "The GPU is needed elsewhere; the conversation goes on afterwards";
    default:
      return kLoading;
  }
}

void Chats::begin(const model::TaskId& task, std::uint64_t connection) { m_chats[task].connection = connection; }

Outcome Chats::ask(std::uint64_t connection, const v1::AskRequest& request, ipc::Requests::Tell tell) {
  const auto found = m_chats.find(request.task_id());
  if (found == m_chats.end() || found->second.connection != connection) {
    return Error(Error::Kind::NotFound,
                 "this connection has no conversation \"" + request.task_id() + "\", or it is over: begin another");
  }
  auto& chat = found->second;
  if (chat.question) return Error(Error::Kind::Conflict, "a question is being answered: one at a time");
  chat.idleSince.reset();
  chat.question = Question{.number = ++chat.questions, .body = request.body(), .tell = std::move(tell)};
  return {};
}

void Chats::hush(std::uint64_t connection) {
  for (auto& [task, chat] : m_chats) {
    if (chat.connection != connection || !chat.question) continue;
    if (chat.question->asked) m_door.hush(task, chat.question->number);
    chat.question.reset();
  }
}

std::vector<model::TaskId> Chats::connectionClosed(std::uint64_t connection) {
  std::vector<model::TaskId> out;
  for (const auto& [task, chat] : m_chats) {
    if (chat.connection == connection) out.push_back(task);
  }
  for (const auto& task : out) m_chats.erase(task);
  return out;
}

std::vector<model::TaskId> Chats::idle(Seconds limit, Instant now) {
  std::vector<model::TaskId> out;
  for (auto& [task, chat] : m_chats) {
    if (chat.question) continue;
    if (!chat.idleSince) chat.idleSince = now;
    if (limit.count() > 0 && now - *chat.idleSince >= limit) out.push_back(task);
  }
  return out;
}

std::optional<Instant> Chats::idleAt(Seconds limit) const {
  std::optional<Instant> out;
  for (const auto& [task, chat] : m_chats) {
    if (limit.count() == 0 || !chat.idleSince) continue;
    out = std::min(out.value_or(Instant::max()), *chat.idleSince + limit);
  }
  return out;
}

void Chats::attend(const model::Roster& roster, const model::Verdicts& verdicts, UnixMs now) {
  if (m_chats.empty()) return;
  for (const auto& task : roster) {
    const auto chat = m_chats.find(task.id);
    if (chat == m_chats.end() || !chat->second.question) continue;
    if (auto never = whyNever(verdicts); !never.empty()) {
      tell(chat->second, failed(std::move(never)));
      continue;
    }
    attend(task, chat->second, whyWaiting(task, roster, verdicts, now));
  }
}

void Chats::attend(const model::RosterTask& task, Chat& chat, const std::string& why) {
  auto& question = *chat.question;
  if (question.asked && !hasModel(task.state)) {
    // Only one that was told nothing of the answer can be asked again unseen.
    if (question.answered) return tell(chat, failed(std::string(wire::kAnswerInterrupted) + ": " + why));
    question.asked = question.reached = false;
  }
  if (!question.asked && hears(task)) {
    question.asked = true;
    m_door.ask(task.id, {.number = question.number, .body = question.body});
  }
  const auto& reason = question.reached && why == kLoading ? kReading : why;
  if (question.waiting == reason || (question.answered && why == kLoading)) return;
  question.waiting = reason;
  v1::AskEvent event;
  event.set_waiting(reason);
  tell(chat, event);
}

void Chats::said(const model::WorkerSaid& said) {
  const auto found = m_chats.find(said.task);
  if (found == m_chats.end() || !found->second.question) return;
  auto& question = *found->second.question;
  if (!question.asked || question.number != said.question) return;
  question.reached = true;
  v1::AskEvent event;
  event.set_text(said.text);
  event.set_thinking(said.thinking);
  event.set_done(said.done);
  event.set_error(said.error);
  if (said.done) *event.mutable_usage() = said.usage;
  const bool last = said.done || !said.error.empty();
  const bool says = !said.text.empty() || !said.thinking.empty();
  if (!last && !says) event.set_waiting(kReading);
  question.waiting = says ? std::string() : kReading;
  question.answered |= says;
  tell(found->second, event);
}

void Chats::ended(const model::TaskId& task, const std::string& text) {
  const auto found = m_chats.find(task);
  if (found == m_chats.end()) return;
  auto chat = std::move(found->second);
  m_chats.erase(found);
  if (chat.question) tell(chat, failed(text));
}

// The last word leaves room for the next question before it is told.
void Chats::tell(Chat& chat, const v1::AskEvent& event) {
  auto tell = chat.question->tell;
  if (event.done() || !event.error().empty()) chat.question.reset();
  tell(event);
}

}  // namespace lull::app
