// SPDX-License-Identifier: Apache-2.0
#include "cli/client.h"

#include "base/version.h"

#include <fmt/core.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <climits>
#include <cstring>

namespace lull::cli {

namespace {

Instant now() { return SystemClock().now().instant; }

Error interrupted() { return {Error::Kind::Unavailable, "interrupted"}; }

int timeoutMs(std::optional<Instant> deadline) {
  if (!deadline) return -1;
  const auto left = std::chrono::ceil<Milliseconds>(*deadline - now()).count();
  return static_cast<int>(std::clamp<std::int64_t>(left, 0, INT_MAX));
}

Error notRunning(const std::filesystem::path& socket) {
  return {Error::Kind::Unavailable,
          fmt::format("lulld is not running (no one listens on {}). Start it with `systemctl start lulld`, or "
                      "`./dev run` in a source tree.",
                      socket.native())};
}

Error connectError(const std::filesystem::path& socket) {
  const int code = errno;
  if (code == ENOENT || code == ECONNREFUSED || code == ENOTDIR) return notRunning(socket);
  if (code == EACCES || code == EPERM) {
    return {Error::Kind::Denied, fmt::format("you may not talk to the service on {}: it belongs to another user. Run "
                                             "this as that user, or name another service with --socket.",
                                             socket.native())};
  }
  return fromErrno(code, "connect to", socket.native());
}

bool isEvent(const v1::ServerFrame& frame) {
  return frame.has_status_event() || frame.has_log_event() || frame.has_ask_event();
}

}  // namespace

Result<Client> Client::connect(Options options, const Interrupt& interrupt) {
  Client client(std::move(options), interrupt);
  if (auto opened = client.open(); !opened) return opened.error();
  if (auto greeted = client.sayHello(); !greeted) return greeted.error();
  return client;
}

Outcome Client::open() {
  const auto& path = m_options.socket.native();
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.size() >= sizeof address.sun_path) {
    return Error(Error::Kind::Invalid, fmt::format("the socket's path is too long ({} bytes, at most {}): {}",
                                                   path.size(), sizeof address.sun_path - 1, path));
  }
  std::memcpy(address.sun_path, path.data(), path.size());
  m_fd.reset(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  if (!m_fd) return fromErrno("socket");
  if (::connect(m_fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
    auto error = connectError(m_options.socket);
    m_fd.reset();
    return error;
  }
  return {};
}

Outcome Client::sayHello() {
  v1::HelloRequest request;
  request.set_min_version(wire::kMinVersion);
  request.set_max_version(wire::kMaxVersion);
  request.set_client(std::string("lull ") + kVersion);
  auto reply = call(std::move(request));
  if (!reply) return reply.error();
  m_hello = *std::move(reply);
  return {};
}

Result<v1::ServerFrame> Client::exchange(v1::ClientFrame frame) {
  if (lost()) return Error(Error::Kind::Unavailable, "the service has gone away");
  frame.set_id(++m_lastId);
  std::string bytes;
  if (auto framed = wire::appendFrame(bytes, frame); !framed) return framed.error();
  const Instant deadline = now() + m_options.answerLimit;
  if (auto sent = send(bytes, deadline); !sent) return sent.error();
  for (;;) {
    auto received = receive(deadline);
    if (!received) return received.error();
    if (!*received) {
      return lose(fmt::format("lulld has not answered for {} s; look at its log with `journalctl -u lulld`",
                              std::chrono::ceil<Seconds>(m_options.answerLimit).count()));
    }
    auto& answer = **received;
    if (isEvent(answer)) {
      m_events.push_back(std::move(answer));
    } else if (answer.id() == m_lastId) {
      return std::move(answer);
    } else {
      // Id 0: the service refuses the connection as a whole.
      if (answer.has_error()) return wire::fromWire(answer.error());
      return lose("lulld answered a request that was not made; is something else listening there?");
    }
  }
}

Result<std::optional<v1::ServerFrame>> Client::nextEvent(std::optional<Milliseconds> limit) {
  if (!m_events.empty()) {
    auto event = std::move(m_events.front());
    m_events.pop_front();
    return std::optional(std::move(event));
  }
  if (lost()) return Error(Error::Kind::Unavailable, "the service has gone away");
  auto received = receive(limit ? std::optional(now() + *limit) : std::nullopt);
  if (received && *received && (*received)->has_error()) return wire::fromWire((*received)->error());
  return received;
}

Outcome Client::send(std::string_view bytes, Instant deadline) {
  while (!bytes.empty()) {
    const ssize_t n = ::send(m_fd.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
    if (n >= 0) {
      bytes.remove_prefix(static_cast<std::size_t>(n));
      continue;
    }
    if (errno == EINTR) continue;
    // A service that refuses and closes may have said why: the answer is read before the loss is told.
    if (errno == EPIPE || errno == ECONNRESET) return {};
    if (errno != EAGAIN) return lose("the connection to lulld broke: " + fromErrno("send").text());
    auto waited = waitFor(POLLOUT, deadline);
    if (!waited) return waited.error();
    if (*waited == Wait::Late) return lose("lulld does not take what it is sent; look at its log");
  }
  return {};
}

Result<std::optional<v1::ServerFrame>> Client::receive(std::optional<Instant> deadline) {
  for (;;) {
    auto frame = takeFrame();
    if (!frame || *frame) return frame;
    auto waited = waitFor(POLLIN, deadline);
    if (!waited) return waited.error();
    if (*waited == Wait::Late) return std::optional<v1::ServerFrame>{};
    if (auto filled = fillReader(); !filled) return filled.error();
  }
}

Result<std::optional<v1::ServerFrame>> Client::takeFrame() {
  auto bytes = m_reader.next();
  if (!bytes) return lose("lulld spoke nonsense (" + bytes.error().text() + "); is something else listening there?");
  if (!*bytes) return std::optional<v1::ServerFrame>{};
  v1::ServerFrame frame;
  if (!frame.ParseFromArray((*bytes)->data(), static_cast<int>((*bytes)->size()))) {
    return lose("lulld spoke nonsense (a frame that does not parse); is something else listening there?");
  }
  return std::optional(std::move(frame));
}

Outcome Client::fillReader() {
  std::array<char, 65536> chunk;  // not cleared: recv writes what is used
  const ssize_t n = ::recv(m_fd.get(), chunk.data(), chunk.size(), MSG_DONTWAIT);
  if (n > 0) {
    m_reader.feed({chunk.data(), static_cast<std::size_t>(n)});
    return {};
  }
  if (n < 0 && (errno == EINTR || errno == EAGAIN)) return {};
  return lose("lulld has gone away. Is it being restarted? Try again, or look at its log.");
}

Result<Client::Wait> Client::waitFor(short events, std::optional<Instant> deadline) {
  for (;;) {
    if (m_interrupt->pending()) return interrupted();
    std::array<pollfd, 2> fds{pollfd{m_fd.get(), events, 0}, pollfd{m_interrupt->fd(), POLLIN, 0}};
    const int n = ::poll(fds.data(), fds.size(), timeoutMs(deadline));
    if (n < 0 && errno != EINTR) return fromErrno("poll");
    if (n <= 0) {
      if (deadline && now() >= *deadline) return Wait::Late;
      continue;
    }
    if (fds[1].revents != 0) return interrupted();
    if (fds[0].revents != 0) return Wait::Ready;
  }
}

Error Client::lose(std::string text) {
  m_fd.reset();
  return {Error::Kind::Unavailable, std::move(text)};
}

}  // namespace lull::cli
