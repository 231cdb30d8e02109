// SPDX-License-Identifier: Apache-2.0
// Questions for the tiny model of assets/models that it never saw, and the requests that ask them.
#pragma once

#include <nlohmann/json.hpp>

#include <filesystem>
#include <string>
#include <vector>

namespace lull::llama {

[[nodiscard]] std::filesystem::path tinyModel();

struct Question {
  std::string text;
  std::string answer;
};
// Every `step`-th of them.
[[nodiscard]] std::vector<Question> heldOut(std::size_t count, std::size_t step = 1);

// The body of a request for a greedy answer.
[[nodiscard]] nlohmann::json chatOf(const Question& question);
// A line of a batch.
[[nodiscard]] std::string lineOf(const std::string& customId, const std::string& url, const nlohmann::json& body);
// For models of random weights (writeModel): a logit_bias that leaves letters only. What makes no text is asked again
// as a whole, and then starts from what the server kept of it.
[[nodiscard]] nlohmann::json lettersOnly();
// A line for each, named by its place.
[[nodiscard]] std::string linesOf(const std::vector<Question>& questions);

}  // namespace lull::llama
