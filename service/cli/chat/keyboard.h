// SPDX-License-Identifier: Apache-2.0
// Lines that a person types. The kernel edits them; a line that ends with a backslash goes on in the next.
#pragma once

#include "base/result.h"
#include "cli/interrupt.h"

#include <optional>
#include <string>

namespace lull::cli {

class Keyboard {
public:
  explicit Keyboard(const Interrupt& interrupt) : m_interrupt(&interrupt) {}

  [[nodiscard]] static bool isPerson();  // standard input is a terminal
  // Nullopt: Ctrl-D, or Ctrl-C (the interrupt is pending then).
  [[nodiscard]] std::optional<std::string> line();
  // The last line was as long as a terminal lets one be: it drops the rest without a word.
  [[nodiscard]] bool isCut() const { return m_cut; }

private:
  [[nodiscard]] std::optional<std::string> oneLine();
  const Interrupt* m_interrupt;
  std::string m_typed;  // ahead
  bool m_cut = false;
};

// All of standard input; an error also when it is too long to be a question.
[[nodiscard]] Result<std::string> readStandardInput(const Interrupt& interrupt);

}  // namespace lull::cli
