// SPDX-License-Identifier: Apache-2.0
// One request of a batch after the other, asked of a server that runs; the answer goes to the journal. Thread-safe.
#pragma once

#include "runtimes/llama/answer.h"
#include "runtimes/llama/http.h"
#include "runtimes/llama/journal.h"
#include "runtimes/llama/lines.h"

#include <string>

namespace lull::runtimes::llama {

class Answering {
public:
  struct Setting {
    const Http& http;
    const Lines& lines;
    Journal& journal;
    std::string batch;  // its id
  };
  explicit Answering(Setting setting);  // asks the server about its model

  // `slot`: of the server, the caller's alone. Unavailable: the server is gone; other errors are the disk's.
  [[nodiscard]] Outcome answer(std::size_t request, std::uint32_t slot) const;

private:
  [[nodiscard]] Result<Line> lineFor(std::size_t index, std::uint32_t slot, Request& request) const;
  [[nodiscard]] Result<Line> tokenByToken(std::size_t index, std::uint32_t slot, const Request& request) const;
  [[nodiscard]] Result<Line> whole(std::size_t index, const Request& request) const;
  [[nodiscard]] Place placeOf(std::size_t request) const { return {m_setting.batch, request}; }
  const Setting m_setting;
  bool m_wholeChats = true;
};

}  // namespace lull::runtimes::llama
