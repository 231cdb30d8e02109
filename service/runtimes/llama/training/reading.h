// SPDX-License-Identifier: Apache-2.0
// Reads what comes from outside in a training: lines of data, and what llama.cpp's programs say. Pure.
#pragma once

#include "base/result.h"
#include "runtimes/worker/failure.h"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace lull::runtimes::llama::training {

struct Losses {
  std::uint32_t windows = 0;
  double mean = 0;  // cross-entropy a token, in nats; finite
};

// The last figures in what it printed: the running mean, which is "nan" or "inf" where the model has gone astray. The
// uncertainty behind it is "nan" after a single window, and says nothing.
[[nodiscard]] std::optional<Losses> lastLosses(std::string_view said);

[[nodiscard]] worker::Failure badLine(std::uint64_t line, const std::string& what);

// The messages of a chat, as /apply-template takes them: a line of {"messages": [{role, content}, …]}. Other fields do
// not count. BAD_TASK names the line.
[[nodiscard]] worker::Attempt<std::string> templateRequest(std::uint64_t line, std::string_view text);

// How many bytes each token takes of a text, from what /tokenize says. Invalid where that cannot be read.
[[nodiscard]] Result<std::vector<std::uint16_t>> tokenLengths(std::string_view reply, std::size_t textBytes);

// The longest beginning of a text after which it may be cut: at the end of a line, of a word, or of a character.
[[nodiscard]] std::size_t cutPlace(std::string_view text);

}  // namespace lull::runtimes::llama::training
