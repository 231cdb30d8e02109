// SPDX-License-Identifier: Apache-2.0
#include "service/cli/fake_service.h"

#include "wire/conversation.h"
#include "wire/frame.h"

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstring>

namespace lull::test {

namespace {
constexpr std::chrono::seconds kPatience{20};
}

struct FakeService::Connection {
  Fd fd;
  std::uint64_t statusStream = 0;
  std::uint64_t logStream = 0;
  v1::Status told;
  std::thread thread;
};

FakeService::FakeService() {
  auto store = settings::Store::open(m_folder.filePath("settings.json").toStdString());
  if (store) m_state.settings.emplace(*std::move(store));
  m_state.status.set_version("lulld 0.1.0");
  m_state.status.set_activity(v1::ACTIVITY_READY);
  m_state.status.set_sentence("Ready: there is no task.");
  m_state.status.set_sharing(true);
  listen();
  m_acceptor = std::thread([this] { accept(); });
}

FakeService::~FakeService() {
  {
    const std::lock_guard lock(m_mutex);
    m_ending = true;
    ::shutdown(m_listener.get(), SHUT_RDWR);
    for (auto& connection : m_connections) ::shutdown(connection->fd.get(), SHUT_RDWR);
  }
  m_changed.notify_all();
  m_acceptor.join();
  for (auto& connection : m_connections) connection->thread.join();
}

void FakeService::listen() {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  const auto path = socket().toStdString();
  std::memcpy(address.sun_path, path.data(), std::min(path.size(), sizeof address.sun_path - 1));
  m_listener.reset(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  if (::bind(m_listener.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0 ||
      ::listen(m_listener.get(), 16) != 0) {
    qFatal("the fake service cannot listen on %s", path.c_str());
  }
}

void FakeService::accept() {
  for (;;) {
    const int fd = ::accept4(m_listener.get(), nullptr, nullptr, SOCK_CLOEXEC);
    const std::lock_guard lock(m_mutex);
    if (fd < 0 || m_ending) return;
    auto connection = std::make_unique<Connection>();
    connection->fd.reset(fd);
    auto& mine = *connection;
    m_connections.push_back(std::move(connection));
    mine.thread = std::thread([this, &mine] { serve(mine); });
  }
}

void FakeService::serve(Connection& connection) {
  wire::FrameReader reader;
  std::array<char, 65536> chunk;
  for (;;) {
    const ssize_t n = ::recv(connection.fd.get(), chunk.data(), chunk.size(), 0);
    if (n <= 0) break;
    reader.feed({chunk.data(), static_cast<std::size_t>(n)});
    for (auto bytes = reader.next(); bytes && *bytes; bytes = reader.next()) {
      v1::ClientFrame frame;
      if (!frame.ParseFromArray((*bytes)->data(), static_cast<int>((*bytes)->size())) ||
          !answer(connection, std::move(frame))) {
        ::shutdown(connection.fd.get(), SHUT_RDWR);
        break;
      }
    }
  }
  const std::lock_guard lock(m_mutex);
  connection.statusStream = connection.logStream = 0;
  ::shutdown(connection.fd.get(), SHUT_RDWR);
}

// Under the lock.
void FakeService::send(Connection& connection, const v1::ServerFrame& frame) {
  std::string bytes;
  if (!wire::appendFrame(bytes, frame)) qFatal("the fake service's answer does not fit a frame");
  std::string_view rest = bytes;
  while (!rest.empty()) {
    const ssize_t n = ::send(connection.fd.get(), rest.data(), rest.size(), MSG_NOSIGNAL);
    if (n <= 0) return;
    rest.remove_prefix(static_cast<std::size_t>(n));
  }
}

bool FakeService::answer(Connection& connection, v1::ClientFrame frame) {
  std::unique_lock lock(m_mutex);
  if (m_state.silent) return true;
  if (m_state.nonsense) {
    const std::string_view bytes("\xff\xff\xff\xff\xff");
    return ::send(connection.fd.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL) > 0;
  }
  if (frame.has_read_result()) {
    ++m_reads;
    m_changed.notify_all();
    if (m_state.endAfterReads == 0) return false;
    if (m_state.endAfterReads > 0) --m_state.endAfterReads;
    if (m_state.holdReads) return true;
  }
  auto reply = answerOf(m_state, frame);
  if (!reply) return false;
  send(connection, *reply);
  if (reply->has_error()) return frame.request_case() != v1::ClientFrame::kHello;
  if (frame.has_watch_status()) {
    connection.statusStream = frame.id();
    if (m_state.onWatch) m_state.onWatch(m_state);
    v1::ServerFrame first;
    first.set_id(frame.id());
    *first.mutable_status_event()->mutable_status() = m_state.status;
    connection.told = m_state.status;
    send(connection, first);
  }
  if (frame.has_ask() && m_state.questions.size() <= m_state.answers.size()) {
    for (const auto& event : m_state.answers[m_state.questions.size() - 1]) {
      v1::ServerFrame part;
      part.set_id(frame.id());
      *part.mutable_ask_event() = event;
      send(connection, part);
    }
  }
  if (frame.has_tail_log() && frame.tail_log().follow()) connection.logStream = frame.id();
  m_changed.notify_all();
  return true;
}

void FakeService::streamStatus(Connection& connection) {
  v1::ServerFrame frame;
  frame.set_id(connection.statusStream);
  *frame.mutable_status_event() = wire::difference(connection.told, m_state.status);
  if (frame.status_event().changed().empty()) return;
  connection.told = m_state.status;
  send(connection, frame);
}

void FakeService::change(const std::function<void(State&)>& how) {
  const std::lock_guard lock(m_mutex);
  how(m_state);
}

void FakeService::publish(const std::function<void(v1::Status&)>& how) {
  const std::lock_guard lock(m_mutex);
  how(m_state.status);
  for (auto& connection : m_connections) {
    if (connection->statusStream != 0) streamStatus(*connection);
  }
}

void FakeService::sayInLog(const std::vector<v1::LogLine>& lines, std::uint64_t lost) {
  const std::lock_guard lock(m_mutex);
  for (auto& connection : m_connections) {
    if (connection->logStream == 0) continue;
    v1::ServerFrame frame;
    frame.set_id(connection->logStream);
    frame.mutable_log_event()->mutable_lines()->Add(lines.begin(), lines.end());
    frame.mutable_log_event()->set_lost(lost);
    send(*connection, frame);
  }
}

bool FakeService::waitForWatchers(int wanted) {
  std::unique_lock lock(m_mutex);
  return m_changed.wait_for(lock, kPatience, [&] {
    return std::ranges::count_if(m_connections, [](const auto& c) { return c->statusStream + c->logStream > 0; }) ==
           wanted;
  });
}

bool FakeService::waitForQuestions(std::size_t wanted) {
  std::unique_lock lock(m_mutex);
  return m_changed.wait_for(lock, kPatience, [&] { return m_state.questions.size() >= wanted; });
}

bool FakeService::waitForReads(int wanted) {
  std::unique_lock lock(m_mutex);
  return m_changed.wait_for(lock, kPatience, [&] { return m_reads >= wanted; });
}

}  // namespace lull::test
