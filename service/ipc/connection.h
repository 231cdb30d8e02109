// SPDX-License-Identifier: Apache-2.0
// One client's socket: bytes into frames, frames to its conversation, answers out. Reads no further while a request is
// under way or answers wait to be taken, so that what a client can make us hold is bounded. Has a timer armed only
// while it waits for Hello, for the rest of a frame, or for a last word to be taken.
#pragma once

#include "ipc/conversation.h"
#include "ipc/line.h"
#include "wire/frame.h"

#include <asio/local/stream_protocol.hpp>
#include <asio/steady_timer.hpp>

#include <memory>
#include <string>

namespace lull::ipc {

class Connection final : public Line, public std::enable_shared_from_this<Connection> {
public:
  using Socket = asio::local::stream_protocol::socket;
  Connection(Room& room, Socket socket, Caller caller);

  void start();
  // Ends it at once. Only from the loop, never from within a call of Line.
  void close();
  [[nodiscard]] const Caller& caller() const { return m_caller; }

  Outcome send(const v1::ServerFrame& frame) override;
  Outcome sendBody(std::uint64_t id, std::string_view body) override;
  [[nodiscard]] bool isIdle() const override { return pending() == 0 && !m_failed; }
  void proceed() override;

private:
  enum class Deadline { None, Hello, HalfFrame, Farewell };
  enum class Pause { NeedsBytes, Busy, Backlog, TurnOver, Ended };

  void awaitBytes();
  void readBytes();
  void pump();
  Pause takeFrames();
  void rest(Pause pause);
  void pumpLater();

  Outcome queued(Outcome appended);
  [[nodiscard]] std::size_t pending() const { return m_out.size() - m_sent; }
  void flush();
  [[nodiscard]] bool write();
  void awaitRoom();
  void becameIdle();
  void fail();

  void arm(Deadline deadline);
  void disarm();
  void deadlinePassed();

  Room& m_room;
  Socket m_socket;
  Caller m_caller;
  asio::steady_timer m_timer;
  Deadline m_deadline = Deadline::None;
  std::shared_ptr<Conversation> m_conversation;
  wire::FrameReader m_reader;
  std::string m_out;       // frames to be sent
  std::size_t m_sent = 0;  // of m_out
  bool m_reading = false;  // waits for bytes
  bool m_writing = false;  // waits for room
  bool m_flushing = false;
  bool m_pumping = false;  // frames are being taken: what they are answered goes out together afterwards
  bool m_posted = false;   // pump() will be called
  bool m_failed = false;   // close() will be called
  bool m_closed = false;
};

}  // namespace lull::ipc
