// SPDX-License-Identifier: Apache-2.0
// The dashboard's side of the conversation with the service: connects, says Hello, follows the status stream, asks,
// and comes back by itself after a loss. One thread: the GUI's. Costs nothing while nothing is said, and does not
// even try to reconnect while nobody watches.
#pragma once

#include "bridge/back_off.h"
#include "wire/conversation.h"
#include "wire/frame.h"

#include <QtQmlIntegration/qqmlintegration.h>
#include <QLocalSocket>
#include <QObject>
#include <QTimer>

#include <cstdint>
#include <functional>
#include <map>

namespace lull::bridge {

// How patient a connection is. Tests shorten it.
struct Pace {
  std::chrono::milliseconds firstRetry{250};
  std::chrono::milliseconds longestRetry{5000};
  std::chrono::milliseconds helloLimit{5000};
};

class Connection : public QObject {
  Q_OBJECT
  QML_ELEMENT
  QML_UNCREATABLE("a Device has its own")
  Q_PROPERTY(State state READ state NOTIFY stateChanged)
  Q_PROPERTY(QString trouble READ trouble NOTIFY stateChanged)
public:
  enum class State {
    Closed,      // open() was not called
    Connecting,  // the first attempt
    Connected,   // Hello was answered
    Lost,        // gone, or never there; tried again by itself
    Refused,     // answered, but speaks no version of ours; tried again by itself
  };
  Q_ENUM(State)

  explicit Connection(Pace pace = {}, QObject* parent = nullptr);
  ~Connection() override;

  // Connects to `path`; an empty one stands for the usual places, looked up anew at each attempt.
  void open(const QString& path);
  // While false there is no status stream and no attempt to reconnect.
  void setWatching(bool watching);

  [[nodiscard]] State state() const { return m_state; }
  [[nodiscard]] QString trouble() const { return m_trouble; }  // why Lost or Refused, for people
  [[nodiscard]] QString socketPath() const;                    // of the present or next attempt
  [[nodiscard]] const v1::Status& status() const { return m_status; }
  [[nodiscard]] v1::Right right() const { return m_right; }

  // Asks, and calls `then` exactly once, unless this object dies first: with Unavailable when there is no connection
  // or it is lost before the answer.
  template <typename Request>
  void ask(Request request, std::function<void(Result<typename wire::Call<Request>::Reply>)> then) {
    v1::ClientFrame frame;
    wire::Call<Request>::put(frame, std::move(request));
    send(std::move(frame), [then = std::move(then)](Result<v1::ServerFrame> answer) {
      if (!answer.ok()) return then(answer.error());
      then(wire::takeReply<Request>(*std::move(answer)));
    });
  }

signals:
  void stateChanged();
  void statusChanged();  // the status was replaced or brought up to date

private:
  using Answer = std::function<void(Result<v1::ServerFrame>)>;

  void attempt();
  void greet();
  void welcomed(Result<v1::HelloReply> reply);
  void read();
  void take(v1::ServerFrame frame);
  void follow();
  void unfollow();
  void send(v1::ClientFrame frame, Answer then);
  // The connection is over: tells all who wait, and tries again later.
  void lose(State state, const QString& trouble);
  void retryLater();
  void enter(State state, const QString& trouble);

  Pace m_pace;
  BackOff m_backOff;
  QLocalSocket m_socket;
  QTimer m_retry;
  QTimer m_patience;  // for the answer to Hello
  wire::FrameReader m_reader;
  QString m_path;
  QString m_trouble;
  State m_state = State::Closed;
  bool m_watching = true;
  v1::Status m_status;
  v1::Right m_right = v1::RIGHT_UNSPECIFIED;
  std::uint64_t m_lastId = 0;
  std::uint64_t m_stream = 0;  // id of the status stream; 0: none
  std::uint64_t m_epoch = 0;   // grows with each loss: a handler sees that its connection is gone
  std::map<std::uint64_t, Answer> m_waiting;
};

}  // namespace lull::bridge
