// SPDX-License-Identifier: Apache-2.0
#include "bridge/governed_link.h"

#include <utility>

namespace lull::bridge {

namespace {
Error gone() { return {Error::Kind::Unavailable, "the program has ended"}; }
}  // namespace

GovernedLink::GovernedLink(QString path, QObject* parent) : QObject(parent), m_path(std::move(path)) {
  // Queued: connectToServer() does all of it at once, before anybody listens to opened() and ended().
  connect(&m_socket, &QLocalSocket::connected, this, &GovernedLink::opened, Qt::QueuedConnection);
  connect(&m_socket, &QLocalSocket::errorOccurred, this, &GovernedLink::end, Qt::QueuedConnection);
  connect(&m_socket, &QLocalSocket::readyRead, this, &GovernedLink::read);
  connect(&m_socket, &QLocalSocket::disconnected, this, &GovernedLink::end);
  m_socket.connectToServer(m_path);
}

GovernedLink::~GovernedLink() {
  m_socket.disconnect(this);
  m_waiting.clear();
}

void GovernedLink::send(v1::GovernedRequest frame, Answer then) {
  if (m_socket.state() != QLocalSocket::ConnectedState) return then(gone());
  frame.set_id(++m_lastId);
  std::string bytes;
  if (auto appended = wire::appendFrame(bytes, frame); !appended.ok()) return then(appended.error());
  m_waiting.emplace(m_lastId, std::move(then));
  m_socket.write(bytes.data(), static_cast<qint64>(bytes.size()));
}

void GovernedLink::read() {
  const QByteArray bytes = m_socket.readAll();
  m_reader.feed({bytes.constData(), static_cast<std::size_t>(bytes.size())});
  while (!m_ended) {
    const auto next = m_reader.next();
    if (next.ok() && !next->has_value()) return;
    v1::GovernedReply reply;
    if (!next.ok() || !reply.ParseFromArray((*next)->data(), static_cast<int>((*next)->size()))) return end();
    auto waiting = m_waiting.extract(reply.id());
    if (!waiting.empty()) waiting.mapped()(std::move(reply));
  }
}

void GovernedLink::end() {
  if (std::exchange(m_ended, true)) return;
  const auto waiting = std::exchange(m_waiting, {});
  for (const auto& [id, then] : waiting) then(gone());
  emit ended();
}

}  // namespace lull::bridge
