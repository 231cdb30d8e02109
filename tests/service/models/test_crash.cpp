// SPDX-License-Identifier: Apache-2.0
// A store whose service is killed at random moments: what it shows afterwards is whole, and nothing is left behind.
#include "service/models/shop.h"

#include <QProcess>
#include <QTest>

#include <random>
#include <thread>

using namespace lull;
using namespace lull::test;

class TestCrash : public QObject {
  Q_OBJECT

private slots:
  void killedAnywhere() {
    const QTemporaryDir folder;
    const auto root = folder.path().toStdString() + "/models";
    std::mt19937 random(4711);
    std::size_t seen = 0;
    for (int round = 0; round < 25; ++round) {
      killAfter(root, round, std::chrono::milliseconds(random() % 500));
      Shop shop(root);
      check(shop);
      if (QTest::currentTestFailed()) return;
      seen += shop.names().size();
    }
    qInfo("%zu models were there over all rounds", seen);
    QVERIFY2(seen > 0, "nothing was ever kept");
  }

private:
  static void killAfter(const std::string& root, int seed, std::chrono::milliseconds span) {
    QProcess child;
    child.setProcessChannelMode(QProcess::ForwardedErrorChannel);
    child.start(qEnvironmentVariable("LULL_BUILD_DIR") + "/tests/models_crash_child",
                {QString::fromStdString(root), QString::number(seed)});
    QVERIFY(child.waitForReadyRead(30'000));
    QVERIFY(child.readAll().startsWith("open"));
    std::this_thread::sleep_for(span);  // the random moment
    QVERIFY2(child.state() == QProcess::Running, child.readAll());
    child.kill();
    QVERIFY(child.waitForFinished());
  }

  static void check(Shop& shop) {
    std::set<std::string> expected;
    std::uint64_t sum = 0;
    const auto list = shop.store->list();
    for (const auto& model : list.models()) {
      QCOMPARE(model.trouble(), std::string());
      QCOMPARE(model.header().title(), model.name());
      QCOMPARE(*sha256OfFile(shop.root() / (model.sha256() + ".gguf")), model.sha256());
      expected.insert(model.sha256() + ".gguf");
      expected.insert(model.sha256() + ".json");
      sum += model.bytes();
    }
    QVERIFY(sum <= 600'000);
    QCOMPARE(shop.files(), expected);
    std::set<std::string> coming;
    for (const auto& transfer : list.transfers()) {
      coming.insert(transfer.id() + ".json");
      coming.insert(transfer.id() + ".part");
    }
    for (const auto& file : shop.files("incoming")) QVERIFY2(coming.contains(file), file.c_str());
  }
};

QTEST_GUILESS_MAIN(TestCrash)
#include "test_crash.moc"
