// SPDX-License-Identifier: Apache-2.0
#include "runtimes/conversation.h"

#include <sys/socket.h>
#include <asio/write.hpp>

#include <utility>

namespace lull::runtimes {

namespace wp = lull::worker::v1;

Result<Conversation::Ends> Conversation::create(asio::io_context& loop) {
  std::array<int, 2> pair{};
  if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair.data()) != 0) return fromErrno("socketpair");
  Ends ends{std::make_shared<Conversation>(loop), Fd(pair[1])};
  ends.ours->m_socket.assign(pair[0]);
  return ends;
}

void Conversation::begin(Listener listener) {
  m_listener = std::move(listener);
  read();
}

Outcome Conversation::send(const wp::ToWorker& message) {
  const bool idle = m_waiting.empty() && m_sending.empty();
  if (auto framed = wire::appendFrame(m_waiting, message); !framed) return framed;
  if (idle) sendWaiting();
  return {};
}

// One write at a time: two at once would mix their bytes.
void Conversation::sendWaiting() {
  m_sending = std::exchange(m_waiting, {});
  asio::async_write(m_socket, asio::buffer(m_sending), [self = shared_from_this()](asio::error_code code, std::size_t) {
    self->m_sending.clear();
    if (!code && !self->m_waiting.empty()) self->sendWaiting();
  });
}

void Conversation::read() {
  m_socket.async_read_some(asio::buffer(m_chunk), [self = shared_from_this()](asio::error_code code, std::size_t n) {
    if (code) return;  // its end comes through the process
    self->m_frames.feed({self->m_chunk.data(), n});
    if (self->takeFrames()) self->read();
  });
}

void Conversation::end() {
  asio::error_code code;
  if (!m_socket.is_open()) return;
  m_socket.non_blocking(true, code);
  while (!code) {
    const auto n = m_socket.read_some(asio::buffer(m_chunk), code);
    if (code || n == 0) break;
    m_frames.feed({m_chunk.data(), n});
    if (!takeFrames()) break;
  }
  m_listener = {};
  m_socket.close(code);
}

bool Conversation::takeFrames() {
  for (;;) {
    auto frame = m_frames.next();
    if (!frame) return broken("it spoke garbage: " + frame.error().text());
    if (!frame->has_value()) return true;
    wp::FromWorker message;
    if (!message.ParseFromArray(frame->value().data(), static_cast<int>(frame->value().size()))) {
      return broken("it sent a message that cannot be read");
    }
    if (m_listener.heard) m_listener.heard(message);
  }
}

bool Conversation::broken(const std::string& how) {
  if (m_listener.broken) m_listener.broken(how);
  m_listener = {};
  return false;
}

}  // namespace lull::runtimes
