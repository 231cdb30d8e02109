// SPDX-License-Identifier: Apache-2.0
#include "ipc/server.h"

#include "base/log.h"
#include "ipc/connection.h"
#include "ipc/listening_socket.h"
#include "ipc/peer.h"
#include "ipc/room.h"

#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <list>
#include <map>
#include <utility>

namespace lull::ipc {

namespace {

constexpr const char* kControllers = "lull";
constexpr Seconds kBreath{1};   // after a failed accept: descriptors may be short
constexpr Seconds kReadWhy{1};  // for a client that was turned away
constexpr std::size_t kTurnedAway = 16;

// A last word to a client that is not let in; no more than the socket takes at once.
void refuse(Connection::Socket& socket, const Error& error) {
  v1::ServerFrame frame;
  *frame.mutable_error() = wire::toWire(error);
  std::string bytes;
  if (!wire::appendFrame(bytes, frame)) return;
  (void)::send(socket.native_handle(), bytes.data(), bytes.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
}

// Lets clients in and knows those who are. Shared with its own pending calls, which may outlive the Server.
class Reception : public std::enable_shared_from_this<Reception> {
public:
  using Acceptor = asio::local::stream_protocol::acceptor;
  Reception(asio::io_context& loop, ServerOptions options, Requests& requests)
      : m_options(std::move(options)),
        m_acceptor(loop),
        m_breath(loop),
        m_room{.loop = loop, .limits = m_options.limits, .requests = requests, .status = {}, .log = {}, .left = {}} {}

  Outcome open();
  void close();
  StatusStream& status() { return *m_room.status; }

private:
  void accept();
  void accepted(const asio::error_code& error, Connection::Socket socket);
  void enter(Connection::Socket socket);
  void turnAway(Connection::Socket socket, const Error& error);
  [[nodiscard]] Outcome checkRoomFor(const Peer& peer, v1::Right right) const;
  void left(std::uint64_t connection);

  // Closed at once, it would fail to send its Hello and never read why it was not let in.
  struct TurnedAway {
    Connection::Socket socket;
    asio::steady_timer timer;
  };

  ServerOptions m_options;
  Identity m_identity;
  ListeningSocket m_listening;
  Acceptor m_acceptor;
  asio::steady_timer m_breath;
  Room m_room;
  std::map<std::uint64_t, std::shared_ptr<Connection>> m_connections;
  std::list<TurnedAway> m_turnedAway;
  std::uint64_t m_lastId = 0;
  bool m_closed = false;
};

Outcome Reception::open() {
  auto listening = listenAt(m_options.socket, m_options.mode);
  if (!listening) return listening.error();
  m_listening = std::move(*listening);
  asio::error_code code;
  m_acceptor.assign(asio::local::stream_protocol(), m_listening.fd.get(), code);
  if (code) return fromErrno(code.value(), "watch", m_options.socket.native());
  (void)m_listening.fd.release();
  // A person's own service has a socket file that no other user can open: the group need not be looked up.
  m_identity = {.uid = ::geteuid(),
                .controllers = m_options.mode == Mode::System ? groupNamed(kControllers) : std::nullopt,
                .mode = m_options.mode};
  m_room.left = [this](std::uint64_t connection) { left(connection); };
  m_room.status = std::make_shared<StatusStream>(m_room.loop, m_options.limits.statusInterval, [this](std::size_t n) {
    if (!m_closed) m_room.requests.watchersChanged(n);
  });
  m_room.log = std::make_shared<LogTail>(m_room.loop);
  log::listen([tail = m_room.log](log::Level level, std::string_view text) {
    tail->add(SystemClock().now().unixMs, level, text);
  });
  accept();
  return {};
}

void Reception::close() {
  m_closed = true;
  log::listen({});
  asio::error_code ignored;
  m_breath.cancel();
  m_acceptor.close(ignored);
  for (const auto& [id, connection] : std::exchange(m_connections, {})) connection->close();
  m_turnedAway.clear();
  removeFile(m_listening);
}

void Reception::accept() {
  m_acceptor.async_accept([weak = weak_from_this()](const asio::error_code& error, Connection::Socket socket) {
    if (const auto self = weak.lock()) self->accepted(error, std::move(socket));
  });
}

void Reception::accepted(const asio::error_code& error, Connection::Socket socket) {
  if (m_closed) return;
  if (!error) {
    enter(std::move(socket));
    return accept();
  }
  if (error == asio::error::connection_aborted || error == asio::error::interrupted) return accept();
  log::warning("no client can be let in for now: {}", error.message());
  m_breath.expires_after(kBreath);
  m_breath.async_wait([weak = weak_from_this()](const asio::error_code& cancelled) {
    const auto self = weak.lock();
    if (!cancelled && self && !self->m_closed) self->accept();
  });
}

void Reception::enter(Connection::Socket socket) {
  const auto peer = peerOf(socket.native_handle());
  if (!peer) {
    log::warning("a client was not let in: {}", peer.error().text());
    return turnAway(std::move(socket), peer.error());
  }
  const auto right = rightOf(*peer, m_identity);
  if (auto room = checkRoomFor(*peer, right); !room) return turnAway(std::move(socket), room.error());
  const auto id = ++m_lastId;
  auto connection = std::make_shared<Connection>(m_room, std::move(socket),
                                                 Caller{.right = right, .uid = peer->uid, .connection = id});
  m_connections.emplace(id, connection);
  connection->start();
}

void Reception::turnAway(Connection::Socket socket, const Error& error) {
  refuse(socket, error);
  if (m_turnedAway.size() >= kTurnedAway) return;
  const auto place = m_turnedAway.insert(m_turnedAway.end(), {std::move(socket), asio::steady_timer(m_room.loop)});
  place->timer.expires_after(kReadWhy);
  place->timer.async_wait([weak = weak_from_this(), place](const asio::error_code& cancelled) {
    const auto self = weak.lock();
    if (!cancelled && self && !self->m_closed) self->m_turnedAway.erase(place);
  });
}

Outcome Reception::checkRoomFor(const Peer& peer, v1::Right right) const {
  const auto full = [](const char* whose) {
    return Error(Error::Kind::Unavailable, std::string(whose) + " connections: close some, or try again later");
  };
  if (m_connections.size() >= m_options.maxClients) return full("the service has all its");
  if (right == v1::RIGHT_ADMINISTER) return {};
  const auto own =
      std::ranges::count_if(m_connections, [&](const auto& entry) { return entry.second->caller().uid == peer.uid; });
  if (static_cast<std::size_t>(own) >= m_options.maxClients / 2) return full("this user has all its");
  return {};
}

void Reception::left(std::uint64_t connection) {
  m_connections.erase(connection);
  if (!m_closed) m_room.requests.connectionClosed(connection);
}

class LocalServer final : public Server {
public:
  explicit LocalServer(std::shared_ptr<Reception> reception) : m_reception(std::move(reception)) {}
  LocalServer(const LocalServer&) = delete;
  LocalServer& operator=(const LocalServer&) = delete;
  ~LocalServer() override { m_reception->close(); }

  void publish(const v1::Status& status) override { m_reception->status().publish(status); }
  [[nodiscard]] std::size_t watchers() const override { return m_reception->status().size(); }

private:
  std::shared_ptr<Reception> m_reception;
};

}  // namespace

Result<std::unique_ptr<Server>> Server::create(asio::io_context& loop, ServerOptions options, Requests& requests) {
  auto reception = std::make_shared<Reception>(loop, std::move(options), requests);
  if (auto open = reception->open(); !open) return open.error();
  return std::unique_ptr<Server>(std::make_unique<LocalServer>(std::move(reception)));
}

}  // namespace lull::ipc
