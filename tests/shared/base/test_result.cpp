// SPDX-License-Identifier: Apache-2.0
#include "base/result.h"

#include <QTest>

#include <cerrno>
#include <memory>

using namespace lull;

Q_DECLARE_METATYPE(lull::Error::Kind)

class TestResult : public QObject {
  Q_OBJECT

private slots:
  void holdsAValueOrAnError() {
    Result<std::string> good(std::string("v"));
    QVERIFY(good.ok());
    QVERIFY(static_cast<bool>(good));
    QCOMPARE(good->size(), 1U);
    const Result<std::string> bad(Error(Error::Kind::NotFound, "no"));
    QVERIFY(!bad.ok());
    QCOMPARE(bad.error().text(), std::string("no"));
    QVERIFY(Outcome().ok());
    QVERIFY(!Outcome(Error(Error::Kind::Io, "x")).ok());
  }

  void valuesMoveOut() {
    Result<std::unique_ptr<int>> result(std::make_unique<int>(5));
    const std::unique_ptr<int> taken = *std::move(result);
    QCOMPARE(*taken, 5);
  }

  void stepsStandBeforeTheCause() {
    const auto error = Error(Error::Kind::TooBig, "disk full").during("opening the ledger");
    QCOMPARE(error.text(), std::string("opening the ledger: disk full"));
    QCOMPARE(error.kind(), Error::Kind::TooBig);
  }

  void errnoBecomesAnError_data() {
    QTest::addColumn<int>("number");
    QTest::addColumn<Error::Kind>("kind");
    QTest::newRow("ENOENT") << ENOENT << Error::Kind::NotFound;
    QTest::newRow("EACCES") << EACCES << Error::Kind::Denied;
    QTest::newRow("EPERM") << EPERM << Error::Kind::Denied;
    QTest::newRow("ENOSPC") << ENOSPC << Error::Kind::TooBig;
    QTest::newRow("EDQUOT") << EDQUOT << Error::Kind::TooBig;
    QTest::newRow("EFBIG") << EFBIG << Error::Kind::TooBig;
    QTest::newRow("EIO") << EIO << Error::Kind::Io;
  }
  void errnoBecomesAnError() {
    QFETCH(int, number);
    QFETCH(Error::Kind, kind);
    const auto error = fromErrno(number, "open", "/x/y");
    QCOMPARE(error.kind(), kind);
    QVERIFY(error.text().starts_with("open /x/y: "));
    errno = number;
    QCOMPARE(fromErrno("open", "/x/y").text(), error.text());
    QVERIFY(fromErrno(number, "accept", "").text().starts_with("accept: "));
  }
};

QTEST_GUILESS_MAIN(TestResult)
#include "test_result.moc"
