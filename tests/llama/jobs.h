// SPDX-License-Identifier: Apache-2.0
// What llama.cpp is asked to do, so that its answer is bytes that can be compared.
#pragma once

#include "llama/program.h"

#include <filesystem>
#include <string>
#include <vector>

namespace lull::llama {

struct Job {
  std::string name;
  Launch launch;
  std::filesystem::path result;  // the file that holds the answer; empty: it is what the program prints
};

// Models of random weights in `folder`: "F16" and what llama-quantize made of it. False: it could not be made.
[[nodiscard]] bool makeModels(const std::filesystem::path& folder);
[[nodiscard]] const std::vector<std::string>& modelKinds();
[[nodiscard]] std::filesystem::path modelFile(const std::filesystem::path& folder, const std::string& kind);

[[nodiscard]] Job greedyText(const std::filesystem::path& model);
// All logits of a text, exactly, as llama-perplexity keeps them.
[[nodiscard]] Job logits(const std::filesystem::path& model, const std::filesystem::path& folder);
[[nodiscard]] Job embedding(const std::filesystem::path& model);
// The weights after some steps of training.
[[nodiscard]] Job training(const std::filesystem::path& model, const std::filesystem::path& folder);

// Bytes of a file, or what was printed.
[[nodiscard]] std::string answerOf(const Job& job, const Program& program);

}  // namespace lull::llama
