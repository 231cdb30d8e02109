// SPDX-License-Identifier: Apache-2.0
// batch run, wait: a file of requests, its answers, and what came of them.
#include "cli/commands.h"

#include "cli/batch_failures.h"
#include "cli/batch_file.h"
#include "cli/batch_view.h"
#include "cli/destination.h"
#include "cli/format.h"
#include "cli/results.h"
#include "cli/upload.h"
#include "cli/wait.h"

#include <fmt/core.h>

#include <algorithm>
#include <filesystem>

namespace lull::cli {

namespace {

namespace fs = std::filesystem;

std::string howToGoOn(const std::string& id, const Destination& to) {
  return fmt::format("lull batch wait {} -o {}", id, to.isFile() ? to.file : "FILE");
}

void warnOfBadLines(const Session& session, const std::string& name, const BatchFile& looked) {
  if (looked.bad == 0) return;
  session.remark(fmt::format("{} of {} in {} cannot be answered, and will be answered by an error:",
                             count(looked.bad, "line", "lines"), looked.requests, name));
  for (const auto& [line, trouble] : looked.firstBad) session.remark(fmt::format("  line {}: {}", line, trouble));
  if (looked.bad > looked.firstBad.size()) session.remark("  …");
}

// Of a model that no GPU has the memory for; it may be that another one comes.
void warnOfFit(const Session& session, const v1::GetModelReply& model) {
  const auto fits = [](const v1::ModelFit& fit) {
    return fit.memory_bytes() == 0 || fit.layers_on_gpu() == fit.layers();
  };
  if (model.fits().empty() || std::ranges::any_of(model.fits(), fits)) return;
  for (const auto& fit : model.fits()) {
    session.remark(fmt::format("{} on {}: {}", model.model().name(), fit.gpu_name(), fit.text()));
  }
}

Result<v1::Model> modelFor(Session& session, const std::string& which) {
  v1::GetModelRequest request;
  request.set_which(which);
  auto reply = session.call(std::move(request));
  if (!reply) return reply.error();
  warnOfFit(session, *reply);
  return std::move(*reply->mutable_model());
}

v1::TaskSpec specFor(const BatchOptions& options, const std::string& model, const std::string& requests) {
  v1::TaskSpec spec;
  spec.set_name(options.name);
  if (options.name.empty()) {
    spec.set_name(options.requests == kStandard ? "batch" : fs::path(options.requests).stem().native());
  }
  if (options.priority) spec.set_priority(*options.priority);
  spec.set_own(options.own);
  auto& batch = *spec.mutable_llama_batch();
  batch.set_model(model);
  batch.mutable_requests()->set_sha256(requests);
  batch.set_context(options.context);
  batch.set_parallel(options.parallel);
  return spec;
}

struct Submitted {
  std::string id;
  std::uint64_t requests = 0;
};

// Looked at here, then brought to the service and handed over.
Result<Submitted> submitBatch(Session& session, const BatchOptions& options) {
  const bool piped = options.requests == kStandard;
  Fd kept;
  if (piped) {
    auto input = keepStandardInput(session.interrupt());
    if (!input) return input.error();
    kept = *std::move(input);
  }
  const Uploads::Source source{.file = piped ? pathOf(kept) : fs::path(options.requests),
                               .name = piped ? "standard input" : options.requests};
  auto looked =
      lookAt(source.file, {.name = source.name, .interrupt = session.interrupt(), .progress = [&](auto done) {
                             session.terminal().progress(fmt::format("Reading {}: {}", source.name, bytes(done)));
                           }});
  session.terminal().progress({});
  if (!looked) return looked.error();
  warnOfBadLines(session, source.name, *looked);
  const auto model = modelFor(session, options.model);
  if (!model) return model.error();
  const auto requests = Uploads(session).upload(source);
  if (!requests) return requests.error();
  v1::SubmitTaskRequest request;
  *request.mutable_spec() = specFor(options, model->sha256(), *requests);
  const auto name = request.spec().name();
  const auto reply = session.call(std::move(request));
  if (!reply) return reply.error();
  const auto words = fmt::format("{}  {}: {} for {}", reply->id(), harmless(name),
                                 count(looked->requests, "request", "requests"), harmless(model->name()));
  if (session.json()) {
    session.emit(*reply);
  } else if (options.results == kStandard) {
    session.remark(words);
  } else {
    session.terminal().line(words);
  }
  return Submitted{.id = reply->id(), .requests = looked->requests};
}

// Which requests failed and why, as far as the answers are at hand.
void tellFailures(const Session& session, const v1::Task& task, const Destination& to) {
  const auto failed = task.usage().requests_failed();
  if (failed == 0 || session.json()) return;
  if (!to.isFile()) {
    session.remark("A request that failed has a status_code other than 200 in its line.");
    return;
  }
  const auto first = failuresIn(to.file);
  for (const auto& each : first) session.remark(fmt::format("  line {}, {}", each.line, each.text));
  if (failed > first.size() && !first.empty()) {
    session.remark(fmt::format("  … all: jq -c 'select(.response.status_code != 200)' {}", to.file));
  }
}

Answer finish(Session& session, const v1::Task& task, const Destination& to) {
  const bool done = task.state() == v1::TASK_STATE_DONE;
  const auto words = done ? summaryOf(task) : endText(task);
  if (session.json()) {
    v1::GetTaskReply reply;
    *reply.mutable_task() = task;
    session.emit(reply);
  } else if (to.file == kStandard) {
    session.remark(words);
  } else {
    session.terminal().line(words);
  }
  if (!done) return Exit::TaskFailed;
  if (to.file == kStandard) {
    const Wanted wanted{.task = task.id(), .output = task.outputs().empty() ? "" : task.outputs(0).name()};
    if (auto printed = downloadToOutput(session, wanted); !printed) return printed.error();
  } else if (!to.file.empty()) {
    if (auto saved = saveOnly(session, task, to.file, to.existing); !saved) {
      session.remark(fmt::format("The answers are kept: lull result {} -o FILE", task.id()));
      return saved.error();
    }
  } else {
    session.remark(fmt::format("The answers: lull result {} -o FILE", task.id()));
  }
  tellFailures(session, task, to);
  return task.usage().requests_failed() > 0 ? Exit::SomeFailed : Exit::Ok;
}

Answer followBatch(Session& session, const Submitted& batch, const Destination& to) {
  BatchView view(batch.id, batch.requests);
  auto task = follow(session, batch.id, [&](const v1::Status& status) {
    view.take(status, SystemClock().now().instant);
    if (!session.json()) session.terminal().progress(view.line());
  });
  session.terminal().progress({});
  if (task) return finish(session, *task, to);
  if (session.interrupt().pending()) {
    session.remark("Not waiting any more; the service goes on with it. The answers later: " + howToGoOn(batch.id, to));
  } else if (session.isGone()) {
    session.remark("Nothing is lost: it goes on when the service is back. Then: " + howToGoOn(batch.id, to));
  }
  return task.error();
}

Answer twiceToOutput(const Session& session) {
  return session.misused("-o - prints the answers: --json has no place beside them");
}

}  // namespace

Answer runBatch(Session& session, const BatchOptions& options) {
  const auto to = destinationOf(options.results, options.force);
  if (to.file == kStandard && session.json()) return twiceToOutput(session);
  if (auto checked = check(to, "the answers"); !checked) return checked.error();
  const auto batch = submitBatch(session, options);
  if (!batch) return batch.error();
  if (!options.detach) return followBatch(session, *batch, to);
  session.remark("The answers later: " + howToGoOn(batch->id, to));
  return Exit::Ok;
}

Answer waitForBatch(Session& session, const BatchWaitOptions& options) {
  const auto to = destinationOf(options.results, options.force);
  if (to.file == kStandard && session.json()) return twiceToOutput(session);
  if (auto checked = check(to, "the answers"); !checked) return checked.error();
  v1::GetTaskRequest request;
  request.set_id(options.id);
  const auto reply = session.call(std::move(request));
  if (!reply) return reply.error();
  if (!reply->task().spec().has_llama_batch()) {
    return Error(Error::Kind::Invalid, fmt::format("{} is no batch: `lull task {}` tells what it is",
                                                   reply->task().id(), reply->task().id()));
  }
  return followBatch(session, {.id = reply->task().id()}, to);
}

}  // namespace lull::cli
