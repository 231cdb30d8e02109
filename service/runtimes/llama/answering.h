// SPDX-License-Identifier: Apache-2.0
// One request of a batch after the other, asked of a server that runs. Thread-safe.
#pragma once

#include "runtimes/llama/answer.h"
#include "runtimes/llama/http.h"
#include "runtimes/llama/journal.h"
#include "runtimes/llama/lines.h"

#include <exception>
#include <optional>
#include <string>

namespace lull::runtimes::llama {

// A request that is ready to be asked.
struct Question {
  std::size_t index = 0;
  Request request;
  nlohmann::json prompt;       // of what is asked token by token
  std::optional<Line> answer;  // where none is to be asked for: the server refused its messages
};

class Answering {
public:
  struct Setting {
    const Http& http;
    const Lines& lines;
    Journal& journal;
    std::string batch;  // its id
  };
  explicit Answering(Setting setting);  // asks the server about its model

  // Errors of both: Unavailable: the server is gone; others are the disk's.
  [[nodiscard]] Result<Question> prepare(std::size_t request) const;
  // `slot`: of the server, the caller's alone.
  [[nodiscard]] Result<Line> ask(Question& question, std::uint32_t slot) const;

private:
  [[nodiscard]] Outcome shape(Question& question) const;
  [[nodiscard]] Result<Line> tokenByToken(const Question& question, std::uint32_t slot) const;
  [[nodiscard]] Result<Line> whole(const Question& question) const;
  [[nodiscard]] Line oddly(const Question& question, const std::exception& error) const;
  [[nodiscard]] Place placeOf(const Question& question) const { return {m_setting.batch, question.index}; }
  const Setting m_setting;
  bool m_wholeChats = true;
};

}  // namespace lull::runtimes::llama
