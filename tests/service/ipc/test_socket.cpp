// SPDX-License-Identifier: Apache-2.0
// The socket's file: who may have it, and what lies in its place.
#include "fakes/served.h"

#include <QFile>
#include <QTemporaryDir>
#include <QTest>

#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstring>

using namespace lull;
using namespace lull::ipc;

class TestSocket : public QObject {
  Q_OBJECT

private slots:
  void init() {
    m_folder = std::make_unique<QTemporaryDir>();
    m_path = std::filesystem::path(m_folder->path().toStdString()) / "lull" / "lulld.sock";
    m_requests = std::make_unique<test::FakeRequests>(m_path.parent_path().parent_path() / "settings.json");
  }

  void modes_data() {
    QTest::addColumn<int>("mode");
    QTest::addColumn<quint32>("rights");
    QTest::newRow("system") << int(Mode::System) << 0666U;
    QTest::newRow("user") << int(Mode::User) << 0600U;
  }
  void modes() {
    QFETCH(int, mode);
    QFETCH(quint32, rights);
    const mode_t before = ::umask(0077);
    const auto server = made(static_cast<Mode>(mode));
    ::umask(before);
    QVERIFY(server.ok());
    struct stat s {};
    QCOMPARE(::stat(m_path.c_str(), &s), 0);
    QVERIFY(S_ISSOCK(s.st_mode));
    QCOMPARE(s.st_mode & 07777U, rights);
  }

  void aLiveServiceIsAConflict() {
    const auto first = made();
    QVERIFY(first.ok());
    const auto second = made();
    QVERIFY(!second.ok());
    QCOMPARE(second.error().kind(), Error::Kind::Conflict);
    QVERIFY(second.error().text().starts_with("lulld already runs"));
    QVERIFY(std::filesystem::exists(m_path));
  }

  void aStaleSocketIsReplaced() {
    QVERIFY(made().ok());  // made and gone: now leave one behind as a killed service does
    leaveSocketBehind();
    QVERIFY(std::filesystem::exists(m_path));
    const auto server = made();
    QVERIFY(server.ok());
    QVERIFY(test::IpcClient::connect(m_path).ok());
  }

  void otherFilesAreLeftAlone() {
    std::filesystem::create_directories(m_path.parent_path());
    QVERIFY(replaceFile(m_path, "somebody's notes").ok());
    const auto server = made();
    QVERIFY(!server.ok());
    QCOMPARE(server.error().kind(), Error::Kind::Conflict);
    QCOMPARE(*readFile(m_path), std::string("somebody's notes"));
  }

  void theFileGoesWithTheServer() {
    {
      const auto server = made();
      QVERIFY(std::filesystem::exists(m_path));
    }
    QVERIFY(!std::filesystem::exists(m_path));
  }

  void aSuccessorsFileStays() {
    auto first = made();
    QVERIFY(first.ok());
    std::filesystem::remove(m_path);
    const auto second = made();
    QVERIFY(second.ok());
    *first = nullptr;
    QVERIFY(std::filesystem::exists(m_path));
    QVERIFY(test::IpcClient::connect(m_path).ok());
  }

  void pathsThatCannotBe() {
    m_path = std::filesystem::path(m_folder->path().toStdString()) / std::string(120, 'x');
    const auto tooLong = made();
    QVERIFY(!tooLong.ok());
    QCOMPARE(tooLong.error().kind(), Error::Kind::Invalid);
    m_path = "/proc/no/lulld.sock";
    QVERIFY(!made().ok());
    m_path = "";
    QVERIFY(!made().ok());
  }

  void aFolderOfAnotherUserIsRefused() {
    if (::geteuid() != 0) QSKIP("needs root to give a folder away");
    std::filesystem::create_directories(m_path.parent_path());
    QCOMPARE(::chown(m_path.parent_path().c_str(), 65534, 65534), 0);
    const auto server = made();
    QVERIFY(!server.ok());
    QCOMPARE(server.error().kind(), Error::Kind::Denied);
  }

  void aNewFolderIsPrivate() {
    const auto server = made(Mode::User);
    struct stat s {};
    QCOMPARE(::stat(m_path.parent_path().c_str(), &s), 0);
    QCOMPARE(s.st_mode & 07777U, 0700U);
  }

private:
  Result<std::unique_ptr<Server>> made(Mode mode = Mode::User) {
    return Server::create(m_loop, {.socket = m_path, .mode = mode}, *m_requests);
  }

  void leaveSocketBehind() const {
    const Fd fd(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::strcpy(address.sun_path, m_path.c_str());
    QCOMPARE(::bind(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof(address)), 0);
  }

  std::unique_ptr<QTemporaryDir> m_folder;
  std::filesystem::path m_path;
  asio::io_context m_loop;
  std::unique_ptr<test::FakeRequests> m_requests;
};

QTEST_GUILESS_MAIN(TestSocket)
#include "test_socket.moc"
