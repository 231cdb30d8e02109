// SPDX-License-Identifier: Apache-2.0
// The service's side of worker.proto: messages over one socket. One thread: the loop's.
#pragma once

#include "base/file.h"
#include "base/result.h"
#include "wire/frame.h"
#include "worker.pb.h"

#include <asio/io_context.hpp>
#include <asio/posix/stream_descriptor.hpp>

#include <deque>
#include <functional>
#include <memory>
#include <string>

namespace lull::runtimes {

class Conversation : public std::enable_shared_from_this<Conversation> {
public:
  struct Listener {
    std::function<void(const worker::v1::FromWorker&)> heard;
    std::function<void(const std::string&)> broken;  // what the other side did; nothing is heard after it
  };
  // The second is the worker's end. The listener is never called from inside begin() or send().
  struct Ends;
  [[nodiscard]] static Result<Ends> create(asio::io_context& loop);
  explicit Conversation(asio::io_context& loop) : m_socket(loop) {}

  void begin(Listener listener);
  // TooBig: the message is, or the worker has left too much unread. To a worker that cannot be written to nothing is
  // sent: its end comes through the process. `question`: the one that the message asks; 0: none.
  [[nodiscard]] Outcome send(const worker::v1::ToWorker& message, std::uint64_t question = 0);
  // False: the question is on its way already, or was never sent.
  [[nodiscard]] bool takeBack(std::uint64_t question);
  // What the worker wrote before it ended, all in the socket by now; then closes.
  void end();

private:
  void sendNext();
  void read();
  bool hear(std::size_t most);
  bool takeFrames();
  bool broken(const std::string& how);

  asio::posix::stream_descriptor m_socket;
  Listener m_listener;
  struct Frame {
    std::string bytes;
    std::uint64_t question = 0;
  };
  std::string m_sending;
  std::deque<Frame> m_waiting;
  std::size_t m_waitingBytes = 0;
  bool m_deaf = false;  // a write has failed
  wire::FrameReader m_frames;
};

struct Conversation::Ends {
  std::shared_ptr<Conversation> ours;
  Fd theirs;
};

}  // namespace lull::runtimes
