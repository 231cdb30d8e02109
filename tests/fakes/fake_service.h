// SPDX-License-Identifier: Apache-2.0
// A service that behaves, and misbehaves when told: speaks the wire protocol on a local socket, keeps a status,
// streams its differences, grants wishes.
#pragma once

#include "base/result.h"
#include "wire/conversation.h"
#include "wire/frame.h"

#include <QByteArray>
#include <QHash>
#include <QLocalServer>
#include <QLocalSocket>
#include <QObject>
#include <QString>

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <vector>

namespace lull::fakes {

class FakeService : public QObject {
  Q_OBJECT
public:
  explicit FakeService(QString socketPath, QObject* parent = nullptr);
  ~FakeService() override;

  // Comes (back) or goes away with all its connections.
  bool start();
  void stop();
  [[nodiscard]] QString socketPath() const { return m_path; }

  [[nodiscard]] const v1::Status& status() const { return m_status; }
  // Tells all watchers what is different; nothing if nothing is.
  void setStatus(v1::Status status);
  void change(const std::function<void(v1::Status&)>& how);

  void setSettings(std::vector<v1::Setting> settings) { m_settings = std::move(settings); }
  void setHistory(std::vector<v1::Point> points) { m_history = std::move(points); }
  // What is told of the task with this id, and of the model with this hash.
  void setTask(v1::Task task) { m_task = std::move(task); }
  void setModel(v1::Model model) { m_model = std::move(model); }

  // Misbehaviour, from the next frame on.
  void refuseWishes(std::optional<Error> error) { m_refusal = std::move(error); }
  void setProtocol(std::uint32_t version) { m_version = version; }  // the only one it speaks
  void setSilent(bool silent) { m_silent = silent; }                // takes frames, answers none
  void answerWithGarbage(QByteArray garbage) { m_garbage = std::move(garbage); }
  void sendRaw(const QByteArray& bytes);  // to every connection, now

  [[nodiscard]] const std::vector<v1::ClientFrame>& received() const { return m_received; }
  [[nodiscard]] int count(v1::ClientFrame::RequestCase which) const;
  // The last one of its kind; an empty frame if there was none.
  [[nodiscard]] v1::ClientFrame last(v1::ClientFrame::RequestCase which) const;
  [[nodiscard]] int connections() const { return static_cast<int>(m_clients.size()); }
  [[nodiscard]] int everConnected() const { return m_everConnected; }
  [[nodiscard]] int watchers() const;

signals:
  void requestReceived();

private:
  struct Client {
    wire::FrameReader reader;
    std::uint64_t stream = 0;
    v1::Status told;
  };

  void accept();
  void read(QLocalSocket* socket);
  void answer(QLocalSocket* socket, const v1::ClientFrame& frame);
  [[nodiscard]] v1::ServerFrame reply(Client& client, const v1::ClientFrame& frame);
  [[nodiscard]] v1::ServerFrame greet(const v1::HelloRequest& hello) const;
  [[nodiscard]] v1::ServerFrame grant(const v1::ClientFrame& frame);
  [[nodiscard]] std::optional<v1::ServerFrame> tell(const v1::ClientFrame& frame) const;
  void stream(QLocalSocket* socket, Client& client, bool whole);
  static void write(QLocalSocket* socket, const v1::ServerFrame& frame);

  QString m_path;
  QLocalServer m_server;
  std::map<QLocalSocket*, Client> m_clients;
  v1::Status m_status;
  std::vector<v1::Setting> m_settings;
  std::vector<v1::Point> m_history;
  v1::Task m_task;
  v1::Model m_model;
  std::optional<Error> m_refusal;
  std::uint32_t m_version = wire::kMaxVersion;
  bool m_silent = false;
  QByteArray m_garbage;
  std::vector<v1::ClientFrame> m_received;
  int m_everConnected = 0;
};

}  // namespace lull::fakes
