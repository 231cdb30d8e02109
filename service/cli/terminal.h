// SPDX-License-Identifier: Apache-2.0
// Where the words go: standard output and standard error, with colour, width and repainting where there is a person.
#pragma once

#include "base/result.h"
#include "cli/interrupt.h"

#include <string>
#include <string_view>

namespace lull::cli {

enum class Colour { Plain, Bold, Dim, Green, Yellow, Red, Blue };

class Terminal {
public:
  // Looks at the two descriptors and at NO_COLOR, TERM and COLUMNS.
  explicit Terminal(const Interrupt& interrupt);

  // Standard output. When the reader has gone (`lull tasks | head -1`) nothing more is written and closed() is true.
  void print(std::string_view text);
  void line(std::string_view text);  // with a newline
  [[nodiscard]] bool closed() const { return m_closed || m_interrupted; }
  // What interrupted a write was heeded: writes again.
  void goOn() { m_interrupted = false; }
  [[nodiscard]] const Outcome& trouble() const { return m_trouble; }  // standard output could not be written

  // Standard error, for people: clears a progress line first.
  void note(std::string_view text);
  // The same, wrapped where a person sees it; a file or a pipe gets one line.
  void sentence(std::string_view text);
  // One line that is rewritten in place; shown on a terminal only. Empty: cleared.
  void progress(std::string_view text);

  // Replaces what the previous repaint wrote, in place. For terminals.
  void repaint(std::string_view lines);

  [[nodiscard]] std::string paint(Colour colour, std::string_view text) const;  // for standard output
  [[nodiscard]] bool isTerminal() const { return m_outIsTerminal; }
  [[nodiscard]] std::size_t width() const;  // columns; 80 where nobody tells

private:
  const Interrupt* m_interrupt;
  bool m_outIsTerminal = false;
  bool m_errIsTerminal = false;
  bool m_smart = false;  // understands cursor movement
  bool m_colours = false;
  bool m_closed = false;
  bool m_interrupted = false;
  bool m_progressShown = false;
  std::size_t m_painted = 0;  // lines of the last repaint
  Outcome m_trouble;
};

}  // namespace lull::cli
