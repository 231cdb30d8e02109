// SPDX-License-Identifier: Apache-2.0
#include "runtimes/conversation.h"

#include "process/read_available.h"

#include <sys/socket.h>
#include <asio/write.hpp>

#include <algorithm>
#include <array>
#include <utility>

namespace lull::runtimes {

namespace wp = lull::worker::v1;

namespace {

constexpr std::size_t kPiece = 16 * 1024;
constexpr std::size_t kUnread = 16 << 20;      // more than a socket holds
constexpr std::size_t kMostWaiting = 2 << 20;  // a start and a question, each as big as a frame may be

}  // namespace

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

Outcome Conversation::send(const wp::ToWorker& message, std::uint64_t question) {
  if (m_deaf) return {};
  Frame frame{.question = question};
  if (auto framed = wire::appendFrame(frame.bytes, message); !framed) return framed;
  if (m_waitingBytes + frame.bytes.size() > kMostWaiting) {
    return Error(Error::Kind::TooBig, "it does not read what it is told");
  }
  m_waitingBytes += frame.bytes.size();
  m_waiting.push_back(std::move(frame));
  if (m_sending.empty()) sendNext();
  return {};
}

bool Conversation::takeBack(std::uint64_t question) {
  const auto found = std::ranges::find(m_waiting, question, &Frame::question);
  if (question == 0 || found == m_waiting.end()) return false;
  m_waitingBytes -= found->bytes.size();
  m_waiting.erase(found);
  return true;
}

// One write at a time: two at once would mix their bytes.
void Conversation::sendNext() {
  m_sending = std::move(m_waiting.front().bytes);
  m_waiting.pop_front();
  m_waitingBytes -= m_sending.size();
  asio::async_write(m_socket, asio::buffer(m_sending), [self = shared_from_this()](asio::error_code code, std::size_t) {
    self->m_sending.clear();
    self->m_deaf = static_cast<bool>(code);
    if (code) self->m_waiting.clear();
    if (!self->m_waiting.empty()) self->sendNext();
  });
}

void Conversation::read() {
  m_socket.async_wait(asio::posix::stream_descriptor::wait_read, [self = shared_from_this()](asio::error_code code) {
    if (!code && self->hear(kPiece)) self->read();  // else: its end comes through the process
  });
}

void Conversation::end() {
  if (!m_socket.is_open()) return;
  hear(kUnread);
  m_listener = {};
  asio::error_code ignored;
  m_socket.close(ignored);
}

// False: there is nothing more to come.
bool Conversation::hear(std::size_t most) {
  bool sound = true;
  const auto code = process::readAvailable(m_socket, most, [&](std::string_view piece) {
    if (!sound) return;
    m_frames.feed(piece);
    sound = takeFrames();
  });
  return sound && (!code || code == asio::error::would_block);
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
