// SPDX-License-Identifier: Apache-2.0
#include "base/file.h"
#include "base/log.h"

#include <QTemporaryDir>
#include <QTest>

#include <thread>
#include <vector>

using namespace lull;

class TestLog : public QObject {
  Q_OBJECT

private slots:
  void init() {
    m_lines.clear();
    log::setLevel(log::Level::Info);
    log::listen([this](log::Level level, std::string_view text) {
      m_lines.push_back(std::string(log::nameOf(level)) + " " + std::string(text));
    });
  }
  void cleanup() { log::listen({}); }

  void onlyLinesAtOrAboveTheLevelAreHeard() {
    log::debug("quiet {}", 1);
    log::info("a {}", 2);
    log::error("b");
    QCOMPARE(m_lines, (std::vector<std::string>{"info a 2", "error b"}));
    log::setLevel(log::Level::Trace);
    log::trace("now");
    QCOMPARE(m_lines.back(), std::string("trace now"));
    log::setLevel(log::Level::Error);
    log::warning("not now");
    QCOMPARE(m_lines.size(), 3U);
    QVERIFY(log::enabled(log::Level::Error));
    QVERIFY(!log::enabled(log::Level::Warning));
  }

  void bracesInArgumentsAreText() {
    log::info("{}", "{} {0} %s");
    QCOMPARE(m_lines.back(), std::string("info {} {0} %s"));
  }

  void aListenerCanLeave() {
    log::listen({});
    log::info("unheard");
    QVERIFY(m_lines.empty());
  }

  void threadsTakeTurns() {
    std::vector<std::thread> threads;
    for (int t = 0; t < 4; ++t) {
      threads.emplace_back([] {
        for (int i = 0; i < 500; ++i) log::info("line {}", i);
      });
    }
    for (auto& thread : threads) thread.join();
    QCOMPARE(m_lines.size(), 2000U);
  }

  void linesReachTheFile() {
    const QTemporaryDir folder;
    const auto file = folder.path().toStdString() + "/lulld.log";
    log::setUp({.program = "test", .level = log::Level::Debug, .toStandardError = false, .file = file});
    log::debug("into the file");
    log::warning("and out");
    log::setUp({.program = "test", .toStandardError = false});  // closes it
    const auto bytes = readFile(file);
    QVERIFY(bytes.ok());
    QVERIFY(bytes->find("test debug: into the file\n") != std::string::npos);
    QVERIFY(bytes->find("test warning: and out\n") != std::string::npos);
  }

  void aFileThatCannotBeOpenedIsReported() {
    log::setUp({.program = "test", .toStandardError = false, .file = "/proc/no/such/file"});
    QCOMPARE(m_lines.size(), 1U);
    QVERIFY(m_lines[0].starts_with("warning logging to nothing only: "));
  }

  void levelNames() {
    for (const auto* name : {"trace", "debug", "info", "warning", "error"}) {
      QCOMPARE(std::string(log::nameOf(log::levelFrom(name))), std::string(name));
    }
    QCOMPARE(log::levelFrom("loud"), log::Level::Info);
  }

private:
  std::vector<std::string> m_lines;
};

QTEST_GUILESS_MAIN(TestLog)
#include "test_log.moc"
