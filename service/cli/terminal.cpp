// SPDX-License-Identifier: Apache-2.0
#include "cli/terminal.h"

#include "cli/format.h"

#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstdlib>

namespace lull::cli {

namespace {

constexpr std::size_t kDefaultWidth = 80;

std::string_view environment(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? std::string_view{} : value;
}

std::string_view codeOf(Colour colour) {
  switch (colour) {
    case Colour::Plain:
      return "";
    case Colour::Bold:
      return "\x1b[1m";
    case Colour::Dim:
      return "\x1b[2m";
    case Colour::Green:
      return "\x1b[32m";
    case Colour::Yellow:
      return "\x1b[33m";
    case Colour::Red:
      return "\x1b[31m";
    case Colour::Blue:
      return "\x1b[34m";
  }
  return "";
}

// errno of the failed write, or 0.
int writeAll(int fd, std::string_view bytes, const Interrupt& interrupt) {
  while (!bytes.empty()) {
    const ssize_t n = ::write(fd, bytes.data(), bytes.size());
    if (n >= 0) {
      bytes.remove_prefix(static_cast<std::size_t>(n));
    } else if (errno != EINTR || interrupt.pending()) {
      return errno;
    }
  }
  return 0;
}

}  // namespace

Terminal::Terminal(const Interrupt& interrupt)
    : m_interrupt(&interrupt),
      m_outIsTerminal(::isatty(STDOUT_FILENO) == 1),
      m_errIsTerminal(::isatty(STDERR_FILENO) == 1),
      m_smart(!environment("TERM").empty() && environment("TERM") != "dumb"),
      m_colours(m_outIsTerminal && m_smart && environment("NO_COLOR").empty()) {}

void Terminal::print(std::string_view text) {
  if (closed() || !m_trouble) return;
  if (m_progressShown) progress({});
  const int code = writeAll(STDOUT_FILENO, text, *m_interrupt);
  if (code == 0) return;
  m_closed = code == EPIPE;
  m_interrupted = code == EINTR;
  if (!closed()) m_trouble = fromErrno(code, "write", "the output");
}

void Terminal::line(std::string_view text) { print(std::string(text) + "\n"); }

void Terminal::note(std::string_view text) {
  if (m_progressShown) progress({});
  [[maybe_unused]] const int ignored = writeAll(STDERR_FILENO, std::string(text) + "\n", *m_interrupt);
}

void Terminal::sentence(std::string_view text) { note(m_errIsTerminal ? wrap(text, width()) : std::string(text)); }

void Terminal::progress(std::string_view text) {
  if (!m_errIsTerminal || !m_smart || (text.empty() && !m_progressShown)) return;
  m_progressShown = !text.empty();
  const auto shown = "\r\x1b[K" + shorten(text, width() - 1);
  [[maybe_unused]] const int ignored = writeAll(STDERR_FILENO, shown, *m_interrupt);
}

void Terminal::repaint(std::string_view lines) {
  std::string out;
  if (m_smart && m_painted > 0) out = "\x1b[" + std::to_string(m_painted) + "A";
  out += '\r';
  for (const char c : lines) {
    if (c == '\n' && m_smart) out += "\x1b[K";
    out += c;
  }
  if (m_smart) out += "\x1b[J";
  m_painted = static_cast<std::size_t>(std::ranges::count(lines, '\n'));
  print(out);
}

std::string Terminal::paint(Colour colour, std::string_view text) const {
  if (!m_colours || colour == Colour::Plain) return std::string(text);
  return std::string(codeOf(colour)) + std::string(text) + "\x1b[0m";
}

std::size_t Terminal::width() const {
  winsize size{};
  if (m_outIsTerminal && ::ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0) {
    return std::max<std::size_t>(size.ws_col, 40);
  }
  const auto told = environment("COLUMNS");
  std::size_t columns = 0;
  const auto [end, code] = std::from_chars(told.data(), told.data() + told.size(), columns);
  return code == std::errc{} && end == told.data() + told.size() && columns >= 40 ? columns : kDefaultWidth;
}

}  // namespace lull::cli
