// SPDX-License-Identifier: Apache-2.0
#include "runtimes/llama/training/finetune.h"

#include "base/file.h"
#include "runtimes/llama/training/weights.h"
#include "runtimes/llama/vigil.h"

#include <fmt/format.h>
#include <sys/statvfs.h>

#include <algorithm>
#include <cmath>

namespace lull::runtimes::llama::training {

namespace {

constexpr std::size_t kLongestLog = 16 << 20;
constexpr double kNonsense = 20;  // nats: choosing at random from any vocabulary costs less than 13
constexpr std::uint64_t kLittleRoom = 1 << 20;

std::vector<std::string> argumentsOf(const worker::v1::Llama& where, const FinetuneRun& run) {
  const auto window = std::to_string(run.window);
  std::vector<std::string> out{"-m", run.model, "-f", run.text, "-o", run.result,
                               // Other batches leave some of the weights untrained.
                               "-c", window, "-b", window, "-ub", window,                                //
                               "-opt", "adamw", "-lr", fmt::format("{:.9g}", run.rate), "-epochs", "1",  //
                               "-val-split", run.learns ? "0" : "1",                                     //
                               "-t", std::to_string(std::max(1U, where.threads())), "-fit", "off",       //
                               "-dev", where.on_cpu() ? "none" : "Vulkan0", "-ngl", where.on_cpu() ? "0" : "99"};
  return out;
}

bool isFull(const std::filesystem::path& file) {
  struct statvfs disk {};
  return ::statvfs(file.parent_path().c_str(), &disk) == 0 && disk.f_bavail * disk.f_frsize < kLittleRoom;
}

worker::Failure whyNot(const Ended& ended, const FinetuneRun& run) {
  const auto technical = "llama-finetune " + ended.text() + ": " + lastWords(run.log);
  if (isFull(run.result)) return worker::fromStorage(Error(Error::Kind::TooBig, technical));
  if (auto lost = lossToldIn(run.log, ended)) return *lost;
  if (ended.signal != 0) {
    return worker::failure(worker::Failure::KIND_WORKER_DIED, "llama.cpp crashed while it trained the model.",
                           technical);
  }
  return worker::badTask("llama.cpp cannot train this model.", technical);
}

}  // namespace

worker::Attempt<Losses> finetune(const worker::v1::Llama& where, const FinetuneRun& run,
                                 const std::function<void()>& begun) {
  auto program = Program::start(where, "llama-finetune", argumentsOf(where, run), run.log);
  if (!program) return program.failure();
  begun();
  const Vigil vigil(*program);
  const auto ended = program->waitEnd();
  const auto said = readFile(run.log, kLongestLog);
  if (ended.code != 0 || ended.signal != 0) return whyNot(ended, run);
  if (!said) return worker::fromStorage(said.error());
  const auto losses = lastLosses(*said);
  if (!losses) return whyNot(ended, run);
  if (!std::isfinite(losses->mean) || losses->mean > kNonsense) {
    return diverged(fmt::format("a mean loss of {} at a rate of {:.3g}", losses->mean, run.rate));
  }
  return *losses;
}

}  // namespace lull::runtimes::llama::training
