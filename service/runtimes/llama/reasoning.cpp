// SPDX-License-Identifier: Apache-2.0
#include "runtimes/llama/reasoning.h"

#include <algorithm>
#include <array>

namespace lull::runtimes::llama {

namespace {

constexpr std::string_view kBegin = "<think>";
constexpr std::string_view kEnd = "</think>";
// gpt-oss, Mistral, Seed-OSS, Command R, Kimi, Apertus, LongCat
constexpr std::array<std::string_view, 7> kOthersMarks{"<|channel|>",        "[THINK]",           "<seed:think>",
                                                       "<|START_THINKING|>", "\u25c1think\u25b7", "<|inner_prefix|>",
                                                       "<longcat_think>"};
constexpr std::string_view kSpace = " \t\r\n";

std::string_view trimmedFront(std::string_view text) {
  const auto at = text.find_first_not_of(kSpace);
  return at == std::string_view::npos ? std::string_view() : text.substr(at);
}

std::string_view trimmed(std::string_view text) {
  const auto at = text.find_last_not_of(kSpace);
  return at == std::string_view::npos ? std::string_view() : trimmedFront(text.substr(0, at + 1));
}

bool endsInThought(std::string_view prompt) {
  const auto begun = prompt.rfind(kBegin);
  return begun != std::string_view::npos && prompt.find(kEnd, begun) == std::string_view::npos &&
         trimmed(prompt.substr(begun + kBegin.size())).empty();
}

}  // namespace

bool canTellApart(std::string_view chatTemplate) {
  return std::ranges::none_of(kOthersMarks,
                              [&](std::string_view mark) { return chatTemplate.find(mark) != std::string_view::npos; });
}

Spoken toldApart(std::string_view prompt, std::string_view answer) {
  std::string_view rest = answer;
  if (const auto begun = trimmedFront(answer); begun.starts_with(kBegin)) {
    rest = begun.substr(kBegin.size());
  } else if (!endsInThought(prompt)) {
    return {.reasoning = {}, .content = std::string(answer)};
  }
  const auto end = rest.find(kEnd);
  if (end == std::string_view::npos) return {.reasoning = std::string(trimmed(rest)), .content = {}};
  return {.reasoning = std::string(trimmed(rest.substr(0, end))),
          .content = std::string(trimmedFront(rest.substr(end + kEnd.size())))};
}

}  // namespace lull::runtimes::llama
