// SPDX-License-Identifier: Apache-2.0
#include "runtimes/sandbox/listening.h"

#include "process/read_available.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>

namespace lull::sandbox {

namespace {

constexpr auto kRest = std::chrono::milliseconds(20);  // at most 4 KiB in this time: 200 kB/s
constexpr std::size_t kPiece = 4096;
constexpr std::size_t kFreely = 4096;            // read as it comes
constexpr std::size_t kRestBytes = 64 * kPiece;  // what a pipe holds

}  // namespace

struct Listening::Ear : std::enable_shared_from_this<Listening::Ear> {
  Ear(asio::io_context& loop, std::size_t bytes) : pipe(loop), pause(loop), kept(bytes) {}

  asio::posix::stream_descriptor pipe;
  asio::steady_timer pause;
  const std::size_t kept;
  std::size_t heard = 0;
  std::string text;
  std::function<void()> atEnd;

  void read() {
    pipe.async_wait(pipe.wait_read, [self = shared_from_this()](asio::error_code code) {
      if (code == asio::error::operation_aborted || !self->pipe.is_open()) return;
      if (!code) code = self->readSome(kPiece);
      if (code && code != asio::error::would_block) return self->end();
      self->heard < kFreely ? self->read() : self->readLater();
    });
  }
  asio::error_code readSome(std::size_t most) {
    return process::readAvailable(pipe, most, [this](std::string_view piece) {
      heard += piece.size();
      text += piece;
      if (text.size() > kept) text.erase(0, text.size() - kept);
    });
  }
  void readLater() {
    pause.expires_after(kRest);
    pause.async_wait([self = shared_from_this()](asio::error_code code) {
      if (!code && self->pipe.is_open()) self->read();
    });
  }
  void end() {
    asio::error_code ignored;
    pipe.close(ignored);
    if (const auto told = std::exchange(atEnd, nullptr)) told();
  }
};

Listening::Listening(asio::io_context& loop, Fd fd, std::size_t kept) : m_ear(std::make_shared<Ear>(loop, kept)) {
  if (fd) m_ear->pipe.assign(fd.release());
}

Listening::~Listening() { stop(); }

void Listening::hear(std::function<void()> atEnd) {
  if (!m_ear->pipe.is_open()) return;
  m_ear->atEnd = std::move(atEnd);
  m_ear->read();
}

void Listening::hearRest() {
  if (m_ear->pipe.is_open()) m_ear->readSome(kRestBytes);
}

void Listening::stop() {
  asio::error_code ignored;
  m_ear->atEnd = nullptr;
  m_ear->pause.cancel();
  m_ear->pipe.close(ignored);
}

const std::string& Listening::text() const { return m_ear->text; }

std::string lastLine(const std::string& text) {
  const auto end = text.find_last_not_of("\n\r\t ");
  if (end == std::string::npos) return {};
  const auto before = text.rfind('\n', end);
  auto line = text.substr(before == std::string::npos ? 0 : before + 1);
  line.resize(line.find_last_not_of("\n\r\t ") + 1);
  std::erase_if(line, [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; });
  return line;
}

}  // namespace lull::sandbox
