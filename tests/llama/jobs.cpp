// SPDX-License-Identifier: Apache-2.0
#include "llama/jobs.h"

#include "llama/model.h"

#include <fstream>
#include <iterator>

namespace lull::llama {

namespace fs = std::filesystem;

namespace {

// One processor thread: what llama.cpp adds up on the processor is added up in one order. And it shall not look how
// much memory is free, which the governor may hide.
Launch launch(const std::string& program, const fs::path& model, std::vector<std::string> more) {
  Launch out{.program = program, .arguments = {"-m", model.string(), "-ngl", "99", "-t", "1", "-fit", "off"}};
  out.arguments.insert(out.arguments.end(), more.begin(), more.end());
  return out;
}

// Some thousand tokens that do not repeat.
std::string text(std::size_t sentences) {
  std::string out;
  for (std::size_t i = 0; i < sentences; ++i) {
    out += "In hour " + std::to_string(i * i) + " the idle machine lends " + std::to_string(7 * i + 1) +
           " of its frames, and takes them back before anyone has looked. ";
  }
  return out;
}

fs::path writeText(const fs::path& folder, std::size_t sentences) {
  const fs::path file = folder / ("text-" + std::to_string(sentences));
  std::ofstream(file) << text(sentences);
  return file;
}

}  // namespace

const std::vector<std::string>& modelKinds() {
  static const std::vector<std::string> kinds{"F16", "Q4_K_M", "Q8_0"};
  return kinds;
}

fs::path modelFile(const fs::path& folder, const std::string& kind) { return folder / (kind + ".gguf"); }

bool makeModels(const fs::path& folder) {
  const auto origin = modelFile(folder, "F16");
  if (!writeModel(origin, kTiny)) return false;
  for (const auto& kind : modelKinds()) {
    if (kind == "F16") continue;
    Program quantise(
        {.program = "llama-quantize", .arguments = {origin.string(), modelFile(folder, kind).string(), kind}});
    if (quantise.waitExit(std::chrono::minutes(2)) != 0) return false;
  }
  return true;
}

Job greedyText(const fs::path& model) {
  return {.name = "text",
          .launch = launch("llama-completion", model,
                           {"-p", "When nobody is looking", "-n", "40", "--temp", "0", "-no-cnv", "--ignore-eos"})};
}

Job logits(const fs::path& model, const fs::path& folder) {
  const auto out = folder / "logits";
  return {.name = "logits",
          .launch = launch(
              "llama-perplexity", model,
              {"-f", writeText(folder, 8).string(), "-c", "128", "-b", "128", "--save-all-logits", out.string()}),
          .result = out};
}

Job embedding(const fs::path& model) {
  return {
      .name = "embedding",
      .launch = launch("llama-embedding", model,
                       {"-p", text(2), "--pooling", "mean", "--embd-normalize", "-1", "--embd-output-format", "raw"})};
}

Job training(const fs::path& model, const fs::path& folder) {
  const auto out = folder / "trained.gguf";
  return {.name = "training",
          .launch = launch("llama-finetune", model,
                           {"-f", writeText(folder, 5).string(), "-o", out.string(), "-c", "32", "-b", "32", "-ub",
                            "32", "--epochs", "1"}),
          .result = out};
}

std::string answerOf(const Job& job, const Program& program) {
  if (job.result.empty()) return program.output();
  std::ifstream file(job.result, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

}  // namespace lull::llama
