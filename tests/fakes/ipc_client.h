// SPDX-License-Identifier: Apache-2.0
// A blocking client of the service's socket for tests: every wait has a bound. It can also misbehave: send raw bytes,
// stop reading, say nothing.
#pragma once

#include "base/file.h"
#include "base/result.h"
#include "base/time.h"
#include "lull/v1/envelope.pb.h"
#include "wire/conversation.h"
#include "wire/frame.h"

#include <cstdint>
#include <deque>
#include <filesystem>
#include <string>
#include <string_view>
#include <utility>

namespace lull::test {

inline constexpr Milliseconds kBound{20'000};  // generous: for sanitizers and busy machines

class IpcClient {
public:
  // Connects and says nothing. Tries again until `bound` while nobody listens there: the service may be starting.
  [[nodiscard]] static Result<IpcClient> connect(const std::filesystem::path& socket, Milliseconds bound = kBound);
  // Connects and says Hello.
  [[nodiscard]] static Result<IpcClient> open(const std::filesystem::path& socket, Milliseconds bound = kBound);

  // Sends a request and waits for its reply; events that come meanwhile are kept for nextEvent.
  template <typename Request>
  [[nodiscard]] Result<typename wire::Call<Request>::Reply> call(Request request) {
    auto id = send(std::move(request));
    if (!id) return id.error();
    auto frame = waitFor(*id);
    if (!frame) return frame.error();
    return wire::takeReply<Request>(std::move(*frame));
  }
  // Sends a request without waiting; its id.
  template <typename Request>
  [[nodiscard]] Result<std::uint64_t> send(Request request) {
    v1::ClientFrame frame;
    frame.set_id(++m_lastId);
    wire::Call<Request>::put(frame, std::move(request));
    if (auto sent = sendFrame(frame); !sent) return sent.error();
    return m_lastId;
  }
  [[nodiscard]] Outcome sendFrame(const v1::ClientFrame& frame);
  [[nodiscard]] Outcome sendBytes(std::string_view bytes);
  // Sends what fits into the socket's buffer now, without waiting; how many bytes that was.
  [[nodiscard]] std::size_t sendSome(std::string_view bytes);

  // The reply with this id.
  [[nodiscard]] Result<v1::ServerFrame> waitFor(std::uint64_t id, Milliseconds bound = kBound);
  // The next StatusEvent, LogEvent or AskEvent. Unavailable: none came in time.
  [[nodiscard]] Result<v1::ServerFrame> nextEvent(Milliseconds bound = kBound);
  // The next frame of any kind. Io: the service closed the connection.
  [[nodiscard]] Result<v1::ServerFrame> nextFrame(Milliseconds bound = kBound);
  // Reads and drops all until the service closes the connection.
  [[nodiscard]] bool closedWithin(Milliseconds bound = kBound);

  [[nodiscard]] int fd() const { return m_fd.get(); }
  void disconnect() { m_fd.reset(); }

private:
  explicit IpcClient(Fd fd) : m_fd(std::move(fd)) {}
  [[nodiscard]] Result<v1::ServerFrame> receive(Instant until);

  Fd m_fd;
  wire::FrameReader m_reader;
  std::deque<v1::ServerFrame> m_events;
  std::uint64_t m_lastId = 0;
};

}  // namespace lull::test
