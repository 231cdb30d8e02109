// SPDX-License-Identifier: Apache-2.0
#include "cli/chat/keyboard.h"

#include <poll.h>
#include <unistd.h>

#include <array>
#include <cerrno>

namespace lull::cli {

namespace {

constexpr std::size_t kMostTyped = 4095;        // of a line, by the kernel
constexpr std::size_t kMostInput = 512 * 1024;  // with room to spare in a frame

// What is there; empty: the end, nullopt: an interrupt.
Result<std::optional<std::string>> readSome(const Interrupt& interrupt) {
  for (;;) {
    std::array<pollfd, 2> fds{pollfd{STDIN_FILENO, POLLIN, 0}, pollfd{interrupt.fd(), POLLIN, 0}};
    if (::poll(fds.data(), fds.size(), -1) < 0 && errno != EINTR) return fromErrno("poll");
    if (interrupt.pending()) return std::optional<std::string>();
    if (fds[0].revents == 0) continue;
    std::array<char, 65536> chunk;  // not cleared: read writes what is used
    const ssize_t n = ::read(STDIN_FILENO, chunk.data(), chunk.size());
    if (n < 0 && (errno == EINTR || errno == EAGAIN)) continue;
    if (n < 0) return fromErrno("read", "standard input");
    return std::optional(std::string(chunk.data(), static_cast<std::size_t>(n)));
  }
}

}  // namespace

bool Keyboard::isPerson() { return ::isatty(STDIN_FILENO) == 1; }

std::optional<std::string> Keyboard::line() {
  std::string all;
  m_cut = false;
  for (;;) {
    auto part = oneLine();
    if (!part) return std::nullopt;
    m_cut = m_cut || part->size() >= kMostTyped;
    const bool goesOn = part->ends_with('\\');
    if (goesOn) part->pop_back();
    all += *part;
    if (!goesOn) return all;
    all += '\n';
  }
}

std::optional<std::string> Keyboard::oneLine() {
  for (;;) {
    if (const auto end = m_typed.find('\n'); end != std::string::npos) {
      auto out = m_typed.substr(0, end);
      m_typed.erase(0, end + 1);
      return out;
    }
    const auto more = readSome(*m_interrupt);
    if (!more || !*more || (*more)->empty()) return std::nullopt;
    m_typed += **more;
  }
}

Result<std::string> readStandardInput(const Interrupt& interrupt) {
  std::string all;
  for (;;) {
    const auto more = readSome(interrupt);
    if (!more) return more.error();
    if (!*more) return Error(Error::Kind::Unavailable, "interrupted");
    if ((*more)->empty()) return all;
    all += **more;
    if (all.size() > kMostInput) {
      return Error(Error::Kind::TooBig, "standard input is too long for a question: at most 512 KiB are read");
    }
  }
}

}  // namespace lull::cli
