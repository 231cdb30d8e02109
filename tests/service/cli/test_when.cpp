// SPDX-License-Identifier: Apache-2.0
#include "cli/when.h"

#include <QtTest>

using namespace lull;
using namespace lull::cli;

namespace {

UnixMs local(int year, int month, int day, int hour, int minute, int second = 0) {
  std::tm t{};
  t.tm_year = year - 1900;
  t.tm_mon = month - 1;
  t.tm_mday = day;
  t.tm_hour = hour;
  t.tm_min = minute;
  t.tm_sec = second;
  t.tm_isdst = -1;
  return static_cast<UnixMs>(std::mktime(&t)) * 1000;
}

std::vector<std::string> words(const QString& text) {
  std::vector<std::string> out;
  for (const auto& word : text.split(' ', Qt::SkipEmptyParts)) out.push_back(word.toStdString());
  return out;
}

}  // namespace

class TestWhen : public QObject {
  Q_OBJECT

private slots:
  void init() { useZone("Europe/Berlin"); }

  void spansPeopleType_data() {
    QTest::addColumn<QString>("text");
    QTest::addColumn<qint64>("seconds");
    QTest::newRow("minutes") << "30m" << qint64(1800);
    QTest::newRow("hours and minutes") << "1h30m" << qint64(5400);
    QTest::newRow("with spaces") << "2 h 5 min" << qint64(7500);
    QTest::newRow("seconds") << "45s" << qint64(45);
    QTest::newRow("a day") << "1d" << qint64(86400);
    QTest::newRow("in words") << "2hours" << qint64(7200);
    QTest::newRow("the longest") << "366d" << qint64(366 * 86400);
  }
  void spansPeopleType() {
    QFETCH(QString, text);
    QFETCH(qint64, seconds);
    const auto parsed = parseSpan(text.toStdString());
    QVERIFY2(parsed.ok(), qPrintable(text));
    QCOMPARE(qint64(parsed->count()), seconds * 1000);
  }

  void spansThatAreNone_data() {
    QTest::addColumn<QString>("text");
    for (const auto* text : {"", "30", "m", "30x", "-5m", "1.5h", "0m", "367d", "99999999999999999999s",
                             "9223372036854775807d", "5m later"}) {
      QTest::newRow(text) << text;
    }
  }
  void spansThatAreNone() {
    QFETCH(QString, text);
    const auto parsed = parseSpan(text.toStdString());
    QVERIFY2(!parsed.ok(), qPrintable(text));
    QCOMPARE(parsed.error().kind(), Error::Kind::Invalid);
  }

  void pauses_data() {
    QTest::addColumn<QString>("text");
    QTest::addColumn<qint64>("expected");
    // Now is Sunday, 2026-11-22 16:30.
    QTest::newRow("for good") << "" << qint64(kUntilResumed);
    QTest::newRow("a span") << "30m" << qint64(local(2026, 11, 22, 17, 0));
    QTest::newRow("a span in two words") << "2h 30m" << qint64(local(2026, 11, 22, 19, 0));
    QTest::newRow("later today") << "until 18:00" << qint64(local(2026, 11, 22, 18, 0));
    QTest::newRow("passed today, so tomorrow") << "until 9:15" << qint64(local(2026, 11, 23, 9, 15));
    QTest::newRow("this very minute is tomorrow") << "until 16:30" << qint64(local(2026, 11, 23, 16, 30));
    QTest::newRow("with seconds") << "until 16:30:01" << qint64(local(2026, 11, 22, 16, 30, 1));
    QTest::newRow("midnight") << "until 24:00" << qint64(local(2026, 11, 23, 0, 0));
    QTest::newRow("tomorrow") << "until tomorrow" << qint64(local(2026, 11, 23, 0, 0));
    QTest::newRow("tomorrow morning") << "until tomorrow 8:00" << qint64(local(2026, 11, 23, 8, 0));
    QTest::newRow("today") << "until today 20:00" << qint64(local(2026, 11, 22, 20, 0));
    QTest::newRow("a date") << "until 2026-12-24" << qint64(local(2026, 12, 24, 0, 0));
    QTest::newRow("a date and time") << "until 2026-12-24 18:00" << qint64(local(2026, 12, 24, 18, 0));
  }
  void pauses() {
    QFETCH(QString, text);
    QFETCH(qint64, expected);
    const UnixMs now = local(2026, 11, 22, 16, 30);
    const auto parsed = parsePause(words(text), now);
    QVERIFY2(parsed.ok(), parsed.ok() ? "" : parsed.error().text().c_str());
    QCOMPARE(qint64(*parsed), expected);
    const auto quoted = parsePause({text.toStdString()}, now);  // lull pause "until 18:00"
    QVERIFY(quoted.ok());
    QCOMPARE(qint64(*quoted), expected);
  }

  void pausesThatAreNone_data() {
    QTest::addColumn<QString>("text");
    QTest::addColumn<QString>("part");
    QTest::newRow("no moment") << "until"
                               << "18:00";
    QTest::newRow("no such hour") << "until 25:00"
                                  << "not a moment";
    QTest::newRow("past midnight") << "until 24:01"
                                   << "not a moment";
    QTest::newRow("no such minute") << "until 18:60"
                                    << "not a moment";
    QTest::newRow("half a time") << "until 18:"
                                 << "not a moment";
    QTest::newRow("one digit") << "until 18:5"
                               << "not a moment";
    QTest::newRow("no such day") << "until 2026-02-30"
                                 << "not a moment";
    QTest::newRow("yesterday") << "until 2026-11-21"
                               << "passed already";
    QTest::newRow("earlier today") << "until today 9:00"
                                   << "passed already";
    QTest::newRow("only today") << "until today"
                                << "not a moment";
    QTest::newRow("too many words") << "until tomorrow 8:00 sharp"
                                    << "not a moment";
    QTest::newRow("a time without until") << "18:00"
                                          << "lull pause until 18:00";
    QTest::newRow("anything") << "soon"
                              << "not a length of time";
  }
  void pausesThatAreNone() {
    QFETCH(QString, text);
    QFETCH(QString, part);
    const auto parsed = parsePause(words(text), local(2026, 11, 22, 16, 30));
    QVERIFY2(!parsed.ok(), qPrintable(text));
    QVERIFY2(QString::fromStdString(parsed.error().text()).contains(part), parsed.error().text().c_str());
  }

  // Berlin: 2026-10-25 has 25 hours, 2026-03-29 has 23.
  void daysOnWhichTheClocksChange() {
    const UnixMs autumn = local(2026, 10, 24, 22, 0);
    const auto morning = parsePause(words("until tomorrow 8:00"), autumn);
    QVERIFY(morning.ok());
    QCOMPARE(qint64(*morning - autumn), qint64(11) * 3'600'000);
    const UnixMs spring = local(2026, 3, 28, 22, 0);
    const auto early = parsePause(words("until 8:00"), spring);
    QVERIFY(early.ok());
    QCOMPARE(qint64(*early - spring), qint64(9) * 3'600'000);
    // A span is a span, whatever the clocks do.
    QCOMPARE(qint64(*parsePause(words("24h"), autumn) - autumn), qint64(24) * 3'600'000);
    // 02:30 does not exist on that night; the pause still ends within it.
    const auto missing = parsePause(words("until tomorrow 2:30"), spring);
    QVERIFY(missing.ok());
    QVERIFY(*missing > spring + 3 * 3'600'000 && *missing < spring + 6 * 3'600'000);
  }

  void otherZones() {
    useZone("Asia/Kolkata");
    const UnixMs now = local(2026, 11, 22, 23, 45);
    QCOMPARE(qint64(*parsePause(words("until tomorrow"), now) - now), qint64(15) * 60'000);
  }

private:
  static void useZone(const char* name) {
    qputenv("TZ", name);
    tzset();
    if (local(2026, 11, 22, 12, 0) % 86'400'000 == 12 * 3'600'000) QSKIP("no time zone data on this machine");
  }
};

QTEST_GUILESS_MAIN(TestWhen)
#include "test_when.moc"
