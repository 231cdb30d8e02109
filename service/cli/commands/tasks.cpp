// SPDX-License-Identifier: Apache-2.0
// tasks, task, cancel.
#include "cli/commands.h"
#include "cli/computed.h"
#include "cli/format.h"
#include "cli/table.h"

#include <fmt/core.h>

#include <algorithm>

namespace lull::cli {

namespace {

constexpr std::uint32_t kPage = 500;

Colour colourOf(v1::TaskState state) {
  switch (state) {
    case v1::TASK_STATE_RUNNING:
      return Colour::Green;
    case v1::TASK_STATE_FAILED:
      return Colour::Red;
    case v1::TASK_STATE_PARKED:
    case v1::TASK_STATE_EVICTING:
      return Colour::Yellow;
    default:
      return Colour::Plain;
  }
}

Cell progressCell(const v1::Task& task) {
  if (task.state() == v1::TASK_STATE_DONE) return {"100 %", Colour::Plain};
  return {task.progress() > 0 ? percent(task.progress()) : "", Colour::Plain};
}

std::string listText(const v1::ListTasksReply& list, UnixMs now, const Terminal& terminal) {
  Table table(
      {{"TASK"}, {"STATE"}, {"", Table::Align::Right}, {"GPU TIME", Table::Align::Right}, {"SUBMITTED"}, {"NAME"}});
  for (const auto& task : list.tasks()) {
    table.add({{task.id(), Colour::Bold},
               {std::string(stateWord(task.state())), colourOf(task.state())},
               progressCell(task),
               {task.gpu_ns() > 0 ? gpuTime(task.gpu_ns()) : "", Colour::Plain},
               {ago(task.submitted_unix_ms(), now), Colour::Plain},
               {task.name(), Colour::Plain}});
  }
  return table.text(terminal);
}

// Pages until enough are there.
Result<v1::ListTasksReply> fetch(Session& session, v1::ListTasksRequest request, const TasksOptions& options) {
  v1::ListTasksReply all;
  for (;;) {
    const auto have = static_cast<std::uint32_t>(all.tasks().size());
    request.set_page_size(options.all ? kPage : std::min(kPage, options.most - have));
    auto page = session.call(request);
    if (!page) return page;
    for (auto& task : *page->mutable_tasks()) *all.add_tasks() = std::move(task);
    all.set_next_page_token(page->next_page_token());
    const bool enough = !options.all && static_cast<std::uint32_t>(all.tasks().size()) >= options.most;
    if (page->next_page_token().empty() || page->tasks().empty() || enough) return all;
    request.set_page_token(page->next_page_token());
  }
}

void addFailure(Table& table, const v1::Task& task) {
  if (task.failure().kind() == v1::Failure::KIND_UNSPECIFIED && task.failure().message().empty()) return;
  const auto label = task.state() == v1::TASK_STATE_FAILED ? "Failed" : "Last failure";
  const auto& words = task.failure().message();
  table.add(
      {{label, Colour::Dim}, {words.empty() ? std::string(failureWord(task.failure().kind())) : words, Colour::Red}});
  if (!task.failure().technical().empty()) {
    table.add({{"Cause", Colour::Dim}, {task.failure().technical(), Colour::Plain}});
  }
}

// A task and where it is computed now.
struct Shown {
  const v1::Task& task;
  bool byProcessor = false;
};

std::string stateText(const Shown& shown, UnixMs now) {
  const auto& task = shown.task;
  std::string text(stateWord(task.state()));
  if (!hasEnded(task.state()) && task.progress() > 0) text += ", " + percent(task.progress());
  if (const auto left = timeLeftText(task, shown.byProcessor); !left.empty() && !hasEnded(task.state()))
    text += ", about " + left;
  if (task.not_before_unix_ms() > now && !hasEnded(task.state())) {
    text += fmt::format(", next attempt in {}", span((task.not_before_unix_ms() - now) / 1000));
  }
  return text;
}

std::string factsText(const Shown& shown, UnixMs now, const Terminal& terminal) {
  const auto& task = shown.task;
  Table table({{}, {}}, Table::LastColumn::Wrap);
  const auto row = [&table](std::string label, std::string text) {
    if (!text.empty()) table.add({{std::move(label), Colour::Dim}, {std::move(text), Colour::Plain}});
  };
  table.add({{"State", Colour::Dim}, {stateText(shown, now), colourOf(task.state())}});
  addFailure(table, task);
  row("Runtime", task.runtime());
  row("Priority", std::to_string(task.priority()));
  if (task.attempt() > 0) row("Attempt", fmt::format("{} of {}", task.attempt(), task.attempts_allowed()));
  row("GPU", task.gpu());
  row("Submitted", ago(task.submitted_unix_ms(), now));
  if (task.started_unix_ms() > 0) row("Started", ago(task.started_unix_ms(), now));
  if (task.ended_unix_ms() > 0) row("Ended", ago(task.ended_unix_ms(), now));
  const bool processor = task.cpu_ns() > 0 || shown.byProcessor;
  if (task.gpu_ns() > 0 || !processor) row("GPU time", gpuTime(task.gpu_ns()));
  if (processor) row("Processor time", gpuTime(task.cpu_ns()));
  row("Tokens", tokensText(task.usage()));
  row("Requests", requestsText(task.usage()));
  row("Speed", speedText(task));
  row("Loss", trainingLossText(task));
  row("Held-out loss", heldOutLossText(task));
  if (task.energy_uj() > 0) row("Energy", energy(task.energy_uj(), task.energy_estimated()));
  if (task.own()) row("Earned", "nothing: it is your own work");
  if (task.state() == v1::TASK_STATE_DONE && !task.own()) row("Earned", credits(task.micro_credits()));
  for (const auto& output : task.outputs()) {
    row("Result",
        fmt::format("{}, {}: lull result {} {}", output.name(), bytes(output.size()), task.id(), output.name()));
  }
  return table.text(terminal);
}

bool runsOnProcessor(Session& session, const std::string& task) {
  const auto reply = session.call(v1::GetStatusRequest());
  return reply && isOnProcessor(reply->status(), task);
}

std::string historyText(const v1::Task& task, const Terminal& terminal) {
  Table table({{}, {}, {}}, Table::LastColumn::Wrap);
  for (const auto& event : task.history()) {
    table.add({{stamp(event.unix_ms()).substr(0, 11) + clockTime(event.unix_ms()), Colour::Dim},
               {std::string(stateWord(event.state())), colourOf(event.state())},
               {event.text(), Colour::Plain}});
  }
  return table.empty() ? std::string{} : "\n" + table.text(terminal);
}

}  // namespace

Answer tasks(Session& session, const TasksOptions& options) {
  v1::ListTasksRequest request;
  for (const auto& word : options.states) {
    const auto state = stateFrom(word);
    if (!state) return session.misused(fmt::format("“{}” is not a state of a task", word));
    request.add_states(*state);
  }
  const auto list = fetch(session, std::move(request), options);
  if (!list) return list.error();
  if (session.json()) {
    session.emit(*list);
    return Exit::Ok;
  }
  auto& terminal = session.terminal();
  if (list->tasks().empty()) {
    terminal.line(options.states.empty() ? "No task yet. `lull submit FILE.json` brings the first."
                                         : "No task is in such a state.");
    return Exit::Ok;
  }
  terminal.print(listText(*list, session.now(), terminal));
  if (!list->next_page_token().empty()) session.remark("There are older ones: `lull tasks --all` lists them too.");
  return Exit::Ok;
}

Answer task(Session& session, const std::string& id) {
  v1::GetTaskRequest request;
  request.set_id(id);
  const auto reply = session.call(std::move(request));
  if (!reply) return reply.error();
  if (session.json()) {
    session.emit(*reply);
    return Exit::Ok;
  }
  auto& terminal = session.terminal();
  const auto& task = reply->task();
  const Shown shown{.task = task, .byProcessor = !hasEnded(task.state()) && runsOnProcessor(session, task.id())};
  terminal.line(terminal.paint(Colour::Bold, task.id()) + "  " + harmless(task.name()) + "\n");
  terminal.print(factsText(shown, session.now(), terminal) + curvesText(task, terminal) + historyText(task, terminal));
  return Exit::Ok;
}

Answer cancel(Session& session, const std::vector<std::string>& ids) {
  return session.inTurn(ids, [&session](const std::string& id) -> Outcome {
    v1::CancelTaskRequest request;
    request.set_id(id);
    const auto reply = session.call(std::move(request));
    if (!reply) return reply.error();
    if (session.json()) {
      session.emit(*reply);
    } else {
      const bool ended = reply->task().state() == v1::TASK_STATE_CANCELLED;
      session.terminal().line(
          fmt::format("{} {}", reply->task().id(), ended ? "is cancelled." : "is being cancelled."));
    }
    return {};
  });
}

}  // namespace lull::cli
