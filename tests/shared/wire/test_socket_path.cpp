// SPDX-License-Identifier: Apache-2.0
#include "wire/socket_path.h"

#include <QFile>
#include <QTemporaryDir>
#include <QTest>

#include <unistd.h>

using namespace lull::wire;

class TestSocketPath : public QObject {
  Q_OBJECT

private slots:
  void init() { qunsetenv(kSocketVariable); }

  void theUsersOwnRuntimeFolder() {
    qputenv("XDG_RUNTIME_DIR", "/run/user/77");
    QCOMPARE(userSocket(), std::filesystem::path("/run/user/77/lull/lulld.sock"));
    qunsetenv("XDG_RUNTIME_DIR");
    QCOMPARE(userSocket(), std::filesystem::path("/tmp/lull-" + std::to_string(getuid()) + "/lulld.sock"));
  }

  void whatAClientConnectsTo() {
    const QTemporaryDir folder;
    qputenv("XDG_RUNTIME_DIR", folder.path().toUtf8());
    QCOMPARE(defaultSocket(), std::filesystem::path(kSystemSocket));
    std::filesystem::create_directories(userSocket().parent_path());
    QFile there(QString::fromStdString(userSocket().native()));
    QVERIFY(there.open(QIODevice::WriteOnly));
    QCOMPARE(defaultSocket(), userSocket());
    qputenv(kSocketVariable, "/told.sock");
    QCOMPARE(defaultSocket(), std::filesystem::path("/told.sock"));
    qputenv(kSocketVariable, "");
    QCOMPARE(defaultSocket(), userSocket());
  }
};

QTEST_GUILESS_MAIN(TestSocketPath)
#include "test_socket_path.moc"
