// SPDX-License-Identifier: Apache-2.0
// What the kernel says of the other side, and what follows for a real connection.
#include "fakes/served.h"
#include "ipc/peer.h"

#include <QTest>

#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <thread>

using namespace lull;
using namespace lull::ipc;

namespace {

constexpr uid_t kNobody = 65534;

// Runs `work` on a thread that has another user's rights. Raw system calls: those of the C library change all threads.
template <typename Work>
void asAnotherUser(const std::vector<gid_t>& groups, Work work) {
  std::thread([&] {
    if (::syscall(SYS_setgroups, groups.size(), groups.data()) != 0) qFatal("setgroups");
    if (::syscall(SYS_setresgid, kNobody, kNobody, kNobody) != 0) qFatal("setresgid");
    if (::syscall(SYS_setresuid, kNobody, kNobody, kNobody) != 0) qFatal("setresuid");
    work();
  }).join();
}

bool isRoot() { return ::geteuid() == 0; }

}  // namespace

class TestPeer : public QObject {
  Q_OBJECT

private slots:
  void theKernelTellsUserAndGroups() {
    std::array<int, 2> ends{};
    QCOMPARE(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends.data()), 0);
    const Fd a(ends[0]);
    const Fd b(ends[1]);
    const auto peer = peerOf(a.get());
    QVERIFY(peer.ok());
    QCOMPARE(peer->uid, ::geteuid());
    QCOMPARE(peer->gid, ::getegid());
    std::vector<gid_t> own(static_cast<std::size_t>(std::max(::getgroups(0, nullptr), 0)));
    QCOMPARE(::getgroups(static_cast<int>(own.size()), own.data()), static_cast<int>(own.size()));
    auto told = peer->groups;
    std::ranges::sort(own);
    std::ranges::sort(told);
    QCOMPARE(told, own);
  }

  void manyGroupsAreAllTold() {
    if (!isRoot()) QSKIP("needs root to act as another user");
    std::vector<gid_t> groups(100);
    for (gid_t i = 0; i < groups.size(); ++i) groups[i] = 5000 + i;
    std::array<int, 2> ends{};
    asAnotherUser(groups, [&] {
      if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends.data()) != 0) qFatal("socketpair");
    });
    const Fd a(ends[0]);
    const Fd b(ends[1]);
    const auto peer = peerOf(a.get());
    QVERIFY(peer.ok());
    QCOMPARE(peer->uid, kNobody);
    QCOMPARE(peer->groups, groups);
  }

  void aDescriptorThatIsNoSocketIsRefused() { QVERIFY(!peerOf(STDIN_FILENO).ok()); }

  void groupsByName() {
    QCOMPARE(groupNamed("root"), std::optional<gid_t>(0));
    QVERIFY(!groupNamed("no such group here").has_value());
  }

  void ourselvesMayAll() {
    test::Served served;
    auto client = test::IpcClient::connect(served.socket());
    QVERIFY(client.ok());
    v1::HelloRequest hello;
    hello.set_min_version(1);
    hello.set_max_version(1);
    const auto reply = client->call(hello);
    QVERIFY(reply.ok());
    QCOMPARE(reply->right(), v1::RIGHT_ADMINISTER);
  }

  void othersObserveTheMachinesService() {
    if (!isRoot()) QSKIP("needs root to act as another user");
    test::Served served({.mode = Mode::System});
    asAnotherUser({}, [&] {
      auto client = test::IpcClient::open(served.socket());
      QVERIFY(client.ok());
      QVERIFY(client->call(v1::GetStatusRequest()).ok());
      for (const auto& refused :
           {client->call(v1::PauseRequest()).ok(), client->call(v1::TailLogRequest()).ok(),
            client->call(v1::ReadResultRequest()).ok(), client->call(v1::SubmitTaskRequest()).ok()}) {
        QVERIFY(!refused);
      }
    });
    QCOMPARE(served.requests().handled.load(), 0);
  }

  void othersCannotReachAPersonsService() {
    if (!isRoot()) QSKIP("needs root to act as another user");
    test::Served served({.mode = Mode::User});
    std::filesystem::permissions(served.socket().parent_path(), static_cast<std::filesystem::perms>(0755));
    asAnotherUser({}, [&] {
      const auto client = test::IpcClient::connect(served.socket(), Milliseconds(0));
      QVERIFY(!client.ok());
      QCOMPARE(client.error().kind(), Error::Kind::Denied);
    });
    // Even where somebody opened the file's mode, the rights hold.
    std::filesystem::permissions(served.socket(), static_cast<std::filesystem::perms>(0666));
    asAnotherUser({}, [&] {
      const auto client = test::IpcClient::open(served.socket());
      QVERIFY(!client.ok());
      QCOMPARE(client.error().kind(), Error::Kind::Denied);
    });
  }

  void oneUserCannotTakeAllConnections() {
    if (!isRoot()) QSKIP("needs root to act as another user");
    test::Served served({.mode = Mode::System, .maxClients = 8});
    asAnotherUser({}, [&] {
      std::vector<test::IpcClient> clients;
      for (int i = 0; i < 4; ++i) {
        auto client = test::IpcClient::open(served.socket());
        QVERIFY(client.ok());
        clients.push_back(std::move(*client));
      }
      const auto fifth = test::IpcClient::open(served.socket());
      QVERIFY(!fifth.ok());
      QCOMPARE(fifth.error().kind(), Error::Kind::Unavailable);
    });
    QVERIFY(test::IpcClient::open(served.socket()).ok());  // we are root
  }
};

QTEST_GUILESS_MAIN(TestPeer)
#include "test_peer.moc"
