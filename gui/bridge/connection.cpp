// SPDX-License-Identifier: Apache-2.0
#include "bridge/connection.h"

#include "base/log.h"
#include "base/version.h"
#include "wire/socket_path.h"

#include <utility>

namespace lull::bridge {

namespace {

Error gone() { return {Error::Kind::Unavailable, "the service is not there; try again when it is back"}; }

}  // namespace

Connection::Connection(Pace pace, QObject* parent)
    : QObject(parent), m_pace(pace), m_backOff(pace.firstRetry, pace.longestRetry) {
  m_retry.setSingleShot(true);
  m_patience.setSingleShot(true);
  connect(&m_retry, &QTimer::timeout, this, &Connection::attempt);
  connect(&m_patience, &QTimer::timeout, this,
          [this] { lose(State::Lost, tr("The service took the connection, but does not answer.")); });
  connect(&m_socket, &QLocalSocket::connected, this, &Connection::greet);
  connect(&m_socket, &QLocalSocket::readyRead, this, &Connection::read);
  connect(&m_socket, &QLocalSocket::disconnected, this,
          [this] { lose(State::Lost, tr("The service ended the connection.")); });
  connect(&m_socket, &QLocalSocket::errorOccurred, this, [this](QLocalSocket::LocalSocketError error) {
    switch (error) {
      case QLocalSocket::PeerClosedError:
        return lose(State::Lost, tr("The service ended the connection."));
      case QLocalSocket::SocketAccessError:
        return lose(State::Lost, tr("You may not open %1.").arg(socketPath()));
      case QLocalSocket::ServerNotFoundError:
      case QLocalSocket::ConnectionRefusedError:
        return lose(State::Lost, tr("Nobody answers at %1.").arg(socketPath()));
      default:
        return lose(State::Lost, tr("%1: %2").arg(socketPath(), m_socket.errorString()));
    }
  });
}

Connection::~Connection() {
  m_socket.disconnect(this);
  m_waiting.clear();
}

void Connection::open(const QString& path) {
  m_path = path;
  ++m_epoch;
  enter(State::Connecting, {});
  attempt();
}

QString Connection::socketPath() const {
  return m_path.isEmpty() ? QString::fromStdString(wire::defaultSocket().string()) : m_path;
}

void Connection::setWatching(bool watching) {
  if (std::exchange(m_watching, watching) == watching) return;
  if (m_state == State::Connected) return watching ? follow() : unfollow();
  if (m_state == State::Closed) return;
  if (!watching) return m_retry.stop();
  if (m_socket.state() == QLocalSocket::UnconnectedState) attempt();
}

void Connection::attempt() {
  m_retry.stop();
  m_socket.abort();
  m_reader = {};
  m_patience.start(m_pace.helloLimit);
  m_socket.connectToServer(socketPath());
}

void Connection::greet() {
  v1::HelloRequest hello;
  hello.set_min_version(wire::kMinVersion);
  hello.set_max_version(wire::kMaxVersion);
  hello.set_client(std::string("lull-dashboard ") + kVersion);
  v1::ClientFrame frame;
  wire::Call<v1::HelloRequest>::put(frame, std::move(hello));
  send(std::move(frame), [this](Result<v1::ServerFrame> answer) {
    if (answer.ok()) welcomed(wire::takeReply<v1::HelloRequest>(*std::move(answer)));
  });
}

void Connection::welcomed(Result<v1::HelloReply> reply) {
  if (!reply.ok()) {
    const bool version = reply.error().kind() == Error::Kind::Version;
    return lose(version ? State::Refused : State::Lost, QString::fromStdString(reply.error().text()));
  }
  if (reply->version() < wire::kMinVersion || reply->version() > wire::kMaxVersion) {
    return lose(State::Refused, tr("The service chose a version of the protocol that this dashboard does not speak."));
  }
  m_patience.stop();
  m_right = reply->right();
  enter(State::Connected, {});
  if (m_watching && m_state == State::Connected) follow();
}

void Connection::read() {
  const auto epoch = m_epoch;
  const QByteArray bytes = m_socket.readAll();
  m_reader.feed({bytes.constData(), static_cast<std::size_t>(bytes.size())});
  while (epoch == m_epoch) {
    const auto next = m_reader.next();
    v1::ServerFrame frame;
    if (next.ok() && !next->has_value()) return;
    if (!next.ok() || !frame.ParseFromArray((*next)->data(), static_cast<int>((*next)->size()))) {
      log::warning("{}: not a frame of Lull's protocol", socketPath().toStdString());
      return lose(State::Lost, tr("What answers at %1 does not speak Lull's language.").arg(socketPath()));
    }
    take(std::move(frame));
  }
}

void Connection::take(v1::ServerFrame frame) {
  if (frame.has_status_event()) {
    if (frame.id() != m_stream || m_stream == 0) return;  // of a stream that was ended meanwhile
    m_backOff.reset();                                    // only now has it proved to be of use
    wire::apply(m_status, frame.status_event());
    emit statusChanged();
    return;
  }
  auto waiting = m_waiting.extract(frame.id());
  if (!waiting.empty()) waiting.mapped()(std::move(frame));
}

void Connection::follow() {
  ask<v1::WatchStatusRequest>({}, [this](const Result<v1::WatchStatusReply>& reply) {
    if (reply.ok() || m_state != State::Connected) return;
    lose(State::Lost, tr("The service does not tell its status: %1").arg(QString::fromStdString(reply.error().text())));
  });
  m_stream = m_lastId;
}

void Connection::unfollow() {
  v1::UnwatchRequest request;
  request.set_id(std::exchange(m_stream, 0));
  ask<v1::UnwatchRequest>(std::move(request), [](const Result<v1::UnwatchReply>&) {});
}

void Connection::send(v1::ClientFrame frame, Answer then) {
  if (m_socket.state() != QLocalSocket::ConnectedState) return then(gone());
  frame.set_id(++m_lastId);
  std::string bytes;
  if (auto appended = wire::appendFrame(bytes, frame); !appended.ok()) return then(appended.error());
  m_waiting.emplace(m_lastId, std::move(then));
  m_socket.write(bytes.data(), static_cast<qint64>(bytes.size()));
}

void Connection::lose(State state, const QString& trouble) {
  if (m_state == State::Closed) return;
  ++m_epoch;
  m_patience.stop();
  m_stream = 0;
  const auto waiting = std::exchange(m_waiting, {});
  {
    const QSignalBlocker quiet(m_socket);  // abort() would report the loss a second time
    m_socket.abort();
  }
  retryLater();
  enter(state, trouble);
  for (const auto& [id, then] : waiting) then(gone());
}

void Connection::retryLater() {
  if (m_watching) m_retry.start(m_backOff.next());
}

void Connection::enter(State state, const QString& trouble) {
  if (m_state == state && m_trouble == trouble) return;
  m_state = state;
  m_trouble = trouble;
  emit stateChanged();
}

}  // namespace lull::bridge
