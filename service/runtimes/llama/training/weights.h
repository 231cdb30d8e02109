// SPDX-License-Identifier: Apache-2.0
// The weights of a model in one GGUF file, written under the header of another. llama-finetune trains weights of the
// type F32 only, and what it writes lacks much of the metadata that it read: so it is given a copy of the model in F32,
// and its weights go back under the model's own header, in the model's own types. A model is never whole in memory.
#pragma once

#include "base/file.h"
#include "gguf/layout.h"
#include "runtimes/llama/training/markers.h"
#include "runtimes/worker/failure.h"

#include <filesystem>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace lull::runtimes::llama::training {

class ModelFile {
public:
  [[nodiscard]] static Result<ModelFile> open(const std::filesystem::path& path);

  [[nodiscard]] const gguf::Layout& layout() const { return m_layout; }
  [[nodiscard]] const gguf::Tensor* tensor(const std::string& name) const;
  [[nodiscard]] std::uint64_t weights() const;
  [[nodiscard]] Outcome read(std::uint64_t at, char* into, std::size_t count) const;

private:
  ModelFile(Fd fd, std::string name, gguf::Layout layout);
  Fd m_fd;
  std::string m_name;
  gguf::Layout m_layout;
};

// What a file is to be: its header to the last byte, and the tensors that follow.
struct Form {
  std::string head;
  std::uint64_t alignment = 0;
  std::vector<gguf::Tensor> tensors;
  [[nodiscard]] std::uint64_t bytes() const;
};
[[nodiscard]] Result<Form> formOf(const ModelFile& model);
// All weights F32, and the markers as llama-finetune knows them in a text.
[[nodiscard]] Result<Form> formForTraining(const ModelFile& model, const Markers& markers);

// Empty: all weights can be trained. Else what the others are stored as: "Q4_K".
[[nodiscard]] std::string untrainable(const gguf::Layout& layout);

using Sink = std::function<worker::Step(std::string_view)>;
// The tensors of `form`, from `weights` by their names. BAD_TASK: they are no numbers any more.
[[nodiscard]] worker::Step write(const Form& form, const ModelFile& weights, const Sink& sink);
// The same to a file, which is there whole and durable, or not at all.
[[nodiscard]] worker::Step writeFile(const Form& form, const ModelFile& weights, const std::filesystem::path& file);

[[nodiscard]] worker::Failure diverged(const std::string& technical);

}  // namespace lull::runtimes::llama::training
