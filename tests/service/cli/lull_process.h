// SPDX-License-Identifier: Apache-2.0
// Runs the real `lull`.
#pragma once

#include <QByteArray>
#include <QJsonDocument>
#include <QJsonObject>
#include <QProcess>
#include <QStringList>

namespace lull::test {

struct Ran {
  int code = -1;
  QByteArray out;
  QByteArray err;
  [[nodiscard]] QJsonObject json() const { return QJsonDocument::fromJson(out).object(); }
  [[nodiscard]] QString errorKind() const {
    return QJsonDocument::fromJson(err).object()["error"].toObject()["kind"].toString();
  }
};

[[nodiscard]] QString lullProgram();
// A terminal-free environment in English, UTC, with this socket.
void prepare(QProcess& process, const QString& socket);
[[nodiscard]] bool fits80(const QByteArray& text);  // each line; warns of one that does not
[[nodiscard]] Ran run(const QString& socket, const QStringList& arguments, const QByteArray& input = {});

}  // namespace lull::test
