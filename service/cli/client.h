// SPDX-License-Identifier: Apache-2.0
// The blocking client: one connection, one request at a time, events of a stream kept in order between them.
// Every wait ends early when the interrupt comes (kind Unavailable) and after Options::answerLimit.
#pragma once

#include "base/file.h"
#include "base/time.h"
#include "cli/interrupt.h"
#include "wire/conversation.h"
#include "wire/frame.h"

#include <deque>
#include <filesystem>
#include <optional>
#include <string>
#include <utility>

namespace lull::cli {

class Client {
public:
  struct Options {
    std::filesystem::path socket;
    Milliseconds answerLimit{30'000};
  };
  // Connects and says Hello. Unavailable: nobody listens; Denied: the socket may not be opened; Version.
  [[nodiscard]] static Result<Client> connect(Options options, const Interrupt& interrupt);

  template <typename Request>
  [[nodiscard]] Result<typename wire::Call<Request>::Reply> call(Request request) {
    v1::ClientFrame frame;
    wire::Call<Request>::put(frame, std::move(request));
    auto reply = exchange(std::move(frame));
    if (!reply) return reply.error();
    return wire::takeReply<Request>(std::move(*reply));
  }

  // The next event of the stream begun last; nullopt when `limit` has passed. No limit: waits for ever.
  [[nodiscard]] Result<std::optional<v1::ServerFrame>> nextEvent(std::optional<Milliseconds> limit = std::nullopt);

  // Of the last request: its stream's events have it.
  [[nodiscard]] std::uint64_t lastId() const { return m_lastId; }
  [[nodiscard]] const v1::HelloReply& hello() const { return m_hello; }
  // The connection is of no more use: the service has gone away, fell silent or spoke nonsense.
  [[nodiscard]] bool lost() const { return !m_fd; }

private:
  Client(Options options, const Interrupt& interrupt) : m_options(std::move(options)), m_interrupt(&interrupt) {}

  enum class Wait { Ready, Late };
  [[nodiscard]] Outcome open();
  [[nodiscard]] Outcome sayHello();
  [[nodiscard]] Result<v1::ServerFrame> exchange(v1::ClientFrame frame);
  [[nodiscard]] Outcome send(std::string_view bytes, Instant deadline);
  // The next frame; nullopt when the deadline has passed.
  [[nodiscard]] Result<std::optional<v1::ServerFrame>> receive(std::optional<Instant> deadline);
  [[nodiscard]] Result<std::optional<v1::ServerFrame>> takeFrame();
  [[nodiscard]] Outcome fillReader();
  [[nodiscard]] Result<Wait> waitFor(short events, std::optional<Instant> deadline);
  [[nodiscard]] Error lose(std::string text);

  Options m_options;
  const Interrupt* m_interrupt;
  Fd m_fd;
  wire::FrameReader m_reader;
  std::deque<v1::ServerFrame> m_events;
  v1::HelloReply m_hello;
  std::uint64_t m_lastId = 0;
};

}  // namespace lull::cli
