// SPDX-License-Identifier: Apache-2.0
// Hostile programs inside the real sandbox: each attempt is denied. Where that does no harm, the same attempt is made
// outside first and gets through: so it would be seen if the sandbox let it.
#include "service/runtimes/sandbox/inmate.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <QTemporaryDir>
#include <QtTest>

#include <csignal>
#include <cstddef>
#include <cstring>
#include <filesystem>
#include <fstream>

using namespace lull;
using sandbox::Access;
using test::Inmate;
namespace fs = std::filesystem;

namespace {

constexpr std::uint64_t kMiB = 1U << 20U;
constexpr const char* kProgram = "/lull/hostile";

// Whether the attempt gets through outside: always, for root only, where this kernel has it; or it is not made there.
enum class Outside { Works, WorksForRoot, MayWork, NotTried };

fs::path hostile() { return fs::path(qEnvironmentVariable("LULL_BUILD_DIR").toStdString()) / "tests/lull-hostile"; }

Fd listenOn(int family, int type, const sockaddr* address, socklen_t size) {
  Fd fd(::socket(family, type | SOCK_CLOEXEC, 0));
  if (!fd || ::bind(fd.get(), address, size) != 0) return {};
  if (type == SOCK_STREAM && ::listen(fd.get(), 16) != 0) return {};
  return fd;
}

Fd listenLocally(int type) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return listenOn(AF_INET, type, reinterpret_cast<const sockaddr*>(&address), sizeof address);
}

int portOf(const Fd& fd) {
  sockaddr_in address{};
  socklen_t size = sizeof address;
  ::getsockname(fd.get(), reinterpret_cast<sockaddr*>(&address), &size);
  return ntohs(address.sin_port);
}

Fd listenAt(std::string name) {  // a NUL first: an abstract name
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::memcpy(address.sun_path, name.data(), std::min(name.size(), sizeof address.sun_path - 1));
  return listenOn(AF_UNIX, SOCK_STREAM, reinterpret_cast<const sockaddr*>(&address),
                  static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + name.size()));
}

}  // namespace

class TestEscape : public QObject {
  Q_OBJECT

  QTemporaryDir m_dir;
  Fd m_tcp;
  Fd m_udp;
  Fd m_abstract;
  Fd m_file;

  [[nodiscard]] fs::path folder() const { return m_dir.path().toStdString(); }
  [[nodiscard]] std::string abstractName() const { return "lull-escape-" + std::to_string(::getpid()); }

  // An owner's home, a service's state, and what a worker is given of it.
  [[nodiscard]] sandbox::Spec spec(std::vector<std::string> words) const {
    auto out = Inmate::shell("");
    out.program = kProgram;
    out.arguments = std::move(words);
    out.binds = {{hostile(), kProgram, Access::ReadOnly},
                 {folder() / "state/blobs", "/lull/blobs", Access::ReadOnly},
                 {folder() / "state/work", "/lull/work", Access::ReadWrite}};
    out.limits = {.memoryBytes = 128 * kMiB,
                  .processes = 32,
                  .fileBytes = 8 * kMiB,
                  .diskBytes = 32 * kMiB,
                  .temporaryBytes = 4 * kMiB};
    return out;
  }

  // Plainly, as any program is started: through, denied, or not possible here.
  [[nodiscard]] static std::pair<process::Exit, std::string> outside(std::vector<std::string> words) {
    asio::io_context loop;
    auto pipe = process::makePipe();
    std::optional<process::Exit> exit;
    auto child = process::Child::start(loop,
                                       {.program = hostile(),
                                        .arguments = std::move(words),
                                        .environment = {"PATH=/usr/bin:/bin", "OWNERS=secret"},
                                        .descriptors = {{pipe->write.get(), 1}, {pipe->write.get(), 9}}},
                                       [&](const process::Exit& how) { exit = how; });
    if (!child) return {{.code = 2}, child.error().text()};
    while (!exit) loop.run_one();
    char text[256];
    const auto n = ::read(pipe->read.get(), text, sizeof text);
    return {*exit, std::string(text, static_cast<std::size_t>(std::max<ssize_t>(n, 0)))};
  }

  void add(const char* name, Outside expected, std::vector<std::string> outsideWords,
           std::vector<std::string> insideWords = {}) const {
    if (insideWords.empty()) insideWords = outsideWords;
    QStringList outer;
    for (const auto& word : outsideWords) outer << QString::fromStdString(word);
    QStringList inner;
    for (const auto& word : insideWords) inner << QString::fromStdString(word);
    QTest::newRow(name) << static_cast<int>(expected) << outer << inner;
  }

  static std::vector<std::string> wordsOf(const QStringList& list) {
    std::vector<std::string> out;
    for (const auto& word : list) out.push_back(word.toStdString());
    return out;
  }

private slots:
  void initTestCase() {
    for (const char* name : {"home", "state/blobs", "state/work", "room"}) fs::create_directories(folder() / name);
    std::ofstream(folder() / "home/diary") << "dear diary";
    std::ofstream(folder() / "state/ledger.sqlite") << "SQLite format 3";
    std::ofstream(folder() / "state/blobs/input") << "input";
    m_tcp = listenLocally(SOCK_STREAM);
    m_udp = listenLocally(SOCK_DGRAM);
    m_abstract = listenAt(std::string(1, '\0') + abstractName());
    m_file = listenAt((folder() / "home/bus").native());
    QVERIFY(m_tcp && m_udp && m_abstract && m_file);
  }

  void files_data() {
    columns();
    addFiles();
  }
  void files() { attempt(); }
  void network_data() {
    columns();
    addNetwork();
  }
  void network() { attempt(); }
  void processes_data() {
    columns();
    addProcesses();
  }
  void processes() { attempt(); }
  void kernel_data() {
    columns();
    addKernel();
  }
  void kernel() { attempt(); }
  void greed_data() {
    columns();
    addGreed();
  }
  void greed() { attempt(); }

  // The filters leave what every program does: asking is allowed, and so is what runs inside by right.
  void theInnocentWorks() {
    Inmate inmate;
    const auto ending =
        inmate.run(Inmate::shell("set -e; echo x > /tmp/x; ls / >/dev/null; (sleep 0.01 & wait); mkfifo /tmp/pipe; "
                                 "setarch >/dev/null 2>&1 || true; "
                                 "python3 -c 'import threading, socket, multiprocessing; t = "
                                 "threading.Thread(target=print); t.start(); t.join(); "
                                 "a, b = socket.socketpair(); a.send(b\"x\"); b.recv(1)' 2>&1"));
    QVERIFY2(ending.exit.clean(), (inmate.output() + ending.lastWords).c_str());
  }

private:
  static void columns() {
    QTest::addColumn<int>("expected");
    QTest::addColumn<QStringList>("outer");
    QTest::addColumn<QStringList>("inner");
  }

  void attempt() {
    QFETCH(int, expected);
    QFETCH(QStringList, outer);
    QFETCH(QStringList, inner);
    const auto where = static_cast<Outside>(expected);
    if (where == Outside::Works || where == Outside::MayWork || (where == Outside::WorksForRoot && ::geteuid() == 0)) {
      const auto [exit, text] = outside(wordsOf(outer));
      if (where == Outside::MayWork && !exit.clean()) qInfo("not to be had here at all: %s", text.c_str());
      if (where != Outside::MayWork) QVERIFY2(exit.clean(), ("outside: " + text + process::describe(exit)).c_str());
    }
    Inmate inmate;
    const auto ending = inmate.run(spec(wordsOf(inner)));
    QVERIFY2(ending.started, ending.why.c_str());
    QVERIFY2(ending.exit.code == 1 || ending.exit.signal == SIGKILL,
             ("inside: " + inmate.output() + sandbox::describe(ending)).c_str());
  }

  void addFiles() const {
    const auto at = [this](const char* name) { return (folder() / name).native(); };
    add("the owner's diary", Outside::Works, {"read", at("home/diary")});
    add("the ledger", Outside::Works, {"read", at("state/ledger.sqlite")});
    add("shadow", Outside::WorksForRoot, {"read", "/etc/shadow"});
    add("passwd", Outside::Works, {"read", "/etc/passwd"});
    add("the machine's id", Outside::MayWork, {"read", "/etc/machine-id"});
    for (const char* name : {"/root", "/home", "/var", "/run", "/srv", "/boot", "/sys/class/net", "/sys/fs/cgroup",
                             "/sys/kernel", "/sys/block", "/sys/firmware", "/sys/bus"}) {
      add(name, Outside::MayWork, {"list", name});
    }
    add("write beside", Outside::Works, {"write", at("home/new")});
    add("write over the diary", Outside::Works, {"write", at("home/diary")});
    add("write over an input", Outside::Works, {"write", at("state/blobs/input")}, {"write", "/lull/blobs/input"});
    for (const char* name : {"/new", "/usr/new", "/usr/bin/new", "/etc/new", "/dev/new", "/proc/new", "/lull/new",
                             "/nonexistent/new", "/usr/bin/sh"}) {
      add(("write " + std::string(name)).c_str(), Outside::NotTried, {"write", name});
    }
    add("over lull's own program", Outside::NotTried, {"write", "/lull/inside"});
    for (const char* name : {"/proc/sys/vm/swappiness", "/proc/sys/kernel/core_pattern"}) {
      add(name, Outside::WorksForRoot, {"tune", name});
    }
    for (const char* name : {"/proc/kallsyms", "/proc/keys", "/proc/interrupts", "/proc/cmdline", "/proc/vmallocinfo",
                             "/proc/iomem", "/proc/partitions", "/proc/slabinfo", "/proc/kcore", "/proc/modules"}) {
      add(name, Outside::MayWork, {"read", name});
    }
    for (const char* name : {"/dev/mem", "/dev/kmsg", "/dev/fuse", "/dev/ptmx", "/dev/tty", "/dev/vda", "/dev/sda",
                             "/dev/dri/renderD128", "/dev/nvidia0", "/dev/input/event0", "/dev/vsock", "/dev/kvm"}) {
      add(name, Outside::MayWork, {"device", name});
    }
    add("device node", Outside::WorksForRoot, {"mknod", at("room")}, {"mknod", "/lull/work"});
    add("device node in /tmp", Outside::NotTried, {"mknod", "/tmp"});
    add("inherited descriptor", Outside::Works, {"inherit"});
    add("programs with other rights", Outside::MayWork, {"setuid", "/usr/bin"});
    add("the owner's environment", Outside::Works, {"environment", "PATH", "HOME", "TMPDIR", "LANG"},
        {"environment", "PATH", "HOME", "TMPDIR", "LANG", "PWD"});
  }

  void addNetwork() const {
    add("TCP", Outside::Works, {"tcp", std::to_string(portOf(m_tcp))});
    add("UDP", Outside::Works, {"udp", std::to_string(portOf(m_udp))});
    add("abstract socket", Outside::Works, {"abstract", abstractName()});
    add("socket file", Outside::Works, {"socket", (folder() / "home/bus").native()});
    add("interfaces", Outside::MayWork, {"interfaces"});
    struct Family {
      const char* name;
      int family;
      int type;
      Outside outside;
    };
    for (const auto& [name, family, type, where] :
         {Family{"IPv4", AF_INET, SOCK_STREAM, Outside::Works}, Family{"IPv6", AF_INET6, SOCK_DGRAM, Outside::MayWork},
          Family{"netlink", AF_NETLINK, SOCK_RAW, Outside::Works},
          Family{"vsock", AF_VSOCK, SOCK_STREAM, Outside::MayWork},
          Family{"packet", AF_PACKET, SOCK_RAW, Outside::WorksForRoot},
          Family{"alg", AF_ALG, SOCK_SEQPACKET, Outside::MayWork},
          Family{"bluetooth", AF_BLUETOOTH, SOCK_RAW, Outside::MayWork}}) {
      add(name, where, {"family", std::to_string(family), std::to_string(type)});
    }
  }

  void addProcesses() const {
    const auto own = std::to_string(::getpid());
    add("see", Outside::Works, {"see", own});
    add("signal", Outside::Works, {"signal", own});
    add("count", Outside::Works, {"count", "2"});  // inside: the leader and itself
    add("trace a child", Outside::Works, {"ptrace"});
    add("trace the leader", Outside::NotTried, {"ptrace-leader"});
    add("read memory", Outside::Works, {"read-memory"});
    add("take a descriptor", Outside::MayWork, {"take-descriptor"});
    // Backwards, since the leader's command line holds these words too.
    const auto name = folder().filename().native();
    add("what the leader knows", Outside::NotTried, {"leader-tells", std::string(name.rbegin(), name.rend())});
    add("rise in priority", Outside::WorksForRoot, {"rise"});
    add("be spared when memory runs out", Outside::MayWork, {"spare"});
  }

  void addKernel() const {
    add("mount", Outside::NotTried, {"mount", "/tmp"});
    for (const char* name : {"add_key", "kcmp", "keyctl", "request_key", "name_to_handle_at"}) {
      add(name, Outside::MayWork, {"call", name});
    }
    for (const char* name : {"acct",
                             "bpf",
                             "chroot",
                             "clock_settime",
                             "delete_module",
                             "fanotify_init",
                             "finit_module",
                             "fsopen",
                             "init_module",
                             "io_uring_setup",
                             "kexec_file_load",
                             "kexec_load",
                             "move_mount",
                             "open_by_handle_at",
                             "open_tree",
                             "perf_event_open",
                             "pivot_root",
                             "quotactl",
                             "reboot",
                             "sethostname",
                             "setns",
                             "settimeofday",
                             "swapon",
                             "syslog",
                             "umount2",
                             "userfaultfd"}) {
      add(name, Outside::MayWork, {"call", name});
    }
    for (const char* name : {"user", "mount", "pid", "net", "ipc", "uts", "cgroup", "time"}) {
      add(("unshare " + std::string(name)).c_str(), Outside::WorksForRoot, {"unshare", name});
      if (std::strcmp(name, "time") == 0) continue;  // not to be had by clone
      add(("clone " + std::string(name)).c_str(), Outside::WorksForRoot, {"clone", name});
      add(("clone3 " + std::string(name)).c_str(), Outside::WorksForRoot, {"clone3", name});
    }
    for (const char* request : {"0x5412", "0x541c", "0x5423", "0x541d"}) {
      add(("terminal " + std::string(request)).c_str(), Outside::Works, {"terminal", request});
    }
    add("terminal, with bits the kernel drops", Outside::Works, {"terminal", "0x100005412"});
    add("personality without random addresses", Outside::Works, {"personality", "0x40000"});
    add("personality that reads as executing", Outside::Works, {"personality", "0x400000"});
    add("capabilities", Outside::WorksForRoot, {"capability"});
    add("calls of the old mode", Outside::MayWork, {"old-mode"});
  }

  void addGreed() const {
    const auto room = (folder() / "room").native();
    add("memory", Outside::Works, {"memory", "160"}, {"keep-memory", "160"});
    // The kernel does not count processes of root's; the sandbox does, each second.
    add("processes", Outside::Works, {"processes", "64"}, {"keep-processes", "64"});
    add("memory that is shared", Outside::Works, {"shared-memory", "160"}, {"keep-shared", "160"});
    add("many files", Outside::Works, {"fill", room, "48"}, {"litter", "/lull/work", "8", "6"});
    add("a big file", Outside::Works, {"fill", room, "16"}, {"fill", "/lull/work", "16"});
    add("filling /tmp", Outside::Works, {"fill", room, "6"}, {"fill", "/tmp", "6"});
    add("filling /dev/shm", Outside::Works, {"fill", room, "6"}, {"fill", "/dev/shm", "6"});
  }
};

QTEST_GUILESS_MAIN(TestEscape)
#include "test_escape.moc"
