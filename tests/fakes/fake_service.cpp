// SPDX-License-Identifier: Apache-2.0
#include "fakes/fake_service.h"

#include <algorithm>
#include <ranges>
#include <utility>

namespace lull::fakes {

using v1::ClientFrame;
using v1::ServerFrame;

FakeService::FakeService(QString socketPath, QObject* parent) : QObject(parent), m_path(std::move(socketPath)) {
  connect(&m_server, &QLocalServer::newConnection, this, &FakeService::accept);
}

FakeService::~FakeService() { stop(); }

bool FakeService::start() {
  QLocalServer::removeServer(m_path);
  return m_server.listen(m_path);
}

void FakeService::stop() {
  m_server.close();
  for (auto& [socket, client] : std::exchange(m_clients, {})) {
    socket->disconnect(this);
    socket->abort();
    socket->deleteLater();
  }
}

void FakeService::setStatus(v1::Status status) {
  m_status = std::move(status);
  for (auto& [socket, client] : m_clients) stream(socket, client, false);
}

void FakeService::change(const std::function<void(v1::Status&)>& how) {
  v1::Status status = m_status;
  how(status);
  setStatus(std::move(status));
}

void FakeService::sendRaw(const QByteArray& bytes) {
  for (auto& [socket, client] : m_clients) {
    socket->write(bytes);
    socket->flush();
  }
}

int FakeService::count(ClientFrame::RequestCase which) const {
  return static_cast<int>(std::ranges::count(m_received, which, &ClientFrame::request_case));
}

ClientFrame FakeService::last(ClientFrame::RequestCase which) const {
  const auto backwards = m_received | std::views::reverse;
  const auto found = std::ranges::find(backwards, which, &ClientFrame::request_case);
  return found == backwards.end() ? ClientFrame() : *found;
}

int FakeService::watchers() const {
  return static_cast<int>(std::ranges::count_if(m_clients, [](const auto& one) { return one.second.stream != 0; }));
}

void FakeService::accept() {
  while (auto* socket = m_server.nextPendingConnection()) {
    ++m_everConnected;
    m_clients.try_emplace(socket);
    connect(socket, &QLocalSocket::readyRead, this, [this, socket] { read(socket); });
    connect(socket, &QLocalSocket::disconnected, this, [this, socket] {
      m_clients.erase(socket);
      socket->deleteLater();
    });
    if (socket->bytesAvailable() > 0) read(socket);
  }
}

void FakeService::read(QLocalSocket* socket) {
  auto found = m_clients.find(socket);
  if (found == m_clients.end()) return;
  const QByteArray bytes = socket->readAll();
  found->second.reader.feed({bytes.constData(), static_cast<std::size_t>(bytes.size())});
  while (m_clients.contains(socket)) {
    const auto next = found->second.reader.next();
    if (!next.ok()) return socket->abort();
    if (!next->has_value()) return;
    ClientFrame frame;
    if (!frame.ParseFromArray((*next)->data(), static_cast<int>((*next)->size()))) return socket->abort();
    m_received.push_back(frame);
    answer(socket, frame);
    emit requestReceived();
  }
}

void FakeService::answer(QLocalSocket* socket, const ClientFrame& frame) {
  if (m_silent) return;
  if (!m_garbage.isEmpty()) {
    socket->write(m_garbage);
    return;
  }
  auto& client = m_clients.at(socket);
  auto out = reply(client, frame);
  out.set_id(frame.id());
  write(socket, out);
  if (frame.has_hello() && out.has_error()) return socket->disconnectFromServer();
  if (frame.has_watch_status()) {
    client.stream = frame.id();
    stream(socket, client, true);
  }
}

ServerFrame FakeService::reply(Client& client, const ClientFrame& frame) {
  if (frame.has_hello()) return greet(frame.hello());
  if (frame.has_unwatch()) {
    client.stream = 0;
    ServerFrame out;
    out.mutable_unwatch();
    return out;
  }
  if (auto told = tell(frame)) return *std::move(told);
  return grant(frame);
}

ServerFrame FakeService::greet(const v1::HelloRequest& hello) const {
  ServerFrame out;
  if (hello.min_version() > m_version || hello.max_version() < m_version) {
    *out.mutable_error() = wire::toWire(Error(
        Error::Kind::Version, "no common protocol version: the client speaks " + std::to_string(hello.max_version()) +
                                  ", the service " + std::to_string(m_version) + "; update the client"));
    return out;
  }
  out.mutable_hello()->set_version(m_version);
  out.mutable_hello()->set_service("lulld of the tests");
  out.mutable_hello()->set_right(m_refusal ? v1::RIGHT_OBSERVE : v1::RIGHT_ADMINISTER);
  return out;
}

std::optional<ServerFrame> FakeService::tell(const ClientFrame& frame) const {
  ServerFrame out;
  switch (frame.request_case()) {
    case ClientFrame::kWatchStatus:
      out.mutable_watch_status();
      return out;
    case ClientFrame::kGetStatus:
      *out.mutable_get_status()->mutable_status() = m_status;
      return out;
    case ClientFrame::kGetSettings:
      out.mutable_get_settings();
      for (const auto& setting : m_settings) {
        if (setting.key().starts_with(frame.get_settings().prefix())) {
          *out.mutable_get_settings()->add_settings() = setting;
        }
      }
      return out;
    case ClientFrame::kGetHistory:
      out.mutable_get_history()->mutable_points()->Assign(m_history.begin(), m_history.end());
      return out;
    case ClientFrame::kGetTask:
      if (frame.get_task().id() != m_task.id()) return std::nullopt;
      *out.mutable_get_task()->mutable_task() = m_task;
      return out;
    case ClientFrame::kGetModel:
      if (frame.get_model().which() != m_model.sha256()) return std::nullopt;
      *out.mutable_get_model()->mutable_model() = m_model;
      return out;
    default:
      return std::nullopt;
  }
}

ServerFrame FakeService::grant(const ClientFrame& frame) {
  ServerFrame out;
  if (m_refusal) {
    *out.mutable_error() = wire::toWire(*m_refusal);
    return out;
  }
  switch (frame.request_case()) {
    case ClientFrame::kSetSharing:
      out.mutable_set_sharing();
      change([&frame](v1::Status& status) { status.set_sharing(frame.set_sharing().on()); });
      return out;
    case ClientFrame::kPause:
      out.mutable_pause();
      change([&frame](v1::Status& status) { status.set_paused_until_unix_ms(frame.pause().until_unix_ms()); });
      return out;
    case ClientFrame::kResume:
      out.mutable_resume();
      change([](v1::Status& status) { status.set_paused_until_unix_ms(0); });
      return out;
    case ClientFrame::kCancelTask:
      out.mutable_cancel_task()->mutable_task()->set_id(frame.cancel_task().id());
      change([](v1::Status& status) { status.clear_running(); });
      return out;
    default:
      *out.mutable_error() = wire::toWire(Error(Error::Kind::Invalid, "the fake does not know this"));
      return out;
  }
}

void FakeService::stream(QLocalSocket* socket, Client& client, bool whole) {
  if (client.stream == 0) return;
  ServerFrame out;
  out.set_id(client.stream);
  auto* event = out.mutable_status_event();
  if (whole) {
    *event->mutable_status() = m_status;
  } else {
    *event = wire::difference(client.told, m_status);
    if (event->changed().empty()) return;
  }
  client.told = m_status;
  write(socket, out);
}

void FakeService::write(QLocalSocket* socket, const ServerFrame& frame) {
  std::string bytes;
  if (!wire::appendFrame(bytes, frame).ok()) return;
  socket->write(bytes.data(), static_cast<qint64>(bytes.size()));
  socket->flush();
}

}  // namespace lull::fakes
