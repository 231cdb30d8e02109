// SPDX-License-Identifier: Apache-2.0
#include "ipc/connection.h"

#include "base/log.h"

#include <asio/buffer.hpp>
#include <asio/post.hpp>

#include <utility>

namespace lull::ipc {

namespace {

constexpr std::size_t kBacklog = 256 * 1024;      // with this much unsent no further request is taken
constexpr std::size_t kKeptCapacity = 64 * 1024;  // of the send queue while it is empty
constexpr int kFramesPerTurn = 16;                // then the other clients have their turn
constexpr std::size_t kBytesPerTurn = 256 * 1024;
constexpr Seconds kFarewell{5};

Milliseconds limitOf(const Limits& limits, bool greeted) { return greeted ? limits.halfFrame : limits.hello; }

}  // namespace

Connection::Connection(Room& room, Socket socket, Caller caller)
    : m_room(room), m_socket(std::move(socket)), m_caller(caller), m_timer(room.loop) {}

void Connection::start() {
  m_conversation = std::make_shared<Conversation>(m_room, m_caller, *this);
  asio::error_code code;
  m_socket.non_blocking(true, code);
  arm(Deadline::Hello);
  awaitBytes();
}

void Connection::close() {
  if (std::exchange(m_closed, true)) return;
  const auto self = shared_from_this();
  asio::error_code ignored;
  m_timer.cancel();
  m_socket.close(ignored);
  m_conversation->leave();
  m_room.left(m_caller.connection);
}

// Bytes in.

void Connection::awaitBytes() {
  if (std::exchange(m_reading, true)) return;
  m_socket.async_wait(Socket::wait_read, [self = shared_from_this()](const asio::error_code& error) {
    self->m_reading = false;
    if (self->m_closed) return;
    if (error) return self->close();
    self->readBytes();
  });
}

void Connection::readBytes() {
  asio::error_code error;
  const auto count = m_socket.read_some(asio::buffer(m_room.scratch), error);
  if (error == asio::error::would_block || error == asio::error::interrupted) return awaitBytes();
  if (error) return close();
  m_reader.feed({m_room.scratch.data(), count});
  pump();
}

void Connection::pump() {
  if (m_closed || m_pumping) return;
  m_pumping = true;
  const auto pause = takeFrames();
  m_pumping = false;
  flush();
  rest(pause);
}

Connection::Pause Connection::takeFrames() {
  std::size_t bytes = 0;
  for (int count = 0;; ++count) {
    if (m_failed || m_conversation->hasEnded()) return Pause::Ended;
    if (m_conversation->isBusy()) return Pause::Busy;
    if (pending() > kBacklog) return Pause::Backlog;
    if (count == kFramesPerTurn || bytes > kBytesPerTurn) return Pause::TurnOver;
    const auto frame = m_reader.next();
    if (!frame) {
      m_conversation->end(frame.error());
      return Pause::Ended;
    }
    if (!frame->has_value()) return Pause::NeedsBytes;
    bytes += (*frame)->size();
    m_conversation->receive(**frame);
    if (m_conversation->isGreeted()) disarm();
  }
}

// Nothing more can be taken now: sees to it that it goes on when it can.
void Connection::rest(Pause pause) {
  switch (pause) {
    case Pause::NeedsBytes:
      if (m_reader.hasPartialFrame() && m_deadline == Deadline::None) arm(Deadline::HalfFrame);
      return awaitBytes();
    case Pause::Busy:
      return;  // until proceed()
    case Pause::Backlog:
      if (!m_writing) pumpLater();
      return;  // otherwise until there is room
    case Pause::TurnOver:
      return pumpLater();
    case Pause::Ended:
      if (m_failed) return;
      if (pending() == 0) return fail();
      return arm(Deadline::Farewell);
  }
}

void Connection::pumpLater() {
  if (std::exchange(m_posted, true)) return;
  asio::post(m_room.loop, [self = shared_from_this()] {
    self->m_posted = false;
    self->pump();
  });
}

// Later, not here: a reply may be given from anywhere within the service.
void Connection::proceed() {
  if (!m_pumping) pumpLater();
}

// Bytes out.

Outcome Connection::send(const v1::ServerFrame& frame) {
  if (m_closed || m_failed) return {};
  return queued(wire::appendFrame(m_out, frame));
}

Outcome Connection::sendBody(std::uint64_t id, std::string_view body) {
  if (m_closed || m_failed) return {};
  v1::ServerFrame head;
  head.set_id(id);
  return queued(wire::appendFrame(m_out, head.SerializeAsString(), body));
}

Outcome Connection::queued(Outcome appended) {
  if (!appended) return appended;
  if (pending() > m_room.limits.queued) {
    log::warning("client {} (user {}) does not read what it asked for and is dropped", m_caller.connection,
                 m_caller.uid);
    fail();
  } else if (!m_pumping) {
    flush();
  }
  return {};
}

void Connection::flush() {
  if (m_closed || m_failed || m_writing || std::exchange(m_flushing, true)) return;
  while (!m_failed && pending() > 0 && write()) becameIdle();  // which sends what waited for that
  m_flushing = false;
}

// All of it, or it sees to it that it goes on when it can.
bool Connection::write() {
  while (pending() > 0) {
    asio::error_code error;
    m_sent += m_socket.write_some(asio::buffer(m_out.data() + m_sent, pending()), error);
    if (!error || error == asio::error::interrupted) continue;
    error == asio::error::would_block ? awaitRoom() : fail();
    return false;
  }
  m_sent = 0;
  m_out.clear();
  if (m_out.capacity() > kKeptCapacity) m_out.shrink_to_fit();
  return true;
}

void Connection::awaitRoom() {
  if (m_sent * 2 >= m_out.size()) {
    m_out.erase(0, m_sent);
    m_sent = 0;
  }
  m_writing = true;
  m_socket.async_wait(Socket::wait_write, [self = shared_from_this()](const asio::error_code& error) {
    self->m_writing = false;
    if (self->m_closed) return;
    if (error) return self->close();
    self->flush();
    if (!self->m_writing) self->pump();
  });
}

void Connection::becameIdle() {
  m_room.status->becameIdle(*this);
  m_room.log->becameIdle(*this);
  m_room.answers.becameIdle(*this);
}

void Connection::fail() {
  if (std::exchange(m_failed, true)) return;
  asio::post(m_room.loop, [self = shared_from_this()] { self->close(); });
}

// Deadlines.

void Connection::arm(Deadline deadline) {
  m_deadline = deadline;
  const auto limit = deadline == Deadline::Farewell ? Milliseconds(kFarewell)
                                                    : limitOf(m_room.limits, deadline == Deadline::HalfFrame);
  m_timer.expires_after(limit);
  m_timer.async_wait([self = shared_from_this(), deadline](const asio::error_code& error) {
    const bool stale = self->m_deadline != deadline || self->m_timer.expiry() > asio::steady_timer::clock_type::now();
    if (!error && !self->m_closed && !stale) self->deadlinePassed();
  });
}

void Connection::disarm() {
  if (m_deadline == Deadline::None) return;
  m_deadline = Deadline::None;
  m_timer.cancel();
}

void Connection::deadlinePassed() {
  const auto passed = std::exchange(m_deadline, Deadline::None);
  if (passed == Deadline::Farewell) return close();
  const char* text = passed == Deadline::Hello ? "no Hello came in time" : "a frame was left half-sent for too long";
  m_conversation->end(Error(Error::Kind::Invalid, text));
  rest(Pause::Ended);
}

}  // namespace lull::ipc
