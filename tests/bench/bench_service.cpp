// SPDX-License-Identifier: Apache-2.0
// What the service costs and how fast it answers: start → answers, IPC round trips beside a bare socket, idle cost
// beside boinc-client, input event → gate closed → drained. Prints one JSON object a line.
#include "bench/process_cost.h"
#include "fakes/device.h"
#include "wire/frame.h"

#include <QCoreApplication>
#include <QElapsedTimer>
#include <QProcess>
#include <QRegularExpression>
#include <QStandardPaths>
#include <QTemporaryDir>
#include <QThread>

#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <cstdio>

using namespace lull;
using test::chainModule;
using test::chainTask;
using test::Device;

namespace {

double percentile(std::vector<double>& values, double p) {
  std::ranges::sort(values);
  const auto last = static_cast<double>(values.size() - 1);
  return values[static_cast<std::size_t>(last * p + 0.5)];
}

void benchStart() {
  std::vector<double> ms;
  for (int i = 0; i < 7; ++i) {
    Device device({.input = true});
    QElapsedTimer timer;
    timer.start();
    device.start();
    (void)device.status();
    ms.push_back(static_cast<double>(timer.nsecsElapsed()) / 1e6);
    device.stop();
  }
  std::printf(
      "{\"bench\":\"start_to_answers\",\"unit\":\"ms\",\"p50\":%.1f,\"max\":%.1f,\"samples\":%zu,\"aim\":\"<=150\"}\n",
      percentile(ms, 0.5), percentile(ms, 1), ms.size());
}

// The floor: the same frames over a socket pair to a process that answers with ready bytes.
pid_t startEcho(int fd, int other, const std::string& reply) {
  const pid_t pid = fork();
  if (pid != 0) return pid;
  ::close(other);  // or it would never see the end
  std::array<char, 4096> request{};
  while (::read(fd, request.data(), request.size()) > 0) {
    if (::write(fd, reply.data(), reply.size()) < 0) break;
  }
  _exit(0);
}

std::vector<double> roundTrips(test::IpcClient& client, int count) {
  std::vector<double> us;
  QElapsedTimer timer;
  for (int i = 0; i < count; ++i) {
    timer.start();
    if (!client.call(v1::GetStatusRequest()).ok()) qFatal("status failed");
    us.push_back(static_cast<double>(timer.nsecsElapsed()) / 1e3);
  }
  return us;
}

std::vector<double> bareTrips(const v1::Status& status, int count) {
  std::array<int, 2> pair{};
  if (socketpair(AF_UNIX, SOCK_STREAM, 0, pair.data()) != 0) qFatal("socketpair");
  v1::ServerFrame frame;
  frame.set_id(1);
  *frame.mutable_get_status()->mutable_status() = status;
  std::string reply;
  (void)wire::appendFrame(reply, frame);
  const pid_t echo = startEcho(pair[1], pair[0], reply);
  ::close(pair[1]);
  v1::ClientFrame ask;
  ask.mutable_get_status();
  std::string request;
  std::vector<double> us;
  std::array<char, 65536> buffer{};
  QElapsedTimer timer;
  for (int i = 0; i < count; ++i) {
    timer.start();
    request.clear();
    (void)wire::appendFrame(request, ask);
    if (::write(pair[0], request.data(), request.size()) < 0) qFatal("write");
    wire::FrameReader reader;
    for (;;) {
      const auto n = ::read(pair[0], buffer.data(), buffer.size());
      if (n <= 0) qFatal("read");
      reader.feed({buffer.data(), static_cast<std::size_t>(n)});
      const auto next = reader.next();
      if (next->has_value() && frame.ParseFromArray((**next).data(), static_cast<int>((**next).size()))) break;
    }
    us.push_back(static_cast<double>(timer.nsecsElapsed()) / 1e3);
  }
  ::close(pair[0]);
  ::waitpid(echo, nullptr, 0);
  return us;
}

void benchIpc() {
  constexpr int kCount = 20'000;
  Device device({.input = true});
  device.start();
  const auto status = device.waitFor("GPUs", [](const auto& s) { return s.gpus_size() > 0; });
  (void)roundTrips(device.client(), 500);
  QElapsedTimer timer;
  timer.start();
  auto ours = roundTrips(device.client(), kCount);
  const double perSecond = kCount / (static_cast<double>(timer.nsecsElapsed()) / 1e9);
  auto bare = bareTrips(status, kCount);
  const double p50 = percentile(ours, 0.5);
  std::printf(
      "{\"bench\":\"ipc_status\",\"unit\":\"us\",\"p50\":%.1f,\"p99\":%.1f,\"per_second\":%.0f,\"reply_bytes\":%zu,"
      "\"bare_p50\":%.1f,\"bare_p99\":%.1f,\"ratio_p50\":%.2f,\"aim\":\"p50<=40\"}\n",
      p50, percentile(ours, 0.99), perSecond, status.ByteSizeLong(), percentile(bare, 0.5), percentile(bare, 0.99),
      p50 / percentile(bare, 0.5));
}

void printCost(const char* name, pid_t root, int seconds, const char* aim) {
  const auto family = bench::familyOf(root);
  const auto before = bench::costOf(family);
  QThread::sleep(static_cast<unsigned long>(seconds));
  const auto after = bench::costOf(family);
  const double minutes = seconds / 60.0;
  std::printf(
      "{\"bench\":\"%s\",\"cpu_ms_per_minute\":%.2f,\"wakeups_per_second\":%.3f,\"pss_mib\":%.1f,\"processes\":%d,"
      "\"seconds\":%d,\"aim\":\"%s\"}\n",
      name, (after.cpuMs - before.cpuMs) / minutes, static_cast<double>(after.wakeups - before.wakeups) / seconds,
      after.pssMiB, after.processes, seconds, aim);
  std::fflush(stdout);
}

constexpr const char* kIdleAim = "<=5 ms/min, <=0.2 wakeups/s, <=16 MiB";

void benchIdle(int seconds) {
  Device off({.input = true, .settings = {{"sharing.enabled", "false"}}});
  off.start();
  off.waitFor("off", [](const auto& s) { return s.activity() == v1::ACTIVITY_OFF && s.gpus_size() > 0; });
  QThread::sleep(3);  // start-up work is over
  printCost("idle_sharing_off", static_cast<pid_t>(off.pid()), seconds, kIdleAim);
  off.stop();

  Device resting({.input = true, .idleAfterS = 86400});
  resting.start();
  resting.submit(chainTask("waits", 1, 1), chainModule());
  resting.touch();
  resting.waitFor("rest", [](const auto& s) { return s.activity() == v1::ACTIVITY_RESTING && s.gpus_size() > 0; });
  QThread::sleep(3);
  printCost("idle_resting", static_cast<pid_t>(resting.pid()), seconds, kIdleAim);
}

// The peer, in a network namespace of its own so that it reaches nobody.
void benchBoinc(int seconds) {
  const auto boinc = QStandardPaths::findExecutable("boinc");
  if (boinc.isEmpty()) {
    std::printf("{\"bench\":\"idle_boinc\",\"skipped\":\"boinc-client is not installed\"}\n");
    return;
  }
  QTemporaryDir folder;
  QProcess process;
  process.setWorkingDirectory(folder.path());
  process.setStandardOutputFile(QProcess::nullDevice());
  process.setStandardErrorFile(QProcess::nullDevice());
  process.start("unshare", {"--user", "--map-root-user", "--net", "--kill-child", "--fork", boinc, "--dir",
                            folder.path(), "--no_gui_rpc"});
  if (!process.waitForStarted()) return;
  QThread::sleep(10);
  const auto family = bench::familyOf(static_cast<pid_t>(process.processId()));
  if (family.size() < 2) {
    std::printf("{\"bench\":\"idle_boinc\",\"skipped\":\"boinc ended at once\"}\n");
    return;
  }
  printCost("idle_boinc", family[1], seconds, "peer");
  process.kill();
  process.waitForFinished();
}

std::vector<v1::LedgerEntry> giveBacks(Device& device) {
  std::vector<v1::LedgerEntry> out;
  v1::ListLedgerRequest request;
  request.set_page_size(500);
  do {
    const auto page = device.client().call(request);
    for (const auto& entry : page->entries()) {
      if (entry.kind() == v1::LedgerEntry::KIND_GIVE_BACK) out.push_back(entry);
    }
    request.set_page_token(page->next_page_token());
  } while (!request.page_token().empty());
  return out;
}

void benchGiveBack(int samples) {
  Device device({.input = true, .idleAfterS = 1});
  device.start();
  device.submit(chainTask("endless enough", 2048, 100'000'000), chainModule());
  const auto isWorking = [](const v1::Status& s) {
    return s.running_size() > 0 && s.running(0).state() == v1::TASK_STATE_RUNNING;
  };
  for (int i = 0; i < samples; ++i) {
    device.waitFor("work", isWorking);
    QThread::msleep(static_cast<unsigned long>(20 + (i * 37) % 80));  // anywhere in the course of the work
    device.touch();
    device.waitFor("give-back",
                   [i](const auto& s) { return s.give_back().count() >= static_cast<std::uint64_t>(i) + 1; });
  }
  std::vector<double> gate;
  std::vector<double> drained;
  for (const auto& entry : giveBacks(device)) {
    gate.push_back(entry.give_back().gate_ms());
    drained.push_back(entry.give_back().drained_ms());
  }
  std::printf(
      "{\"bench\":\"input_to_gate_closed\",\"unit\":\"ms\",\"p50\":%.3f,\"p99\":%.3f,\"max\":%.3f,\"samples\":%zu,"
      "\"aim\":\"p99<=2\"}\n",
      percentile(gate, 0.5), percentile(gate, 0.99), percentile(gate, 1), gate.size());
  std::printf(
      "{\"bench\":\"input_to_drained\",\"unit\":\"ms\",\"p50\":%.3f,\"p99\":%.3f,\"max\":%.3f,\"samples\":%zu,\"aim\":"
      "\"one frame: 16.7\"}\n",
      percentile(drained, 0.5), percentile(drained, 0.99), percentile(drained, 1), drained.size());
}

}  // namespace

int main(int argc, char** argv) {
  QCoreApplication app(argc, argv);
  const auto arguments = app.arguments().mid(1);
  const bool quick = arguments.contains("--quick");
  const auto wants = [&arguments](const char* name) {
    const auto names = arguments.filter(QRegularExpression("^[^-]"));
    return names.isEmpty() || names.contains(name);
  };
  std::setvbuf(stdout, nullptr, _IOLBF, 0);
  if (wants("start")) benchStart();
  if (wants("ipc")) benchIpc();
  if (wants("idle")) {
    benchIdle(quick ? 10 : 60);
    benchBoinc(quick ? 10 : 60);
  }
  if (wants("giveback")) benchGiveBack(quick ? 20 : 200);
  return 0;
}
