// SPDX-License-Identifier: Apache-2.0
#include "runtimes/worker/link.h"

#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <charconv>
#include <cstdlib>
#include <cstring>

namespace lull::worker {

using v1::ToWorker;

std::optional<int> Link::inherited() {
  const char* text = std::getenv("LULL_WORKER_FD");
  int fd = -1;
  if (text != nullptr) std::from_chars(text, text + std::strlen(text), fd);
  return fd < 0 ? std::nullopt : std::optional(fd);
}

Result<ToWorker> Link::receive() {
  for (;;) {
    auto message = receiveWithin(-1);
    if (!message) return message.error();
    if (*message) return std::move(**message);
  }
}

Result<std::optional<ToWorker>> Link::receiveWithin(int limitMs) {
  auto waiting = takeFrame();
  if (!waiting || *waiting) return waiting;
  pollfd socket{.fd = m_fd, .events = POLLIN, .revents = 0};
  const int ready = ::poll(&socket, 1, limitMs);
  if (ready < 0 && errno != EINTR) return fromErrno("poll", "the service's socket");
  if (ready <= 0) return std::optional<ToWorker>{};
  std::array<char, 65536> chunk{};
  const ssize_t n = ::recv(m_fd, chunk.data(), chunk.size(), 0);
  if (n < 0 && errno == EINTR) return std::optional<ToWorker>{};
  if (n <= 0) return Error(Error::Kind::Unavailable, "the service closed the conversation");
  m_reader.feed({chunk.data(), static_cast<std::size_t>(n)});
  return takeFrame();
}

Result<std::optional<ToWorker>> Link::takeFrame() {
  const auto frame = m_reader.next();
  if (!frame) return frame.error();
  if (!frame.value()) return std::optional<ToWorker>{};
  ToWorker message;
  const auto& bytes = *frame.value();
  if (!message.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()))) {
    return Error(Error::Kind::Invalid, "the service sent a message that cannot be read");
  }
  return std::optional(std::move(message));
}

void Link::send(const v1::FromWorker& message) {
  std::string bytes;
  if (!wire::appendFrame(bytes, message)) return;
  const std::lock_guard lock(m_sending);
  std::size_t sent = 0;
  while (sent < bytes.size()) {
    const ssize_t n = ::send(m_fd, bytes.data() + sent, bytes.size() - sent, MSG_NOSIGNAL);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) ::_exit(1);
    sent += static_cast<std::size_t>(n);
  }
}

}  // namespace lull::worker
