// SPDX-License-Identifier: Apache-2.0
// The last words of a helper: whole and in their order, whenever they are asked for.
#include "senses/tail.h"

#include <QTest>

#include <unistd.h>

#include <string>

using namespace lull;
using senses::Tail;

class TestTail : public QObject {
  Q_OBJECT

private slots:
  void whatWasWrittenIsThereAtOnce() {
    Tail tail(m_loop, 100);
    const auto writer = tail.open();
    QVERIFY(writer.ok());
    say(*writer, "one ");
    m_loop.poll();
    say(*writer, "two ");
    say(*writer, "three");
    QCOMPARE(tail.close(), std::string("one two three"));
    QVERIFY(!tail.overflown());
  }

  // Its writer may have been quicker than the loop.
  void whatTheLoopHasNotComeToIsThere() {
    Tail tail(m_loop, 10000);
    const auto writer = tail.open();
    QVERIFY(writer.ok());
    std::string all;
    while (all.size() < 5000) all += std::to_string(all.size()) + ' ';
    say(*writer, all);
    m_loop.poll_one();
    QCOMPARE(tail.close(), all);
    QCOMPARE(tail.close(), std::string());
  }

  void theBeginningGoesFirst() {
    Tail tail(m_loop, 4);
    const auto writer = tail.open();
    QVERIFY(writer.ok());
    say(*writer, "0123456789");
    QCOMPARE(tail.close(), std::string("6789"));
    QVERIFY(tail.overflown());
  }

private:
  static void say(const Fd& writer, const std::string& text) {
    QCOMPARE(::write(writer.get(), text.data(), text.size()), static_cast<ssize_t>(text.size()));
  }
  asio::io_context m_loop;
};

QTEST_GUILESS_MAIN(TestTail)
#include "test_tail.moc"
