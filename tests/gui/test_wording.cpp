// SPDX-License-Identifier: Apache-2.0
#include "models/wording.h"

#include <QDateTime>
#include <QLocale>
#include <QtTest>

using namespace lull;
using namespace lull::models;

namespace {

constexpr std::int64_t kSecond = 1000;
constexpr std::int64_t kMinute = 60 * kSecond;
constexpr std::int64_t kHour = 60 * kMinute;
constexpr std::int64_t kDay = 24 * kHour;

// Expected texts are written with plain spaces.
QString plain(QString text) { return text.replace(QChar(QChar::Nbsp), QChar(' ')); }

}  // namespace

class TestWording : public QObject {
  Q_OBJECT

private slots:
  void initTestCase() {
    QLocale::setDefault(QLocale(QLocale::English, QLocale::UnitedStates));
    qputenv("TZ", "Europe/Berlin");
  }

  void spans_data() {
    QTest::addColumn<qint64>("ms");
    QTest::addColumn<QString>("words");
    QTest::newRow("negative") << qint64(-5) << "less than a minute";
    QTest::newRow("none") << qint64(0) << "less than a minute";
    QTest::newRow("just below") << qint64(kMinute - 1) << "less than a minute";
    QTest::newRow("one") << qint64(kMinute) << "1 minute";
    QTest::newRow("rounded down") << qint64(13 * kMinute - 1) << "12 minutes";
    QTest::newRow("hour") << qint64(kHour) << "1 hour";
    QTest::newRow("ten-minute steps") << qint64(kHour + 19 * kMinute) << "1 hour 10 minutes";
    QTest::newRow("hours and minutes") << qint64(2 * kHour + 50 * kMinute) << "2 hours 50 minutes";
    QTest::newRow("whole hours") << qint64(5 * kHour + 50 * kMinute) << "5 hours";
    QTest::newRow("before days") << qint64(2 * kDay - 1) << "47 hours";
    QTest::newRow("days") << qint64(2 * kDay) << "2 days";
  }
  void spans() {
    QFETCH(qint64, ms);
    QTEST(inWords(ms), "words");
  }

  // An age reads the same until changesAt, and differently from then on: that is what lets the window sleep.
  void ageChangesWhenItSays_data() {
    QTest::addColumn<qint64>("span");
    for (const auto span : {std::int64_t(0), 30 * kSecond, kMinute, 12 * kMinute + 20 * kSecond, 59 * kMinute, kHour,
                            2 * kHour + 55 * kMinute, 4 * kHour, 47 * kHour + 59 * kMinute, 5 * kDay}) {
      QTest::addRow("%lld ms", static_cast<long long>(span)) << qint64(span);
    }
  }
  void ageChangesWhenItSays() {
    QFETCH(qint64, span);
    const UnixMs since = 1'700'000'000'000;
    const auto said = age(since, since + span);
    QVERIFY(said.changesAt.has_value());
    QVERIFY(*said.changesAt > since + span);
    QCOMPARE(age(since, *said.changesAt - 1).text, said.text);
    QVERIFY(age(since, *said.changesAt).text != said.text);
  }

  void countdowns_data() {
    QTest::addColumn<qint64>("left");
    QTest::addColumn<QString>("words");
    QTest::newRow("hours") << qint64(90 * kMinute) << "1 hour 30 minutes";
    QTest::newRow("minutes rounded up") << qint64(kMinute + 31 * kSecond) << "2 minutes";
    QTest::newRow("tens") << qint64(90 * kSecond) << "90 seconds";
    QTest::newRow("tens rounded up") << qint64(41 * kSecond) << "50 seconds";
    QTest::newRow("seconds") << qint64(9'001) << "10 seconds";
    QTest::newRow("last") << qint64(1) << "1 second";
    QTest::newRow("over") << qint64(-4) << "1 second";
  }
  void countdowns() {
    QFETCH(qint64, left);
    QTEST(countdown(5'000'000 + left, 5'000'000).text, "words");
  }

  void countdownChangesWhenItSays() {
    const UnixMs until = 1'700'000'000'000;
    int steps = 0;
    UnixMs now = until - 5 * kMinute;
    for (auto said = countdown(until, now); said.changesAt; said = countdown(until, now), ++steps) {
      QVERIFY(*said.changesAt > now);
      QCOMPARE(countdown(until, *said.changesAt - 1).text, said.text);
      now = *said.changesAt;
      QVERIFY(countdown(until, now).text != said.text);
    }
    QVERIFY2(steps >= 15 && steps <= 25, "five minutes take about 20 looks, not 300");
  }

  void exactSpans_data() {
    QTest::addColumn<qint64>("seconds");
    QTest::addColumn<QString>("words");
    QTest::newRow("short") << qint64(45) << "45 seconds";
    QTest::newRow("odd") << qint64(90) << "90 seconds";
    QTest::newRow("default") << qint64(120) << "2 minutes";
    QTest::newRow("long") << qint64(5400) << "1 hour 30 minutes";
  }
  void exactSpans() {
    QFETCH(qint64, seconds);
    QTEST(exactSpan(seconds), "words");
  }

  void sums_data() {
    QTest::addColumn<double>("seconds");
    QTest::addColumn<QString>("words");
    QTest::newRow("none") << 0.0 << "0 s";
    QTest::newRow("seconds") << 59.9 << "59 s";
    QTest::newRow("minutes") << 3599.0 << "59 min";
    QTest::newRow("hours") << 11640.0 << "3 h 14 min";
    QTest::newRow("even hours") << 7200.0 << "2 h";
    QTest::newRow("many hours") << 771'234.0 << "214 h";
    QTest::newRow("grouped") << 3600.0 * 12'000 << "12,000 h";
  }
  void sums() {
    QFETCH(double, seconds);
    QTEST(plain(shortSpan(seconds)), "words");
  }

  void temperatures_data() {
    QTest::addColumn<double>("degrees");
    QTest::addColumn<QString>("words");
    QTest::newRow("whole") << 84.0 << "84 °C";
    QTest::newRow("rounded") << 63.5 << "64 °C";
    QTest::newRow("no minus zero") << -0.3 << "0 °C";
    QTest::newRow("cold") << -12.4 << "-12 °C";
  }
  void temperatures() {
    QFETCH(double, degrees);
    QTEST(plain(celsius(degrees)), "words");
  }

  void creditsNeverPromiseMore_data() {
    QTest::addColumn<qint64>("micro");
    QTest::addColumn<QString>("words");
    QTest::newRow("none") << qint64(0) << "0";
    QTest::newRow("hardly any") << qint64(99) << "< 0.0001";
    QTest::newRow("small") << qint64(4'299) << "0.0042";
    QTest::newRow("nearly one") << qint64(999'999) << "0.9999";
    QTest::newRow("some") << qint64(3'239'999) << "3.23";
    QTest::newRow("many") << qint64(214'999'999) << "214";
    QTest::newRow("thousands") << qint64(1'234'500'000) << "1,234";
  }
  void creditsNeverPromiseMore() {
    QFETCH(qint64, micro);
    QTEST(credits(micro), "words");
  }

  void numbers_data() {
    QTest::addColumn<QString>("said");
    QTest::addColumn<QString>("words");
    QTest::newRow("ms small") << milliseconds(0.817) << "0.82 ms";
    QTest::newRow("ms nearly one") << milliseconds(0.999) << "1.0 ms";
    QTest::newRow("ms some") << milliseconds(3.14) << "3.1 ms";
    QTest::newRow("ms many") << milliseconds(123.6) << "124 ms";
    QTest::newRow("seconds") << milliseconds(1'234) << "1.2 s";
    QTest::newRow("percent") << percent(0.724) << "72 %";
    QTest::newRow("percent above") << percent(1.3) << "100 %";
    QTest::newRow("energy none") << energy(0) << "0 Wh";
    QTest::newRow("energy hardly any") << energy(3'600'000) << "< 0.1 Wh";
    QTest::newRow("energy small") << energy(1'440'000'000) << "0.4 Wh";
    QTest::newRow("energy some") << energy(136'800'000'000) << "38 Wh";
    QTest::newRow("energy much") << energy(4'464'000'000'000) << "1.24 kWh";
    QTest::newRow("MiB") << bytes(612ULL << 20U) << "612 MiB";
    QTest::newRow("GiB") << bytes(16ULL << 30U) << "16 GiB";
    QTest::newRow("GiB part") << bytes(1434ULL << 20U) << "1.4 GiB";
    QTest::newRow("count") << count(1204) << "1,204";
    QTest::newRow("capital") << capitalised(QStringLiteral("ärger")) << "Ärger";
  }
  void numbers() {
    QFETCH(QString, said);
    QTEST(plain(said), "words");
  }

  void pointsInTime() {
    const auto at = [](int day, int hour) {
      return QDateTime(QDate(2026, 11, day), QTime(hour, 5)).toMSecsSinceEpoch();
    };
    QCOMPARE(pointInTime(at(23, 18), at(23, 9)), "18:05");
    QCOMPARE(pointInTime(at(24, 7), at(23, 9)), "tomorrow 07:05");
    QCOMPARE(pointInTime(at(22, 7), at(23, 9)), "yesterday 07:05");
    QCOMPARE(pointInTime(at(29, 7), at(23, 9)), "29 Nov 07:05");
  }

  void followsTheLanguage() {
    QLocale::setDefault(QLocale(QLocale::German, QLocale::Germany));
    QCOMPARE(credits(3'239'999), "3,23");
    QCOMPARE(count(1204), "1.204");
    QLocale::setDefault(QLocale(QLocale::English, QLocale::UnitedStates));
  }
};

QTEST_GUILESS_MAIN(TestWording)
#include "test_wording.moc"
