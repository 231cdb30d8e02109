// SPDX-License-Identifier: Apache-2.0
// The dashboard's side of the conversation with one governed program (governed.proto). Asks only when asked to.
#pragma once

#include "wire/frame.h"
#include "wire/governed.h"

#include <QLocalSocket>
#include <QObject>

#include <cstdint>
#include <functional>
#include <map>

namespace lull::bridge {

class GovernedLink : public QObject {
  Q_OBJECT
public:
  // Connects to this socket.
  explicit GovernedLink(QString path, QObject* parent = nullptr);
  ~GovernedLink() override;

  [[nodiscard]] const QString& path() const { return m_path; }

  // Asks, and calls `then` exactly once unless this object dies first: with Unavailable when the program has ended.
  template <typename Request>
  void ask(Request request, std::function<void(Result<typename wire::GovernedCall<Request>::Reply>)> then) {
    v1::GovernedRequest frame;
    wire::GovernedCall<Request>::put(frame, std::move(request));
    send(std::move(frame), [then = std::move(then)](Result<v1::GovernedReply> answer) {
      if (!answer.ok()) return then(answer.error());
      then(wire::takeGoverned<Request>(*std::move(answer)));
    });
  }

signals:
  void opened();
  void ended();  // the program has, or its socket was a dead one's

private:
  using Answer = std::function<void(Result<v1::GovernedReply>)>;
  void send(v1::GovernedRequest frame, Answer then);
  void read();
  void end();

  QString m_path;
  QLocalSocket m_socket;
  wire::FrameReader m_reader;
  std::uint64_t m_lastId = 0;
  std::map<std::uint64_t, Answer> m_waiting;
  bool m_ended = false;
};

}  // namespace lull::bridge
