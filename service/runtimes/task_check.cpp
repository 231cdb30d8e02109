// SPDX-License-Identifier: Apache-2.0
#include "runtimes/task_check.h"

#include "base/sha256.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

namespace lull::runtimes {

namespace {

constexpr std::size_t kMaxName = 120;
constexpr int kMaxPriority = 100;
constexpr int kMaxBuffers = 64;
constexpr std::size_t kMaxOutputName = 64;

Error invalid(std::string text) { return {Error::Kind::Invalid, std::move(text)}; }

Outcome checkBlob(const v1::Blob& blob, const std::string& field) {
  switch (blob.source_case()) {
    case v1::Blob::kInline:
      if (blob.inline_().size() <= kMaxInline) return {};
      return invalid(fmt::format("{}: {} bytes inline; at most {} are allowed: upload it as a file", field,
                                 blob.inline_().size(), kMaxInline));
    case v1::Blob::kSha256:
      if (isSha256(blob.sha256())) return {};
      return invalid(field + ".sha256: 64 lower-case hex digits are needed");
    case v1::Blob::kFile:
      return invalid(field + ".file: the client must upload the file and name it by its sha256");
    case v1::Blob::SOURCE_NOT_SET:
      return invalid(field + ": inline, sha256 or file is needed");
  }
  return invalid(field + ": unknown source");
}

bool isOutputName(const std::string& name) {
  const auto allowed = [](char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '.' || c == '_' ||
           c == '-';
  };
  return name.size() <= kMaxOutputName && name.front() != '.' && std::ranges::all_of(name, allowed);
}

Outcome checkBuffers(const v1::SpirvTask& task) {
  if (task.buffers_size() > kMaxBuffers) {
    return invalid(fmt::format("spirv.buffers: {} buffers; at most {} are allowed", task.buffers_size(), kMaxBuffers));
  }
  std::set<std::uint32_t> bindings;
  std::set<std::string> outputs;
  for (int i = 0; i < task.buffers_size(); ++i) {
    const auto& buffer = task.buffers(i);
    const auto field = fmt::format("spirv.buffers[{}]", i);
    if (!bindings.insert(buffer.binding()).second)
      return invalid(fmt::format("{}.binding: {} is used twice", field, buffer.binding()));
    if (buffer.size() == 0 || buffer.size() % 4 != 0) {
      return invalid(fmt::format("{}.size: {} is not a positive multiple of 4 bytes", field, buffer.size()));
    }
    if (buffer.has_input()) {
      if (auto checked = checkBlob(buffer.input(), field + ".input"); !checked) return checked;
      if (buffer.input().inline_().size() > buffer.size()) {
        return invalid(fmt::format("{}.input: {} bytes do not fit a buffer of {}", field,
                                   buffer.input().inline_().size(), buffer.size()));
      }
    }
    if (buffer.output().empty()) continue;
    if (!isOutputName(buffer.output())) {
      return invalid(
          fmt::format("{}.output: \"{}\" is no name for a result: 1 to 64 of A-Z a-z 0-9 . _ - are allowed, not "
                      "beginning with a dot",
                      field, buffer.output()));
    }
    if (!outputs.insert(buffer.output()).second)
      return invalid(fmt::format("{}.output: \"{}\" is used twice", field, buffer.output()));
  }
  if (outputs.empty()) return invalid("spirv.buffers: no buffer is an output: the task would have no result");
  return {};
}

Outcome checkSwaps(const v1::SpirvTask& task) {
  const auto sizeOf = [&task](std::uint32_t binding) -> std::uint64_t {
    for (const auto& buffer : task.buffers()) {
      if (buffer.binding() == binding) return buffer.size();
    }
    return 0;
  };
  for (int i = 0; i < task.swaps_size(); ++i) {
    const auto& swap = task.swaps(i);
    if (sizeOf(swap.a()) == 0 || sizeOf(swap.a()) != sizeOf(swap.b()) || swap.a() == swap.b()) {
      return invalid(
          fmt::format("spirv.swaps[{}]: bindings {} and {} must be two buffers of equal size", i, swap.a(), swap.b()));
    }
  }
  return {};
}

Outcome checkSpirv(const v1::SpirvTask& task) {
  if (auto checked = checkBlob(task.module(), "spirv.module"); !checked) return checked;
  const bool hasConstants = task.has_push_constants();
  if (hasConstants) {
    if (auto checked = checkBlob(task.push_constants(), "spirv.push_constants"); !checked) return checked;
    if (task.push_constants().source_case() == v1::Blob::kInline && task.push_constants().inline_().size() % 4 != 0) {
      return invalid("spirv.push_constants: the size must be a multiple of 4 bytes");
    }
  }
  if (task.has_iteration_offset() && !hasConstants) {
    return invalid("spirv.iteration_offset: there are no push_constants to write the iteration into");
  }
  if (auto checked = checkBuffers(task); !checked) return checked;
  return checkSwaps(task);
}

constexpr std::uint32_t kMostContext = 1U << 24U;  // tokens
constexpr std::uint32_t kMostParallel = 100;  // lull-llama and llama-server have a thread for each; the sandbox has 256
constexpr std::uint32_t kMostEpochs = 1000;
constexpr std::uint32_t kTrainingStep = 256;  // tokens: llama-finetune knows no others

Outcome checkModel(const std::string& model, std::uint32_t context, const std::string& field) {
  if (!isSha256(model)) {
    return invalid(field +
                   ".model: the hash of a model is needed, 64 lower-case hex digits: “lull model list” tells them");
  }
  if (context > kMostContext) {
    return invalid(fmt::format("{}.context: {} tokens; at most {} are allowed", field, context, kMostContext));
  }
  return {};
}

Outcome checkOutput(const std::string& name, const std::string& field) {
  if (name.empty() || isOutputName(name)) return {};
  return invalid(
      fmt::format("{}.output: \"{}\" is no name for a result: 1 to 64 of A-Z a-z 0-9 . _ - are allowed, not "
                  "beginning with a dot",
                  field, name));
}

Outcome checkBatch(const v1::LlamaBatch& task) {
  if (auto checked = checkModel(task.model(), task.context(), "llama_batch"); !checked) return checked;
  if (auto checked = checkBlob(task.requests(), "llama_batch.requests"); !checked) return checked;
  if (task.parallel() > kMostParallel) {
    return invalid(fmt::format("llama_batch.parallel: {} requests at once; at most {} are allowed", task.parallel(),
                               kMostParallel));
  }
  return checkOutput(task.output(), "llama_batch");
}

Outcome checkTraining(const v1::LlamaTraining& task) {
  if (auto checked = checkModel(task.model(), task.context(), "llama_training"); !checked) return checked;
  if (auto checked = checkBlob(task.data(), "llama_training.data"); !checked) return checked;
  if (task.epochs() > kMostEpochs) {
    return invalid(fmt::format("llama_training.epochs: {}; at most {} are allowed", task.epochs(), kMostEpochs));
  }
  if (task.context() % kTrainingStep != 0) {
    return invalid(fmt::format("llama_training.context: {} tokens are no multiple of {}; choose {}", task.context(),
                               kTrainingStep, (task.context() / kTrainingStep + 1) * kTrainingStep));
  }
  if (!(task.learning_rate() >= 0 && task.learning_rate() <= 1)) {
    return invalid(fmt::format("llama_training.learning_rate: {} is outside 0 to 1", task.learning_rate()));
  }
  if (!(task.held_out() >= 0 && task.held_out() < 1)) {
    return invalid(fmt::format("llama_training.held_out: {} is outside 0 to 1: a share of the data", task.held_out()));
  }
  return checkOutput(task.output(), "llama_training");
}

}  // namespace

Outcome check(const v1::TaskSpec& spec) {
  if (spec.name().empty() || spec.name().size() > kMaxName) {
    return invalid(fmt::format("name: 1 to {} characters are needed", kMaxName));
  }
  if (spec.priority() < -kMaxPriority || spec.priority() > kMaxPriority) {
    return invalid(fmt::format("priority: {} is outside {} to {}", spec.priority(), -kMaxPriority, kMaxPriority));
  }
  if (spec.ByteSizeLong() > kMaxSpec) {
    return invalid(fmt::format("the task has {} bytes; at most {} are allowed: upload inline inputs as files",
                               spec.ByteSizeLong(), kMaxSpec));
  }
  switch (spec.runtime_case()) {
    case v1::TaskSpec::kSpirv:
      return checkSpirv(spec.spirv());
    case v1::TaskSpec::kLlamaBatch:
      return checkBatch(spec.llama_batch());
    case v1::TaskSpec::kLlamaTraining:
      return checkTraining(spec.llama_training());
    case v1::TaskSpec::kLlamaChat:
      if (!spec.own()) return invalid("own: a conversation is the owner's own work: true is needed");
      return checkModel(spec.llama_chat().model(), spec.llama_chat().context(), "llama_chat");
    case v1::TaskSpec::RUNTIME_NOT_SET:
      return invalid(
          "the task names no runtime this version knows: \"spirv\", \"llama_batch\" or \"llama_training\" is needed");
  }
  return invalid("unknown runtime");
}

std::uint64_t storageOf(const v1::TaskSpec& spec, const ModelSize& model) {
  constexpr std::uint64_t kMost = 1ULL << 50U;  // sums of what a stranger claims must not wrap
  std::uint64_t sum = 0;
  // The weights in F32 as they are, as llama-finetune writes them and as they are kept then, and the result.
  if (spec.has_llama_training())
    sum += 3 * sizeof(float) * std::min(model.weights, kMost) + std::min(model.bytes, kMost);
  for (const auto& buffer : spec.spirv().buffers()) {
    sum += std::min(buffer.size(), kMost) * (buffer.output().empty() ? 1 : 2);
  }
  return sum;
}

std::string modelOf(const v1::TaskSpec& spec) {
  if (spec.has_llama_batch()) return spec.llama_batch().model();
  if (spec.has_llama_chat()) return spec.llama_chat().model();
  return spec.llama_training().model();
}

std::vector<std::string> outputsOf(const v1::TaskSpec& spec) {
  const auto named = [](const std::string& name, const char* usual) { return name.empty() ? usual : name; };
  if (spec.has_llama_batch()) return {named(spec.llama_batch().output(), "results.jsonl")};
  if (spec.has_llama_training()) return {named(spec.llama_training().output(), "model.gguf")};
  std::vector<std::string> out;
  for (const auto& buffer : spec.spirv().buffers()) {
    if (!buffer.output().empty()) out.push_back(buffer.output());
  }
  return out;
}

std::vector<std::string> blobsOf(const v1::TaskSpec& spec) {
  std::set<std::string> out;
  const auto add = [&out](const v1::Blob& blob) {
    if (blob.source_case() == v1::Blob::kSha256) out.insert(blob.sha256());
  };
  add(spec.spirv().module());
  add(spec.spirv().push_constants());
  for (const auto& buffer : spec.spirv().buffers()) add(buffer.input());
  add(spec.llama_batch().requests());
  add(spec.llama_training().data());
  return {out.begin(), out.end()};
}

}  // namespace lull::runtimes
