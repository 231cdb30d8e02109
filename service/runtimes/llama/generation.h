// SPDX-License-Identifier: Apache-2.0
// One answer, token by token, kept in the journal as it grows: whoever continues it, in this process or the next, gets
// the same answer.
//   Greedy: the prompt and all tokens so far are handed to the server, which goes on.
//   With chance: in runs of about kRun tokens, each with a seed of its own that follows from the request's seed and
//   where the run begins; an interrupted run is made again from its beginning. The first has the request's own seed, so
//   that short answers are those of a plain llama-server.
#pragma once

#include "runtimes/llama/http.h"
#include "runtimes/llama/journal.h"
#include "runtimes/llama/request.h"

#include <chrono>
#include <string>
#include <variant>

namespace lull::runtimes::llama {

inline constexpr std::int64_t kRun = 64;  // tokens

struct Generated {
  std::string text;
  std::string finish;  // "stop", "length"
  std::uint64_t promptTokens = 0;
  std::uint64_t completionTokens = 0;
  bool cutShort = false;  // in the middle of a character: the text ends with U+FFFD for it
};
// The server's tokens could not be followed (it does not tell those inside a character that takes several): to be
// asked again as a whole.
struct Untold {};

class Generation {
public:
  struct Setting {
    const Http& http;
    Journal& journal;
    std::size_t request;  // its place in the batch
    std::uint32_t slot;   // of the server, this one's alone
  };
  explicit Generation(const Setting& setting) : m_setting(setting), m_kept(setting.journal.draft(setting.request)) {}

  // `prompt`: text, or a list of token numbers; `sampling` with a seed unless it is greedy. An Answer is the server's
  // refusal. Unavailable: the server is gone; other errors are the journal's.
  [[nodiscard]] Result<std::variant<Generated, Untold, Answer>> run(const nlohmann::json& prompt,
                                                                    const nlohmann::json& sampling);

private:
  struct Run;
  [[nodiscard]] Result<Answer> ask(Run& run, const nlohmann::json& body);
  [[nodiscard]] nlohmann::json bodyFor(const nlohmann::json& prompt, const nlohmann::json& sampling) const;
  // False: it cannot go on.
  [[nodiscard]] bool take(Run& run, std::string_view data);
  void takeTokens(Run& run, const nlohmann::json& event);
  [[nodiscard]] std::optional<std::vector<std::int32_t>> tokensOf(const std::string& text, std::int64_t count,
                                                                  std::int32_t last) const;
  [[nodiscard]] Outcome keep();
  [[nodiscard]] Result<std::variant<Generated, Untold, Answer>> end(const Run& run, const nlohmann::json& body);
  [[nodiscard]] Result<std::string> heldText(const Run& run, nlohmann::json body) const;

  const Setting m_setting;
  Draft m_kept;                // in the journal
  Draft m_more;                // follows it, not in the journal yet
  std::int64_t m_widened = 1;  // a run that told nothing is asked again with more tokens
  std::chrono::steady_clock::time_point m_keptAt = std::chrono::steady_clock::now();
};

[[nodiscard]] bool isGreedy(const nlohmann::json& sampling);
// The seed of the run that begins after `tokens`; the first has the request's own.
[[nodiscard]] std::uint32_t seedOf(std::uint32_t request, std::uint64_t tokens);

}  // namespace lull::runtimes::llama
