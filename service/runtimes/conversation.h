// SPDX-License-Identifier: Apache-2.0
// The service's side of worker.proto: messages over one socket. One thread: the loop's.
#pragma once

#include "base/file.h"
#include "base/result.h"
#include "wire/frame.h"
#include "worker.pb.h"

#include <asio/io_context.hpp>
#include <asio/posix/stream_descriptor.hpp>

#include <array>
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
  // An error: the message is too big.
  [[nodiscard]] Outcome send(const worker::v1::ToWorker& message);
  // What the worker wrote before it ended, all in the socket by now; then closes.
  void end();

private:
  void sendWaiting();
  void read();
  bool takeFrames();
  bool broken(const std::string& how);

  asio::posix::stream_descriptor m_socket;
  Listener m_listener;
  std::array<char, 16384> m_chunk{};
  std::string m_sending;
  std::string m_waiting;
  wire::FrameReader m_frames;
};

struct Conversation::Ends {
  std::shared_ptr<Conversation> ours;
  Fd theirs;
};

}  // namespace lull::runtimes
