// SPDX-License-Identifier: Apache-2.0
#include "cli/wait.h"

#include "cli/format.h"
#include "cli/results.h"

#include <fmt/core.h>

#include <algorithm>
#include <optional>

namespace lull::cli {

namespace {

constexpr Milliseconds kLookAnyway{10'000};  // should an event ever be missed

// What a person who waits wants to see: how far it is, or what holds it back.
std::string progressText(const v1::Status& status, const std::vector<Awaited>& tasks) {
  for (const auto& running : status.running()) {
    if (std::ranges::find(tasks, running.id(), &Awaited::id) == tasks.end()) continue;
    return fmt::format("{} {}, {}", running.id(), stateWord(running.state()), percent(running.progress()));
  }
  return fmt::format("Waiting for {}: {}", count(tasks.size(), "task", "tasks"), harmless(status.sentence()));
}

Result<v1::Task> look(Session& session, const std::string& id) {
  v1::GetTaskRequest request;
  request.set_id(id);
  auto reply = session.call(std::move(request));
  if (!reply) return reply.error();
  return std::move(*reply->mutable_task());
}

// Tells the end and fetches the results.
Answer finish(Session& session, const Awaited& awaited, const v1::Task& task) {
  if (session.json()) {
    v1::GetTaskReply reply;
    *reply.mutable_task() = task;
    session.emit(reply);
  } else {
    session.terminal().line(endText(task));
  }
  if (task.state() != v1::TASK_STATE_DONE) return Exit::TaskFailed;
  if (awaited.folder.empty()) return Exit::Ok;
  if (auto saved = saveAll(session, task, awaited.folder); !saved) return saved.error();
  return Exit::Ok;
}

// Takes those that have ended out of `tasks`.
Answer takeEnded(Session& session, std::vector<Awaited>& tasks, Exit worst) {
  for (auto it = tasks.begin(); it != tasks.end();) {
    const auto task = look(session, it->id);
    if (!task) return task.error();
    if (!hasEnded(task->state())) {
      ++it;
      continue;
    }
    auto ended = finish(session, *it, *task);
    if (!ended) return ended;
    if (*ended != Exit::Ok) worst = *ended;
    it = tasks.erase(it);
  }
  return worst;
}

Answer waitUntilAllEnded(Session& session, std::vector<Awaited> tasks) {
  auto client = session.client();
  if (!client) return client.error();
  if (auto began = (*client)->call(v1::WatchStatusRequest{}); !began) return began.error();
  v1::Status status;
  auto worst = Exit::Ok;
  for (;;) {
    auto taken = takeEnded(session, tasks, worst);
    if (!taken) return taken;
    worst = *taken;
    if (tasks.empty()) return worst;
    if (!session.json() && !status.sentence().empty()) session.terminal().progress(progressText(status, tasks));
    auto event = (*client)->nextEvent(kLookAnyway);
    if (!event) return event.error();
    if (event->has_value() && (*event)->has_status_event()) wire::apply(status, (*event)->status_event());
  }
}

// How many tasks of each kind there are: a task that waits has not ended while they stay the same.
struct Counts {
  std::uint64_t queued = 0;
  std::uint64_t done = 0;
  std::uint64_t failed = 0;
  bool running = false;  // the task that is followed
  bool operator==(const Counts&) const = default;
};

Counts countsOf(const v1::Status& status, const std::string& id) {
  return {.queued = status.queued(),
          .done = status.done(),
          .failed = status.failed(),
          .running = std::ranges::find(status.running(), id, &v1::Task::id) != status.running().end()};
}

}  // namespace

std::string endText(const v1::Task& task) {
  switch (task.state()) {
    case v1::TASK_STATE_DONE:
      return fmt::format("{} is done: {} of GPU time, {} earned.", task.id(), gpuTime(task.gpu_ns()),
                         credits(task.micro_credits()));
    case v1::TASK_STATE_CANCELLED:
      return fmt::format("{} was cancelled.", task.id());
    default:
      return fmt::format("{} failed: {}", task.id(),
                         task.failure().message().empty() ? std::string(failureWord(task.failure().kind()))
                                                          : harmless(task.failure().message()));
  }
}

Result<v1::Task> follow(Session& session, const std::string& id,
                        const std::function<void(const v1::Status&)>& changed) {
  auto client = session.client();
  if (!client) return client.error();
  if (auto began = (*client)->call(v1::WatchStatusRequest{}); !began) return began.error();
  v1::Status status;
  std::optional<Counts> before;
  for (;;) {
    auto event = (*client)->nextEvent(kLookAnyway);
    if (!event) return event.error();
    const bool told = event->has_value() && (*event)->has_status_event();
    if (told) wire::apply(status, (*event)->status_event());
    const auto counts = countsOf(status, id);
    if (!told || (counts != before && !counts.running)) {
      auto task = look(session, id);
      if (!task || hasEnded(task->state())) return task;
    }
    before = counts;
    if (told) changed(status);
  }
}

Answer waitFor(Session& session, std::vector<Awaited> tasks) {
  auto answer = waitUntilAllEnded(session, std::move(tasks));
  if (session.interrupt().pending()) {
    session.remark("Not waiting any more; the service goes on with it. `lull tasks` tells how it stands.");
  } else if (session.isGone()) {
    session.remark("Nothing is lost: the task goes on when the service is back. `lull tasks` tells how it stands.");
  }
  return answer;
}

}  // namespace lull::cli
