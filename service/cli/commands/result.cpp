// SPDX-License-Identifier: Apache-2.0
// result: one output, or all of them.
#include "cli/commands.h"
#include "cli/format.h"
#include "cli/results.h"

#include <fmt/core.h>

#include <nlohmann/json.hpp>

namespace lull::cli {

namespace {

// Output names come from whoever wrote the task: they must not lead out of the folder.
bool isSafeName(const std::string& name) {
  return !name.empty() && name != "." && name != ".." && name.find('/') == std::string::npos;
}

void tellSaved(Session& session, const v1::Output& output, const std::filesystem::path& file) {
  if (session.json()) {
    const nlohmann::ordered_json document{
        {"name", output.name()}, {"size", output.size()}, {"sha256", output.sha256()}, {"path", file.native()}};
    session.terminal().line(document.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace));
  } else {
    session.terminal().line(fmt::format("{}: {}", harmless(file.native()), bytes(output.size())));
  }
}

Outcome save(Session& session, const Wanted& wanted, const std::filesystem::path& file,
             Existing existing = Existing::Replace) {
  const auto output = download(session, wanted, file, existing);
  if (!output) return output.error();
  tellSaved(session, *output, file);
  return {};
}

std::string namesOf(const v1::Task& task) {
  std::string out;
  for (const auto& output : task.outputs()) out += (out.empty() ? "" : ", ") + output.name();
  return out;
}

Error noResult(const v1::Task& task) {
  if (task.state() == v1::TASK_STATE_DONE) {
    return {Error::Kind::NotFound,
            fmt::format("{} is done and has no result: its task file names no output", task.id())};
  }
  const auto next = hasEnded(task.state()) ? "there will be none" : "`lull task " + task.id() + "` tells how it stands";
  return {Error::Kind::Conflict,
          fmt::format("{} has no result: it is {}; {}", task.id(), stateWord(task.state()), next)};
}

// The one output that is meant; empty when all are.
Result<std::string> chosenOutput(const v1::Task& task, const ResultOptions& options, bool oneOnly) {
  if (options.name.empty()) {
    if (task.outputs().size() == 1) return task.outputs(0).name();
    if (!oneOnly) return std::string{};
    return Error(Error::Kind::Invalid, fmt::format("{} has several results: {}. Say which, or name a folder with -o.",
                                                   task.id(), namesOf(task)));
  }
  for (const auto& output : task.outputs()) {
    if (output.name() == options.name) return options.name;
  }
  return Error(Error::Kind::NotFound,
               fmt::format("{} has no result named {}; it has {}", task.id(), options.name, namesOf(task)));
}

Outcome toDestination(Session& session, const v1::Task& task, const ResultOptions& options) {
  const std::filesystem::path destination(options.destination.empty() ? "." : options.destination);
  std::error_code code;
  const bool isFolder = options.destination.ends_with('/') || std::filesystem::is_directory(destination, code);
  const auto name = chosenOutput(task, options, !isFolder);
  if (!name) return name.error();
  if (!isFolder) return save(session, {.task = task.id(), .output = *name}, destination);
  if (name->empty()) return saveAll(session, task, destination);
  if (!isSafeName(*name)) return Error(Error::Kind::Invalid, "the result's name is not one for a file; use -o FILE");
  std::filesystem::create_directories(destination, code);
  if (code) return fromErrno(code.value(), "create folder", destination.native());
  return save(session, {.task = task.id(), .output = *name}, destination / *name);
}

}  // namespace

Outcome saveAll(Session& session, const v1::Task& task, const std::filesystem::path& folder) {
  std::error_code code;
  std::filesystem::create_directories(folder, code);
  if (code) return fromErrno(code.value(), "create folder", folder.native());
  for (const auto& output : task.outputs()) {
    if (!isSafeName(output.name())) {
      return Error(Error::Kind::Invalid, fmt::format("“{}” is not a name for a file; use -o FILE", output.name()));
    }
    if (auto saved = save(session, {.task = task.id(), .output = output.name()}, folder / output.name()); !saved) {
      return saved;
    }
  }
  return {};
}

Outcome saveOnly(Session& session, const v1::Task& task, const std::filesystem::path& file, Existing existing) {
  if (task.outputs().empty()) return Error(Error::Kind::NotFound, task.id() + " has no result");
  return save(session, {.task = task.id(), .output = task.outputs(0).name()}, file, existing);
}

Answer result(Session& session, const ResultOptions& options) {
  v1::GetTaskRequest request;
  request.set_id(options.id);
  const auto reply = session.call(std::move(request));
  if (!reply) return reply.error();
  const auto& task = reply->task();
  if (task.outputs().empty()) return noResult(task);
  if (options.destination == "-") {
    const auto name = chosenOutput(task, options, true);
    if (!name) return name.error();
    const auto output = downloadToOutput(session, {.task = task.id(), .output = *name});
    if (!output) return output.error();
    return Exit::Ok;
  }
  if (auto saved = toDestination(session, task, options); !saved) return saved.error();
  return Exit::Ok;
}

}  // namespace lull::cli
