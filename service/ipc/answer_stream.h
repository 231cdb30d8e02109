// SPDX-License-Identifier: Apache-2.0
// Answers on their way to those who asked, one for each connection. What comes faster than it is read is put together;
// an answer of which too much waits is given up.
#pragma once

#include "ipc/line.h"

#include <cstdint>
#include <deque>
#include <map>
#include <optional>

namespace lull::ipc {

class AnswerStream {
public:
  // The id of the answer that `line` waits for, if it does.
  [[nodiscard]] std::optional<std::uint64_t> idOf(Line& line) const;
  void add(Line& line, std::uint64_t id) { m_answers[&line] = {.id = id}; }
  void remove(Line& line) { m_answers.erase(&line); }
  // What is not for the answer that the line waits for is dropped. False: nobody reads it, and it is given up; what was
  // sent ends with an error.
  [[nodiscard]] bool tell(Line& line, std::uint64_t id, const v1::AskEvent& event);
  void becameIdle(Line& line) { serve(line); }

private:
  struct Answer {
    std::uint64_t id = 0;
    std::deque<v1::AskEvent> waiting{};
    std::size_t bytes = 0;  // that wait
  };
  void serve(Line& line);
  static void add(Answer& answer, v1::AskEvent event);
  static v1::AskEvent takeNext(Answer& answer);

  std::map<Line*, Answer> m_answers;
};

}  // namespace lull::ipc
