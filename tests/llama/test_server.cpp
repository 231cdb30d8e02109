// SPDX-License-Identifier: Apache-2.0
// llama-server with four clients at once: what it answers under the governor is what it answers without.
#include "llama/jobs.h"
#include "llama/modes.h"
#include "llama/need.h"
#include "llama/server.h"

#include <QtTest>

#include <signal.h>

#include <set>

using namespace lull;
using namespace lull::llama;
using namespace std::chrono_literals;

namespace {

constexpr std::chrono::minutes kPatience{3};
constexpr unsigned kClients = 4;

std::vector<std::string> prompts() {
  std::vector<std::string> out;
  for (int i = 0; i < 16; ++i) {
    std::string prompt = "Request " + std::to_string(i * 37) + ":";
    for (int word = 0; word < i % 5; ++word) prompt += " tell of the machine that was lent";
    out.push_back(prompt);
  }
  return out;
}

}  // namespace

class TestServer : public QObject {
  Q_OBJECT
private slots:
  void initTestCase() {
    LULL_NEED_LLAMA();
    QVERIFY(m_folder.isValid());
    QVERIFY2(makeModels(folder()), "no models");
  }

  void bareServerAnswersAlikeAlways() {
    Server server(modelFile(folder(), "F16"), folder(), {});
    QVERIFY2(server.waitReady(kPatience), server.program().errors().c_str());
    m_expected = server.complete(prompts(), 1);
    const bool various = std::set(m_expected.begin(), m_expected.end()).size() > prompts().size() / 2;
    if (!various && qEnvironmentVariableIsSet("LULL_STRANGE_DRIVER")) {
      m_expected.clear();
      QSKIP("the program itself answers all prompts alike on this driver");
    }
    QVERIFY(various);  // they depend on the prompt
    for (const auto& tokens : m_expected) QVERIFY(tokens.size() >= 20);
    const bool alike = server.complete(prompts(), kClients) == m_expected;
    // A driver that these tests did not choose (tests/bench/gpu) may compute one request otherwise than four.
    if (!alike && qEnvironmentVariableIsSet("LULL_STRANGE_DRIVER")) {
      qWarning("the bare server answers four clients otherwise than one: compared with one client");
      m_clients = 1;
    }
    QVERIFY(alike || m_clients == 1);
    QVERIFY(endsInOrder(server));
  }

  void governedServerAnswersTheSame_data() {
    QTest::addColumn<QString>("mode");
    for (const auto& mode : modes()) QTest::newRow(mode.name.c_str()) << QString::fromStdString(mode.name);
  }
  void governedServerAnswersTheSame() {
    QFETCH(QString, mode);
    if (nothingToCompare()) QSKIP("the program itself fails on this driver");
    QVERIFY2(!m_expected.empty(), "the bare server did not answer");
    const Mode& how = modeNamed(mode.toStdString());
    fakes::ServicePage page;
    Owner owner(page, how);
    Server server(modelFile(folder(), "F16"), folder(), {.page = &page, .environment = how.environment});
    QVERIFY2(server.waitReady(kPatience), server.program().errors().c_str());
    QVERIFY(server.complete(prompts(), m_clients) == m_expected);
    owner.programEnded();
    QVERIFY(page.page().submits.load() > 0);
    QCOMPARE(page.page().passedUngoverned.load(), std::uint64_t{0});
    if (how.cuts) QVERIFY(page.page().chunks.load() > 0);
    if (how.splits) QVERIFY(page.page().pieces.load() > 1000);
    QCOMPARE(owner.unanswered(), std::uint64_t{0});
    QVERIFY(endsInOrder(server));
  }

  void aParkedServerRestsAndGoesOn() {
    if (nothingToCompare()) QSKIP("the program itself fails on this driver");
    fakes::ServicePage page;
    page.open();
    Server server(modelFile(folder(), "F16"), folder(), {.page = &page, .environment = {}});
    QVERIFY2(server.waitReady(kPatience), server.program().errors().c_str());
    std::vector<std::vector<int>> answers;
    const std::uint64_t before = page.page().submits.load();
    std::thread clients([&] { answers = server.complete(prompts(), m_clients); });
    const bool began = QTest::qWaitFor([&] { return page.page().submits.load() > before; }, 60'000);
    const bool drained = page.waitDrained(page.close(), kPatience);
    // What the program had still to do by itself comes first.
    const auto rests = [&] {
      const std::uint64_t submits = page.page().submits.load();
      const double cpu = server.program().cpuSeconds();
      QTest::qWait(2000);
      return server.program().cpuSeconds() - cpu < 0.02 && page.page().submits.load() == submits;  // 1 %
    };
    const bool rested = QTest::qWaitFor(rests, 60'000);
    page.open();
    clients.join();
    QVERIFY(began);
    QVERIFY(drained);
    QVERIFY(rested);
    QVERIFY(answers == m_expected);
    QVERIFY(endsInOrder(server));
  }

private:
  [[nodiscard]] bool nothingToCompare() const {
    return m_expected.empty() && qEnvironmentVariableIsSet("LULL_STRANGE_DRIVER");
  }
  std::filesystem::path folder() const { return m_folder.path().toStdString(); }
  static bool endsInOrder(Server& server) {
    ::kill(server.program().pid(), SIGTERM);
    return server.program().waitExit(kPatience) == 0;
  }

  QTemporaryDir m_folder;
  unsigned m_clients = kClients;
  std::vector<std::vector<int>> m_expected;
};

QTEST_GUILESS_MAIN(TestServer)
#include "test_server.moc"
