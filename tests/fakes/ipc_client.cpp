// SPDX-License-Identifier: Apache-2.0
#include "fakes/ipc_client.h"

#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <thread>

namespace lull::test {

namespace {

Instant now() { return SystemClock().now().instant; }

bool isEvent(const v1::ServerFrame& frame) {
  return frame.has_status_event() || frame.has_log_event() || frame.has_ask_event();
}

Error late() { return {Error::Kind::Unavailable, "nothing came from the service in time"}; }

Result<Fd> tryConnect(const std::filesystem::path& socket) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (socket.native().size() >= sizeof(address.sun_path)) return Error(Error::Kind::Invalid, "socket path too long");
  std::strcpy(address.sun_path, socket.c_str());
  Fd fd(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  if (!fd) return fromErrno("socket");
  if (::connect(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof(address)) != 0) {
    return fromErrno("connect", socket.native());
  }
  return fd;
}

// Waits until the descriptor is ready for `events`; false when the time is over.
bool ready(int fd, short events, Instant until) {
  for (;;) {
    const auto left = std::chrono::ceil<Milliseconds>(until - now());
    pollfd p{fd, events, 0};
    const int n = ::poll(&p, 1, static_cast<int>(std::max<Milliseconds::rep>(left.count(), 0)));
    if (n > 0) return true;
    if (n == 0) return false;
    if (errno != EINTR) return false;
  }
}

}  // namespace

Result<IpcClient> IpcClient::connect(const std::filesystem::path& socket, Milliseconds bound) {
  const auto until = now() + bound;
  for (;;) {
    auto fd = tryConnect(socket);
    if (fd) return IpcClient(std::move(*fd));
    if (now() >= until) return fd.error();
    std::this_thread::sleep_for(Milliseconds(2));  // between looks at the condition we wait for
  }
}

Result<IpcClient> IpcClient::open(const std::filesystem::path& socket, Milliseconds bound) {
  auto client = connect(socket, bound);
  if (!client) return client;
  v1::HelloRequest hello;
  hello.set_min_version(wire::kMinVersion);
  hello.set_max_version(wire::kMaxVersion);
  hello.set_client("test");
  auto reply = client->call(std::move(hello));
  if (!reply) return reply.error();
  return client;
}

Outcome IpcClient::sendFrame(const v1::ClientFrame& frame) {
  std::string bytes;
  if (auto fits = wire::appendFrame(bytes, frame); !fits) return fits;
  return sendBytes(bytes);
}

Outcome IpcClient::sendBytes(std::string_view bytes) {
  const auto until = now() + kBound;
  while (!bytes.empty()) {
    const ssize_t n = ::send(m_fd.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
    if (n >= 0) {
      bytes.remove_prefix(static_cast<std::size_t>(n));
      continue;
    }
    if (errno != EAGAIN && errno != EINTR) return fromErrno("send");
    if (!ready(m_fd.get(), POLLOUT, until)) return late();
  }
  return {};
}

std::size_t IpcClient::sendSome(std::string_view bytes) {
  std::size_t sent = 0;
  while (sent < bytes.size()) {
    const ssize_t n = ::send(m_fd.get(), bytes.data() + sent, bytes.size() - sent, MSG_NOSIGNAL | MSG_DONTWAIT);
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) break;
    sent += static_cast<std::size_t>(n);
  }
  return sent;
}

Result<v1::ServerFrame> IpcClient::receive(Instant until) {
  std::array<char, 65536> chunk{};
  for (;;) {
    auto bytes = m_reader.next();
    if (!bytes) return bytes.error();
    if (bytes->has_value()) {
      v1::ServerFrame frame;
      const auto view = **bytes;
      if (frame.ParseFromArray(view.data(), static_cast<int>(view.size()))) return frame;
      return Error(Error::Kind::Internal, "the service sent a frame that cannot be read");
    }
    if (!ready(m_fd.get(), POLLIN, until)) return late();
    const ssize_t n = ::recv(m_fd.get(), chunk.data(), chunk.size(), MSG_DONTWAIT);
    if (n < 0 && (errno == EINTR || errno == EAGAIN)) continue;
    if (n < 0) return fromErrno("recv");
    if (n == 0) return Error(Error::Kind::Io, "the service closed the connection");
    m_reader.feed({chunk.data(), static_cast<std::size_t>(n)});
  }
}

Result<v1::ServerFrame> IpcClient::waitFor(std::uint64_t id, Milliseconds bound) {
  const auto until = now() + bound;
  for (;;) {
    auto frame = receive(until);
    if (!frame) return frame;
    if (isEvent(*frame)) {
      m_events.push_back(std::move(*frame));
    } else if (frame->id() == id || frame->id() == 0) {  // 0: an error about the conversation as a whole
      return frame;
    }
  }
}

Result<v1::ServerFrame> IpcClient::nextEvent(Milliseconds bound) {
  const auto until = now() + bound;
  if (!m_events.empty()) {
    auto frame = std::move(m_events.front());
    m_events.pop_front();
    return frame;
  }
  for (;;) {
    auto frame = receive(until);
    if (!frame || isEvent(*frame)) return frame;
  }
}

Result<v1::ServerFrame> IpcClient::nextFrame(Milliseconds bound) {
  if (m_events.empty()) return receive(now() + bound);
  return nextEvent(bound);
}

bool IpcClient::closedWithin(Milliseconds bound) {
  const auto until = now() + bound;
  std::array<char, 65536> chunk{};
  while (ready(m_fd.get(), POLLIN, until)) {
    const ssize_t n = ::recv(m_fd.get(), chunk.data(), chunk.size(), MSG_DONTWAIT);
    if (n == 0 || (n < 0 && errno != EINTR && errno != EAGAIN)) return true;
  }
  return false;
}

}  // namespace lull::test
