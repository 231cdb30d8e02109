// SPDX-License-Identifier: Apache-2.0
// train: a file of texts or chats, the language model that is to learn it, and what came of it.
#include "cli/commands.h"

#include "cli/batch_file.h"
#include "cli/destination.h"
#include "cli/format.h"
#include "cli/results.h"
#include "cli/training_view.h"
#include "cli/upload.h"
#include "cli/wait.h"

#include <fmt/core.h>
#include <unistd.h>

#include <fcntl.h>
#include <filesystem>

namespace lull::cli {

namespace {

namespace fs = std::filesystem;

constexpr std::uint32_t kStep = 256;      // tokens: contexts are multiples of it
constexpr std::uint32_t kEpochs = 2;      // where none are told
constexpr Milliseconds kLookEvery{2000};  // at the losses

Result<v1::LlamaTraining::Format> formatOf(const TrainOptions& options, const fs::path& data) {
  if (options.format == "text") return v1::LlamaTraining::FORMAT_TEXT;
  if (options.format == "chats") return v1::LlamaTraining::FORMAT_CHATS;
  if (options.data != kStandard) {
    return options.data.ends_with(".jsonl") ? v1::LlamaTraining::FORMAT_CHATS : v1::LlamaTraining::FORMAT_TEXT;
  }
  const Fd fd(::open(data.c_str(), O_RDONLY | O_CLOEXEC));
  char first = 0;
  if (!fd || ::read(fd.get(), &first, 1) != 1) return Error(Error::Kind::Invalid, "standard input is empty");
  return first == '{' ? v1::LlamaTraining::FORMAT_CHATS : v1::LlamaTraining::FORMAT_TEXT;
}

v1::TaskSpec specFor(const TrainOptions& options) {
  v1::TaskSpec spec;
  spec.set_name(options.name);
  if (options.name.empty()) {
    spec.set_name(options.data == kStandard ? "training" : fs::path(options.data).stem().native());
  }
  if (options.priority) spec.set_priority(*options.priority);
  spec.set_own(options.own);
  auto& training = *spec.mutable_llama_training();
  training.set_epochs(options.epochs > 0 ? options.epochs : kEpochs);
  training.set_learning_rate(options.learningRate);
  training.set_context((options.context + kStep - 1) / kStep * kStep);
  training.set_seed(options.seed);
  training.set_held_out(options.heldOut);
  return spec;
}

// The id.
Result<std::string> submitTraining(Session& session, const TrainOptions& options) {
  const bool piped = options.data == kStandard;
  Fd kept;
  if (piped) {
    auto input = keepStandardInput(session.interrupt());
    if (!input) return input.error();
    kept = *std::move(input);
  }
  const Uploads::Source source{.file = piped ? pathOf(kept) : fs::path(options.data),
                               .name = piped ? "standard input" : options.data};
  v1::GetModelRequest named;
  named.set_which(options.model);
  const auto model = session.call(std::move(named));
  if (!model) return model.error();
  const auto data = Uploads(session).upload(source);
  if (!data) return data.error();
  const auto format = formatOf(options, source.file);
  if (!format) return format.error();
  v1::SubmitTaskRequest request;
  *request.mutable_spec() = specFor(options);
  auto& training = *request.mutable_spec()->mutable_llama_training();
  training.set_model(model->model().sha256());
  training.mutable_data()->set_sha256(*data);
  training.set_format(*format);
  if (training.context() != options.context) {
    session.remark(fmt::format("Contexts are multiples of {}: {} tokens are taken.", kStep, training.context()));
  }
  const auto name = request.spec().name();
  const auto reply = session.call(std::move(request));
  if (!reply) return reply.error();
  const auto what = *format == v1::LlamaTraining::FORMAT_CHATS ? "chats" : "text";
  if (session.json()) {
    session.emit(*reply);
  } else {
    session.terminal().line(
        fmt::format("{}  {}: {} for {}", reply->id(), harmless(name), what, harmless(model->model().name())));
  }
  return reply->id();
}

// A folder of its own that goes with it.
class Scratch {
public:
  Scratch() {
    auto pattern = (fs::temp_directory_path(m_code) / "lull-XXXXXX").native();
    if (!m_code && ::mkdtemp(pattern.data()) != nullptr) m_path = pattern;
  }
  Scratch(const Scratch&) = delete;
  Scratch& operator=(const Scratch&) = delete;
  ~Scratch() {
    if (!m_path.empty()) fs::remove_all(m_path, m_code);
  }
  [[nodiscard]] const fs::path& path() const { return m_path; }

private:
  std::error_code m_code;
  fs::path m_path;
};

Answer addResult(Session& session, const v1::Task& task, const TrainOptions& options) {
  const auto& sha256 = task.outputs(0).sha256();
  if (!options.result.empty())
    return addModel(session, {.source = options.result, .name = options.add, .sha256 = sha256});
  const Scratch scratch;
  if (scratch.path().empty()) return fromErrno("create a folder in", fs::temp_directory_path().native());
  const auto file = scratch.path() / "model.gguf";
  if (auto got = download(session, {.task = task.id(), .output = task.outputs(0).name()}, file); !got)
    return got.error();
  return addModel(session, {.source = file, .name = options.add, .sha256 = sha256});
}

Answer keepResult(Session& session, const v1::Task& task, const TrainOptions& options) {
  const auto to = destinationOf(options.result, options.force);
  if (to.isFile()) {
    if (auto saved = saveOnly(session, task, to.file, to.existing); !saved) {
      session.remark(fmt::format("The model is kept: lull result {} -o FILE", task.id()));
      return saved.error();
    }
  }
  if (!options.add.empty()) {
    session.hangUp();
    return addResult(session, task, options);
  }
  if (!to.isFile()) session.remark(fmt::format("The model: lull result {} -o FILE", task.id()));
  return Exit::Ok;
}

Answer finish(Session& session, const v1::Task& task, const TrainOptions& options) {
  const bool done = task.state() == v1::TASK_STATE_DONE;
  if (session.json()) {
    v1::GetTaskReply reply;
    *reply.mutable_task() = task;
    session.emit(reply);
  } else {
    session.terminal().line(done ? summaryOfTraining(task) : endText(task));
  }
  if (!done) return Exit::TaskFailed;
  if (task.outputs().empty()) return Error(Error::Kind::NotFound, task.id() + " has no result");
  return keepResult(session, task, options);
}

std::string howToGoOn(const std::string& id) {
  return fmt::format(
      "`lull task {}` tells how it stands, `lull result {} -o FILE` saves the model, `lull cancel {}` ends it.", id, id,
      id);
}

Answer followTraining(Session& session, const std::string& id, const TrainOptions& options) {
  TrainingView view(id, options.epochs > 0 ? options.epochs : kEpochs);
  Instant looked{};
  auto task = follow(session, id, [&](const v1::Status& status) {
    view.take(status);
    if (session.json()) return;
    if (const auto now = SystemClock().now().instant; now - looked >= kLookEvery) {
      looked = now;
      v1::GetTaskRequest request;
      request.set_id(id);
      if (const auto reply = session.call(std::move(request))) view.take(reply->task());
    }
    session.terminal().progress(view.line());
  });
  session.terminal().progress({});
  if (task) return finish(session, *task, options);
  if (session.interrupt().pending()) {
    session.remark("Not waiting any more; the service goes on with it. " + howToGoOn(id));
  } else if (session.isGone()) {
    session.remark("Nothing is lost: it goes on when the service is back. " + howToGoOn(id));
  }
  return task.error();
}

}  // namespace

Answer train(Session& session, const TrainOptions& options) {
  if (options.result == kStandard) return session.misused("-o -: a model is no text; name a file");
  if (auto checked = check(destinationOf(options.result, options.force), "the model"); !checked) return checked.error();
  const auto id = submitTraining(session, options);
  if (!id) return id.error();
  if (!options.detach) return followTraining(session, *id, options);
  session.remark(howToGoOn(*id));
  return Exit::Ok;
}

}  // namespace lull::cli
