// SPDX-License-Identifier: Apache-2.0
// What the dashboard costs in a real window: start → first frame, memory, CPU while shown and unchanged, and while
// minimised. Against a fake service, under an Xvfb and an openbox of its own. Prints one JSON object a line.
// bench-dashboard [--seconds 60] [--scene working]
#include "base/time.h"
#include "bench/process_cost.h"
#include "fakes/scenes.h"

#include <QCommandLineParser>
#include <QCoreApplication>
#include <QDeadlineTimer>
#include <QEventLoop>
#include <QFile>
#include <QJsonDocument>
#include <QJsonObject>
#include <QProcess>
#include <QStandardPaths>
#include <QTemporaryDir>
#include <QTimer>

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <system_error>
#include <vector>

using namespace lull;

namespace {

constexpr int kStarts = 7;

void idle(int ms) {
  QEventLoop loop;
  QTimer::singleShot(ms, &loop, &QEventLoop::quit);
  loop.exec();
}

bool waitFor(const std::function<bool()>& condition, int ms = 20'000) {
  const QDeadlineTimer limit(ms);
  while (!condition()) {
    if (limit.hasExpired()) return false;
    idle(5);
  }
  return true;
}

void end(QProcess& process) {
  if (process.state() == QProcess::NotRunning) return;
  process.terminate();
  if (!waitFor([&process] { return process.state() == QProcess::NotRunning; }, 5'000)) process.kill();
  process.waitForFinished();
}

// A screen nobody sees, with a window manager, as minimising needs one.
class Screen {
public:
  bool start() {
    // -noreset: otherwise the server starts over, and drops whoever is about to connect, when its last client leaves.
    m_server.start("Xvfb", {"-displayfd", "1", "-screen", "0", "1920x1080x24", "-nolisten", "tcp", "-noreset"});
    if (!waitFor([this] { return m_server.canReadLine() || m_server.state() == QProcess::NotRunning; })) return false;
    const QByteArray number = m_server.readLine().trimmed();
    if (number.isEmpty()) return false;
    m_environment.insert("DISPLAY", ":" + QString::fromLatin1(number));
    m_environment.insert("QT_QPA_PLATFORM", "xcb");
    m_manager.setProcessEnvironment(m_environment);
    m_manager.setStandardErrorFile(QProcess::nullDevice());  // it misses a menu nobody opens
    m_manager.start("openbox", {"--sm-disable"});
    // A window that is mapped while the manager takes over may stay without its first expose.
    return m_manager.waitForStarted() && waitFor([this] { return tool({"get_num_desktops"}); });
  }
  ~Screen() {
    end(m_manager);
    end(m_server);
  }
  [[nodiscard]] QProcessEnvironment& environment() { return m_environment; }
  bool tool(const QStringList& arguments) {
    QProcess tool;
    tool.setProcessEnvironment(m_environment);
    tool.setStandardOutputFile(QProcess::nullDevice());
    tool.setStandardErrorFile(QProcess::nullDevice());
    tool.start("xdotool", arguments);
    return waitFor([&tool] { return tool.state() == QProcess::NotRunning; }) && tool.exitCode() == 0;
  }

private:
  QProcessEnvironment m_environment = QProcessEnvironment::systemEnvironment();
  QProcess m_server;
  QProcess m_manager;
};

struct Dashboard {
  QProcess process;

  ~Dashboard() { end(process); }
  // Milliseconds from exec to the first frame on the screen.
  std::optional<double> start(Screen& screen, const QString& socket) {
    process.setProcessEnvironment(screen.environment());
    process.setProcessChannelMode(QProcess::ForwardedErrorChannel);
    const auto begun = toNs(SystemClock().now().instant);
    process.start(qEnvironmentVariable("LULL_BUILD_DIR") + "/bin/lull-dashboard",
                  {"--socket", socket, "--first-frame-report", "--size", "1280x800"});
    waitFor([this] { return process.canReadLine() || process.state() == QProcess::NotRunning; });
    const auto report = QJsonDocument::fromJson(process.readLine()).object();
    if (!report.contains("first_frame_monotonic_ns")) return std::nullopt;
    return (report.value("first_frame_monotonic_ns").toDouble() - static_cast<double>(begun)) / 1e6;
  }
  [[nodiscard]] std::vector<pid_t> family() const { return bench::familyOf(static_cast<pid_t>(process.processId())); }
};

// Voluntary context switches of each living thread. A thread that ends takes its count along, so sums over a process
// may shrink; differences by thread do not.
std::map<std::string, std::uint64_t> wakeupsOf(pid_t pid) {
  std::map<std::string, std::uint64_t> out;
  std::error_code code;
  for (const auto& thread : std::filesystem::directory_iterator("/proc/" + std::to_string(pid) + "/task", code)) {
    std::ifstream status(thread.path() / "status");
    for (std::string line; std::getline(status, line);) {
      if (line.starts_with("voluntary_ctxt_switches:")) {
        out[thread.path().filename().string()] = std::stoull(line.substr(line.find(':') + 1));
      }
    }
  }
  return out;
}

int give(const char* trouble) {
  std::printf("{\"bench\":\"dashboard\",\"skipped\":\"%s\"}\n", trouble);
  return 1;
}

void measure(const char* name, const Dashboard& dashboard, int seconds, const char* aim) {
  const auto family = dashboard.family();
  const auto pid = static_cast<pid_t>(dashboard.process.processId());
  const auto before = bench::costOf(family);
  auto wakeupsBefore = wakeupsOf(pid);
  idle(seconds * 1000);
  const auto after = bench::costOf(family);
  std::uint64_t wakeups = 0;
  for (const auto& [thread, count] : wakeupsOf(pid)) wakeups += count - wakeupsBefore[thread];
  std::printf(
      "{\"bench\":\"%s\",\"cpu_ms_per_minute\":%.2f,\"wakeups_per_second\":%.3f,\"pss_mib\":%.1f,\"seconds\":%d,"
      "\"aim\":\"%s\"}\n",
      name, (after.cpuMs - before.cpuMs) * 60 / seconds, static_cast<double>(wakeups) / seconds, after.pssMiB, seconds,
      aim);
  std::fflush(stdout);
}

bool measureStarts(Screen& screen, const QString& socket) {
  std::vector<double> starts;
  for (int i = 0; i < kStarts; ++i) {
    Dashboard dashboard;
    const auto ms = dashboard.start(screen, socket);
    if (!ms) return false;
    starts.push_back(*ms);
  }
  const double first = starts.front();
  std::ranges::sort(starts);
  std::printf(
      "{\"bench\":\"dashboard_first_frame\",\"unit\":\"ms\",\"first\":%.0f,\"p50\":%.0f,\"max\":%.0f,\"samples\":%d,"
      "\"aim\":\"<=1000\"}\n",
      first, starts[starts.size() / 2], starts.back(), kStarts);
  std::fflush(stdout);
  return true;
}

int run(int seconds, const QString& scene) {
  for (const auto* program : {"Xvfb", "openbox", "xdotool"}) {
    if (QStandardPaths::findExecutable(program).isEmpty()) return give("needs Xvfb, openbox and xdotool");
  }
  QTemporaryDir folder;
  QFile::setPermissions(folder.path(), QFile::ReadOwner | QFile::WriteOwner | QFile::ExeOwner);
  fakes::FakeService service(folder.filePath("lulld.sock"));
  if (!fakes::play(service, scene.toStdString()) || !service.start()) return give("no such scene");
  Screen screen;
  screen.environment().insert("XDG_RUNTIME_DIR", folder.path());
  if (!screen.start()) return give("Xvfb or openbox does not start");
  if (!measureStarts(screen, service.socketPath())) return give("the dashboard shows nothing");

  Dashboard dashboard;
  if (!dashboard.start(screen, service.socketPath())) return give("the dashboard shows nothing");
  if (!waitFor([&service] { return service.watchers() == 1; })) return give("the dashboard does not watch the status");
  idle(3'000);  // start-up work is over
  measure("dashboard_shown_unchanged", dashboard, seconds, "<=5 ms/min, PSS < 87 MB");
  if (!screen.tool({"search", "--onlyvisible", "--class", "lull-dashboard", "windowminimize"}) ||
      !waitFor([&service] { return service.watchers() == 0; })) {
    return give("the dashboard does not notice that it is minimised");
  }
  idle(1'000);
  measure("dashboard_hidden", dashboard, seconds, "0 ms/min");
  return 0;
}

}  // namespace

int main(int argc, char* argv[]) {
  const QCoreApplication app(argc, argv);
  QCommandLineParser parser;
  parser.addOption({"seconds", "How long each cost is measured.", "seconds", "60"});
  parser.addOption({"scene", "What the service tells.", "scene", "working"});
  parser.addHelpOption();
  parser.process(app);
  return run(std::max(1, parser.value("seconds").toInt()), parser.value("scene"));
}
