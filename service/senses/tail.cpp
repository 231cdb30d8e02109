// SPDX-License-Identifier: Apache-2.0
#include "senses/tail.h"

#include "process/child.h"
#include "process/read_available.h"

#include <system_error>

namespace lull::senses {

namespace {
constexpr std::size_t kPiece = 4096;
constexpr std::size_t kPipe = 1 << 20;  // more than a pipe holds
}  // namespace

struct Tail::State {
  using Pipe = asio::posix::stream_descriptor;
  State(asio::io_context& loop, std::size_t most) : pipe(loop), limit(most) {}

  Pipe pipe;
  std::string text;
  std::size_t limit;
  bool overflown = false;

  std::error_code read(std::size_t most) {
    return process::readAvailable(pipe, most, [this](std::string_view piece) {
      text += piece;
      if (text.size() <= limit) return;
      overflown = true;
      text.erase(0, text.size() - limit);
    });
  }
  static void readOn(const std::shared_ptr<State>& self) {
    self->pipe.async_wait(Pipe::wait_read, [self](std::error_code error) {
      if (!error) error = self->read(kPiece);
      if (!error || error == asio::error::would_block) readOn(self);
    });
  }
  // The loop may not have come to the last bytes yet. Bounded: a writer that escaped may still write.
  void readRest() {
    std::error_code error = read(kPipe);
    pipe.close(error);
  }
};

Tail::Tail(asio::io_context& loop, std::size_t limit) : m_loop(loop), m_limit(limit) {}

Tail::~Tail() { static_cast<void>(close()); }

Result<Fd> Tail::open() {
  static_cast<void>(close());
  auto pipe = process::makePipe();
  if (!pipe) return pipe.error();
  m_state = std::make_shared<State>(m_loop, m_limit);
  std::error_code error;
  m_state->pipe.assign(pipe->read.get(), error);
  if (error) return Error(Error::Kind::Io, "watching a pipe: " + error.message());
  static_cast<void>(pipe->read.release());
  State::readOn(m_state);
  return std::move(pipe->write);
}

std::string Tail::close() {
  if (!m_state || !m_state->pipe.is_open()) return {};
  m_state->readRest();
  return std::move(m_state->text);
}

bool Tail::overflown() const { return m_state && m_state->overflown; }

}  // namespace lull::senses
