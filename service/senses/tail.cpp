// SPDX-License-Identifier: Apache-2.0
#include "senses/tail.h"

#include "process/child.h"

#include <asio/buffer.hpp>

#include <system_error>

namespace lull::senses {

namespace {
constexpr std::size_t kPipe = 1 << 20;  // more than a pipe holds
}

struct Tail::State {
  State(asio::io_context& loop, std::size_t most) : pipe(loop), limit(most) {}

  asio::posix::stream_descriptor pipe;
  std::array<char, 4096> chunk{};
  std::string text;
  std::size_t limit;
  bool overflown = false;

  void keep(std::size_t count) {
    text.append(chunk.data(), count);
    if (text.size() <= limit) return;
    overflown = true;
    text.erase(0, text.size() - limit);
  }
  static void readOn(const std::shared_ptr<State>& self) {
    self->pipe.async_read_some(asio::buffer(self->chunk), [self](const std::error_code& error, std::size_t count) {
      if (error) return;
      self->keep(count);
      readOn(self);
    });
  }
  // The loop may not have come to the last bytes yet. Bounded: a writer that escaped may still write.
  void readRest() {
    std::error_code error;
    pipe.cancel(error);
    pipe.non_blocking(true, error);
    for (std::size_t read = 0; !error && read <= kPipe;) {
      const std::size_t count = pipe.read_some(asio::buffer(chunk), error);
      keep(count);
      read += count;
    }
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
