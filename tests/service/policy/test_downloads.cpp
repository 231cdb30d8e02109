// SPDX-License-Identifier: Apache-2.0
#include "policy/downloads.h"
#include "service/policy/cases.h"

#include <QTest>

using namespace lull;

class TestDownloads : public QObject {
  Q_OBJECT

private slots:
  void theyWaitOnlyWhereTrafficIsMetered_data() {
    QTest::addColumn<bool>("known");
    QTest::addColumn<bool>("metered");
    QTest::addColumn<bool>("anyway");
    QTest::addColumn<bool>("held");
    QTest::newRow("nothing is known") << false << false << false << false;
    QTest::newRow("not metered") << true << false << false << false;
    QTest::newRow("metered") << true << true << false << true;
    QTest::newRow("metered, and the owner does not mind") << true << true << true << false;
  }
  void theyWaitOnlyWhereTrafficIsMetered() {
    QFETCH(bool, known);
    QFETCH(bool, metered);
    QFETCH(bool, anyway);
    QFETCH(bool, held);
    auto facts = test::quietMachine();
    facts.network.set_known(known);
    facts.network.set_metered(metered);
    facts.network.set_text("Somebody says so");
    auto settings = test::sharing();
    settings.mutable_models()->set_on_metered(anyway);
    const auto why = policy::downloadsHeld(facts, settings);
    QCOMPARE(!why.empty(), held);
    if (held) QVERIFY(why.starts_with("Somebody says so") && why.find("models.on_metered") != std::string::npos);
  }
};

QTEST_GUILESS_MAIN(TestDownloads)
#include "test_downloads.moc"
