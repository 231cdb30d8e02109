// SPDX-License-Identifier: Apache-2.0
#include "runtimes/llama/outlook.h"

#include <QtTest>

using lull::runtimes::llama::Outlook;

class TestOutlook : public QObject {
  Q_OBJECT

private slots:
  void restTakesAsLongAsTheBeginning() {
    Outlook outlook;
    QCOMPARE(outlook.left({.done = 0, .seconds = 0}, 10), 0.0);
    QCOMPARE(outlook.left({.done = 0, .seconds = 3}, 10), 0.0);
    QCOMPARE(outlook.left({.done = 2, .seconds = 4}, 10), 16.0);
    QCOMPARE(outlook.left({.done = 10, .seconds = 20}, 10), 0.0);
  }

  void whatWasBeforeTheServerDoesNotCount() {
    Outlook outlook;
    outlook.begin({.done = 90, .seconds = 1});
    QCOMPARE(outlook.left({.done = 90, .seconds = 5}, 100), 0.0);
    QCOMPARE(outlook.left({.done = 92, .seconds = 5}, 100), 16.0);
    QCOMPARE(outlook.left({.done = 92, .seconds = 0.5}, 100), 0.0);  // another program's clock
  }
};

QTEST_GUILESS_MAIN(TestOutlook)
#include "test_outlook.moc"
