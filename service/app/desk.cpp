// SPDX-License-Identifier: Apache-2.0
#include "app/desk.h"

#include "base/log.h"
#include "runtimes/task_check.h"

#include <fmt/format.h>

#include <algorithm>
#include <random>

namespace lull::app {

namespace {

constexpr std::uint32_t kDefaultPage = 50;
constexpr std::uint32_t kMaxPage = 500;
constexpr std::uint32_t kDefaultPoints = 300;
constexpr std::uint32_t kMaxPoints = 2000;
constexpr std::size_t kMaxUnfinished = 10'000;  // each pass of the ring looks at all of them

std::uint32_t bounded(std::uint32_t asked, std::uint32_t whenNone, std::uint32_t most) {
  return asked == 0 ? whenNone : std::min(asked, most);
}

// "t-" and 60 random bits in Crockford's base 32 (no letters that look like digits).
std::string newTaskId() {
  constexpr std::string_view kAlphabet = "0123456789abcdefghjkmnpqrstvwxyz";
  std::random_device random;
  std::string id = "t-";
  for (int i = 0; i < 12; ++i) id += kAlphabet[random() % kAlphabet.size()];
  return id;
}

Result<const v1::Output*> outputOf(const v1::Task& task, const std::string& name) {
  if (task.state() != v1::TASK_STATE_DONE) {
    return Error(Error::Kind::Conflict, fmt::format("task {} is not done: there is no result yet", task.id()));
  }
  std::string names;
  for (const auto& output : task.outputs()) {
    if (output.name() == name || (name.empty() && task.outputs_size() == 1)) return &output;
    names += (names.empty() ? "" : ", ") + output.name();
  }
  return Error(Error::Kind::NotFound, name.empty() ? "the task has several results; name one of: " + names
                                                   : fmt::format("no result \"{}\"; there are: {}", name, names));
}

}  // namespace

Result<v1::Task> Desk::recordedTask(const std::string& idOrPrefix) const {
  auto task = m_stages.ledger.task(idOrPrefix);
  if (task) m_ring.refine(*task);
  return task;
}

void Desk::handle(const ipc::Caller& caller, const v1::PutBlobRequest& request, ipc::Reply<v1::PutBlobReply> reply) {
  m_stages.files.putBlob(caller.connection, request, std::move(reply));
}

void Desk::handle(const ipc::Caller& caller, const v1::SubmitTaskRequest& request,
                  ipc::Reply<v1::SubmitTaskReply> reply) {
  if (auto checked = runtimes::check(request.spec()); !checked) return reply(checked.error());
  if (m_ring.unfinished() >= kMaxUnfinished) {
    return reply(Error(Error::Kind::Unavailable,
                       fmt::format("{} tasks wait already: try again when some are done", m_ring.unfinished())));
  }
  std::shared_ptr<const void> model;  // held until the ring knows the task
  runtimes::ModelSize size;
  if (const auto named = runtimes::modelOf(request.spec()); !named.empty()) {
    auto used = m_stages.models.use(named);
    if (!used) return reply(used.error());
    model = std::move(used->held);
    if (auto programs = m_stages.images.programs("llama"); !programs) return reply(programs.error());
    size = {.bytes = used->model.bytes(), .weights = used->model.header().parameters()};
  }
  v1::Task task;
  task.set_id(newTaskId());
  *task.mutable_spec() = request.spec();
  const auto id = task.id();
  const bool talks = request.spec().has_llama_chat();
  if (talks) m_ring.chats().begin(id, caller.connection);
  const runtimes::TaskFiles::Preparation wanted{
      .task = id, .blobs = runtimes::blobsOf(request.spec()), .bytes = runtimes::storageOf(request.spec(), size)};
  const auto refuse = [this, id, reply](const Error& error) {
    m_ring.chats().ended(id, error.text());  // if it is one
    reply(error);
  };
  m_stages.files.prepare(
      wanted, [this, model, talks, task = std::move(task), refuse, reply = std::move(reply)](const Outcome& prepared) {
        if (!prepared) return refuse(prepared.error());
        m_ring.submit(task, [this, model, talks, id = task.id(), refuse, reply](const Outcome& recorded) {
          if (!recorded) return refuse(recorded.error().during("recording the task"));
          if (talks && !m_ring.chats().has(id)) (void)m_ring.cancel(id).ok();  // its client has gone
          v1::SubmitTaskReply out;
          out.set_id(id);
          reply(std::move(out));
        });
      });
}

void Desk::handle(const ipc::Caller&, const v1::ListTasksRequest& request, ipc::Reply<v1::ListTasksReply> reply) {
  ledger::TaskQuery query{.pageSize = bounded(request.page_size(), kDefaultPage, kMaxPage),
                          .pageToken = request.page_token()};
  for (const auto state : request.states()) query.states.push_back(static_cast<v1::TaskState>(state));
  auto page = m_stages.ledger.tasks(query);
  if (!page) return reply(page.error());
  v1::ListTasksReply out;
  for (auto& task : page->items) {
    m_ring.refine(task);
    *out.add_tasks() = std::move(task);
  }
  out.set_next_page_token(page->nextToken);
  reply(std::move(out));
}

void Desk::handle(const ipc::Caller&, const v1::GetTaskRequest& request, ipc::Reply<v1::GetTaskReply> reply) {
  auto task = recordedTask(request.id());
  if (!task) return reply(task.error());
  v1::GetTaskReply out;
  *out.mutable_task() = std::move(*task);
  reply(std::move(out));
}

void Desk::handle(const ipc::Caller&, const v1::CancelTaskRequest& request, ipc::Reply<v1::CancelTaskReply> reply) {
  auto task = recordedTask(request.id());
  if (!task) return reply(task.error());
  if (auto cancelled = m_ring.cancel(task->id()); !cancelled) return reply(cancelled.error());
  v1::CancelTaskReply out;
  *out.mutable_task() = std::move(*task);
  reply(std::move(out));
}

void Desk::handle(const ipc::Caller&, const v1::ReadResultRequest& request, ipc::Reply<v1::ReadResultReply> reply) {
  const auto task = m_stages.ledger.task(request.task_id());
  if (!task) return reply(task.error());
  const auto output = outputOf(*task, request.output());
  if (!output) return reply(output.error());
  m_stages.files.read(task->id(), **output, request, std::move(reply));
}

void Desk::handle(const ipc::Caller&, const v1::PauseRequest& request, ipc::Reply<v1::PauseReply> reply) {
  const auto until = request.until_unix_ms();
  if (until != -1 && until <= m_stages.clock.now().unixMs) {
    return reply(Error(Error::Kind::Invalid, "until_unix_ms: must lie in the future, or be -1 for \"until resumed\""));
  }
  m_ring.pause(until);
  reply(v1::PauseReply());
}

void Desk::handle(const ipc::Caller&, const v1::ResumeRequest&, ipc::Reply<v1::ResumeReply> reply) {
  m_ring.resume();
  reply(v1::ResumeReply());
}

void Desk::handle(const ipc::Caller& caller, const v1::SetSharingRequest& request,
                  ipc::Reply<v1::SetSharingReply> reply) {
  const auto set = m_stages.settings.set("sharing.enabled", request.on() ? "true" : "false", caller.right);
  if (!set) return reply(set.error());
  m_ring.settingsChanged();
  reply(v1::SetSharingReply());
}

void Desk::handle(const ipc::Caller& caller, const v1::GetSettingsRequest& request,
                  ipc::Reply<v1::GetSettingsReply> reply) {
  auto described = m_stages.settings.describe(request.prefix(), caller.right);
  if (!described) return reply(described.error());
  v1::GetSettingsReply out;
  for (auto& setting : *described) *out.add_settings() = std::move(setting);
  reply(std::move(out));
}

void Desk::handle(const ipc::Caller& caller, const v1::SetSettingRequest& request,
                  ipc::Reply<v1::SetSettingReply> reply) {
  auto set = m_stages.settings.set(request.key(), request.value(), caller.right);
  if (!set) return reply(set.error());
  m_ring.settingsChanged();
  v1::SetSettingReply out;
  *out.mutable_setting() = std::move(*set);
  reply(std::move(out));
}

void Desk::handle(const ipc::Caller& caller, const v1::ResetSettingRequest& request,
                  ipc::Reply<v1::ResetSettingReply> reply) {
  auto reset = m_stages.settings.reset(request.key(), caller.right);
  if (!reset) return reply(reset.error());
  m_ring.settingsChanged();
  v1::ResetSettingReply out;
  for (auto& setting : *reset) *out.add_settings() = std::move(setting);
  reply(std::move(out));
}

void Desk::handle(const ipc::Caller&, const v1::GetHistoryRequest& request, ipc::Reply<v1::GetHistoryReply> reply) {
  auto history = m_stages.ledger.history({.series = request.series(),
                                          .from = request.from_unix_ms(),
                                          .to = request.to_unix_ms(),
                                          .points = bounded(request.points(), kDefaultPoints, kMaxPoints)});
  if (!history) return reply(history.error());
  v1::GetHistoryReply out;
  out.set_bucket_ms(history->bucketMs);
  for (const auto& point : history->points) *out.add_points() = point;
  reply(std::move(out));
}

void Desk::handle(const ipc::Caller&, const v1::ListLedgerRequest& request, ipc::Reply<v1::ListLedgerReply> reply) {
  auto page = m_stages.ledger.entries(bounded(request.page_size(), kDefaultPage, kMaxPage), request.page_token());
  if (!page) return reply(page.error());
  v1::ListLedgerReply out;
  for (auto& entry : page->items) *out.add_entries() = std::move(entry);
  out.set_next_page_token(page->nextToken);
  reply(std::move(out));
}

void Desk::connectionClosed(std::uint64_t connection) {
  m_stages.files.forgetConnection(connection);
  m_stages.models.connectionClosed(connection);
  for (const auto& task : m_ring.chats().connectionClosed(connection)) {
    (void)m_ring.cancel(task).ok();  // it may have ended meanwhile
  }
}

void Desk::handle(const ipc::Caller&, const v1::CloseChatRequest& request, ipc::Reply<v1::CloseChatReply> reply) {
  if (!m_ring.chats().has(request.task_id())) {
    return reply(Error(Error::Kind::NotFound, "there is no conversation \"" + request.task_id() + "\""));
  }
  if (auto closed = m_ring.closeChat(request.task_id()); !closed) return reply(closed.error());
  reply(v1::CloseChatReply());
}

void Desk::ask(const ipc::Caller& caller, const v1::AskRequest& request, ipc::Reply<v1::AskReply> reply, Tell tell) {
  if (auto asked = m_ring.chats().ask(caller.connection, request, std::move(tell)); !asked) return reply(asked.error());
  reply(v1::AskReply());
  m_ring.wake();
}

void Desk::hush(const ipc::Caller& caller) {
  m_ring.chats().hush(caller.connection);
  m_ring.wake();
}

void Desk::watchersChanged(std::size_t watchers) { m_ring.watched(watchers); }

}  // namespace lull::app
