// SPDX-License-Identifier: Apache-2.0
#include "service/models/http_server.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdio>
#include <cstdlib>

namespace lull::test {

namespace {

// Of "Range: bytes=100-": 100.
std::uint64_t rangeOf(const std::string& head) {
  const auto at = head.find("Range: bytes=");
  return at == std::string::npos ? 0 : std::strtoull(head.c_str() + at + 13, nullptr, 10);
}

bool mismatches(const std::string& head, const std::string& etag) {
  const auto at = head.find("If-Range: ");
  return at != std::string::npos && head.compare(at + 10, etag.size(), etag) != 0;
}

}  // namespace

HttpServer::HttpServer(std::string file) : m_file(std::move(file)) {
  m_listener.reset(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  auto* const plain = reinterpret_cast<sockaddr*>(&address);
  if (::bind(m_listener.get(), plain, size) != 0 || ::listen(m_listener.get(), 16) != 0 ||
      ::getsockname(m_listener.get(), plain, &size) != 0) {
    std::perror("the test's web server cannot listen");
    std::abort();
  }
  m_port = ntohs(address.sin_port);
  m_acceptor = std::thread([this] { accept(); });
}

HttpServer::~HttpServer() {
  m_ending = true;
  ::shutdown(m_listener.get(), SHUT_RDWR);
  m_acceptor.join();
  {
    const std::lock_guard lock(m_mutex);
    for (const int fd : m_open) ::shutdown(fd, SHUT_RDWR);
  }
  for (auto& thread : m_threads) thread.join();
}

std::string HttpServer::url(const std::string& path) const {
  return "http://127.0.0.1:" + std::to_string(m_port) + path;
}

void HttpServer::next(std::vector<Behaviour> behaviours) {
  const std::lock_guard lock(m_mutex);
  m_next.assign(behaviours.begin(), behaviours.end());
}

void HttpServer::usual(Behaviour behaviour) {
  const std::lock_guard lock(m_mutex);
  m_usual = std::move(behaviour);
}

void HttpServer::file(std::string bytes) {
  const std::lock_guard lock(m_mutex);
  m_file = std::move(bytes);
}

std::vector<std::string> HttpServer::requests() const {
  const std::lock_guard lock(m_mutex);
  return m_requests;
}

HttpServer::Behaviour HttpServer::take() {
  if (m_next.empty()) return m_usual;
  auto out = m_next.front();
  m_next.pop_front();
  return out;
}

void HttpServer::accept() {
  for (;;) {
    const int fd = ::accept4(m_listener.get(), nullptr, nullptr, SOCK_CLOEXEC);
    if (fd < 0 || m_ending) {
      if (fd >= 0) ::close(fd);
      return;
    }
    const std::lock_guard lock(m_mutex);
    m_open.push_back(fd);
    m_threads.emplace_back([this, fd] { serve(fd); });
  }
}

void HttpServer::serve(int fd) {
  std::string head;
  std::array<char, 4096> chunk{};
  while (head.find("\r\n\r\n") == std::string::npos) {
    const auto n = ::recv(fd, chunk.data(), chunk.size(), 0);
    if (n <= 0) break;
    head.append(chunk.data(), static_cast<std::size_t>(n));
    if (head.front() == 0x16) break;  // TLS, which is not spoken here
  }
  if (head.find("\r\n\r\n") != std::string::npos) answer(fd, head);
  const std::lock_guard lock(m_mutex);
  std::erase(m_open, fd);
  ::close(fd);
}

void HttpServer::answer(int fd, const std::string& head) {
  Behaviour how;
  std::string file;
  {
    const std::lock_guard lock(m_mutex);
    m_requests.push_back(head);
    how = take();
    file = m_file;
  }
  if (how.silent) {
    pollfd ended{.fd = fd, .events = POLLIN | POLLRDHUP, .revents = 0};
    ::poll(&ended, 1, 60'000);
    return;
  }
  const auto from = how.ranges && !mismatches(head, how.etag) ? rangeOf(head) : 0;
  std::string out = "HTTP/1.1 ";
  std::string_view body = file;
  if (how.status != 200) {
    body = "<html>no file</html>";
    out += std::to_string(how.status) + " Whatever\r\n";
    if (!how.location.empty()) out += "Location: " + how.location + "\r\n";
  } else if (from > 0 && from >= file.size()) {
    body = {};
    out += "416 Beyond\r\nContent-Range: bytes */" + std::to_string(file.size()) + "\r\n";
  } else if (from > 0) {
    body.remove_prefix(from);
    const auto range =
        "bytes " + std::to_string(from) + "-" + std::to_string(file.size() - 1) + "/" + std::to_string(file.size());
    out += "206 Part\r\nContent-Range: " + (how.wholeRange.empty() ? range : how.wholeRange) + "\r\n";
  } else {
    out += "200 OK\r\n";
  }
  if (!how.etag.empty()) out += "ETag: " + how.etag + "\r\n";
  if (how.length) out += "Content-Length: " + std::to_string(body.size()) + "\r\n";
  out += how.headers + "Connection: close\r\n\r\n";
  if (sendAll(fd, out)) sendBody(fd, body, how);
}

void HttpServer::sendBody(int fd, std::string_view body, const Behaviour& how) {
  if (how.cutAfter >= 0) body = body.substr(0, static_cast<std::size_t>(how.cutAfter));
  const auto piece = how.pieceBytes == 0 ? std::max<std::size_t>(body.size(), 1) : how.pieceBytes;
  while (!body.empty() && !m_ending) {
    const auto part = body.substr(0, piece);
    if (!sendAll(fd, part)) return;
    m_sent += part.size();
    body.remove_prefix(part.size());
    if (how.pieceMs > 0) std::this_thread::sleep_for(std::chrono::milliseconds(how.pieceMs));
  }
}

bool HttpServer::sendAll(int fd, std::string_view bytes) {
  while (!bytes.empty()) {
    const auto n = ::send(fd, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (n <= 0) return false;
    bytes.remove_prefix(static_cast<std::size_t>(n));
  }
  return true;
}

}  // namespace lull::test
