// SPDX-License-Identifier: Apache-2.0
// What a program says is heard line by line, all of it before its end, and nothing once nobody listens.
#include "process/telling_child.h"

#include <asio/executor_work_guard.hpp>

#include <QTest>

#include <sys/wait.h>

#include <chrono>
#include <optional>
#include <string>
#include <vector>

using namespace lull;
using process::TellingChild;

class TestTellingChild : public QObject {
  Q_OBJECT

private slots:
  void init() {
    m_lines.clear();
    m_exit.reset();
    m_child.reset();
  }

  void linesComeInOrderAndBeforeTheEnd() {
    start("echo one; echo; printf 'two\\nthree\\nhalf'; exit 3");
    QVERIFY(untilEnded());
    QCOMPARE(m_lines, (std::vector<std::string>{"one", "", "two", "three"}));
    QCOMPARE(m_exit->code, 3);
  }

  // More than one read takes, all of it there before the first: the end comes after the last line all the same.
  void whatWasSaidIsHeardWhenTheEndIsKnownFirst() {
    constexpr int kLines = 2000;
    start("i=0; while [ $i -lt 2000 ]; do echo \"line $i\"; i=$((i+1)); done");
    siginfo_t ended{};
    QCOMPARE(::waitid(P_ALL, 0, &ended, WEXITED | WNOWAIT), 0);
    QVERIFY(untilEnded());
    QCOMPARE(m_lines.size(), std::size_t{kLines});
    for (int i = 0; i < kLines; ++i) QCOMPARE(m_lines[static_cast<std::size_t>(i)], "line " + std::to_string(i));
  }

  void linesThatAreTooLongAreLeftOut() {
    start(
        "echo before; for bytes in 4096 4097 6000 100000; do head -c $bytes /dev/zero | tr '\\0' x; echo; done; echo "
        "after");
    QVERIFY(untilEnded());
    QCOMPARE(m_lines, (std::vector<std::string>{"before", std::string(4096, 'x'), "after"}));
  }

  void whoLetsGoInALineHearsNoMore() {
    start("echo one; echo two; sleep 1000", true);
    QVERIFY(until([this] { return !m_child; }));
    QCOMPARE(m_lines, std::vector<std::string>{"one"});
    m_loop.run_for(std::chrono::milliseconds(20));
    QCOMPARE(m_lines.size(), 1U);
    QVERIFY(!m_exit);
  }

  void aProgramThatIsNotThereIsAnError() {
    const auto started = TellingChild::start(m_loop, {.program = "/nonexistent/program"}, {});
    QVERIFY(!started.ok());
  }

private:
  void start(std::string script, bool once = false) {
    auto started = TellingChild::start(
        m_loop, {.program = "/bin/sh", .arguments = {"-c", std::move(script)}, .environment = {"PATH=/usr/bin:/bin"}},
        {.onLine =
             [this, once](std::string_view line) {
               m_lines.emplace_back(line);
               if (once) m_child.reset();
             },
         .onEnd = [this](const process::Exit& exit) { m_exit = exit; }});
    if (!started) qFatal("%s", started.error().text().c_str());
    m_child = std::move(*started);
  }
  template <typename Condition>
  bool until(Condition so) {
    const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(60);
    while (!so()) {
      if (std::chrono::steady_clock::now() > end) return false;
      m_loop.run_one_for(std::chrono::milliseconds(20));
    }
    return true;
  }
  bool untilEnded() {
    return until([this] { return m_exit.has_value(); });
  }

  asio::io_context m_loop;
  asio::executor_work_guard<asio::io_context::executor_type> m_working = asio::make_work_guard(m_loop);
  std::vector<std::string> m_lines;
  std::optional<process::Exit> m_exit;
  std::unique_ptr<TellingChild> m_child;
};

QTEST_GUILESS_MAIN(TestTellingChild)
#include "test_telling_child.moc"
