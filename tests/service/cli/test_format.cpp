// SPDX-License-Identifier: Apache-2.0
#include "cli/format.h"
#include "cli/near.h"
#include "cli/plot.h"
#include "cli/table.h"

#include <QtTest>

using namespace lull;
using namespace lull::cli;

namespace {
QString q(const std::string& text) { return QString::fromStdString(text); }
constexpr UnixMs kNoon = 1'795'348'800'000;  // 2026-11-22 12:00 UTC, a Sunday
}  // namespace

class TestFormat : public QObject {
  Q_OBJECT

private slots:
  void initTestCase() {
    qputenv("TZ", "UTC");
    tzset();
    qunsetenv("COLUMNS");
  }

  void bytesInDecimalUnits_data() {
    QTest::addColumn<quint64>("count");
    QTest::addColumn<QString>("text");
    QTest::newRow("none") << quint64(0) << "0 B";
    QTest::newRow("below a kilobyte") << quint64(999) << "999 B";
    QTest::newRow("a kilobyte") << quint64(1000) << "1.0 kB";
    QTest::newRow("two digits") << quint64(12'345) << "12 kB";
    QTest::newRow("rounds up to the next unit") << quint64(999'999) << "1.0 MB";
    QTest::newRow("gigabytes") << quint64(1'234'567'890) << "1.2 GB";
    QTest::newRow("the most there is") << ~quint64(0) << "18 EB";
  }
  void bytesInDecimalUnits() {
    QFETCH(quint64, count);
    QFETCH(QString, text);
    QCOMPARE(q(bytes(count)), text);
  }

  void spans_data() {
    QTest::addColumn<qint64>("seconds");
    QTest::addColumn<QString>("text");
    QTest::newRow("none") << qint64(0) << "0 s";
    QTest::newRow("the past is none") << qint64(-5) << "0 s";
    QTest::newRow("seconds") << qint64(89) << "89 s";
    QTest::newRow("minutes") << qint64(90) << "1 min";
    QTest::newRow("almost an hour") << qint64(3599) << "59 min";
    QTest::newRow("an hour") << qint64(3600) << "1 h";
    QTest::newRow("hours and minutes") << qint64(7500) << "2 h 5 min";
    QTest::newRow("days and hours") << qint64(3 * 86400 + 4 * 3600 + 59) << "3 d 4 h";
  }
  void spans() {
    QFETCH(qint64, seconds);
    QFETCH(QString, text);
    QCOMPARE(q(span(seconds)), text);
  }

  void millisecondsWithTheirUnit_data() {
    QTest::addColumn<double>("ms");
    QTest::addColumn<QString>("text");
    QTest::newRow("microseconds") << 0.042 << "42 µs";
    QTest::newRow("one digit") << 3.14 << "3.1 ms";
    QTest::newRow("rounds to ten") << 9.96 << "10 ms";
    QTest::newRow("hundreds") << 345.6 << "346 ms";
    QTest::newRow("seconds") << 1234.0 << "1.2 s";
    QTest::newRow("minutes") << 600'000.0 << "10 min";
  }
  void millisecondsWithTheirUnit() {
    QFETCH(double, ms);
    QFETCH(QString, text);
    QCOMPARE(q(milliseconds(ms)), text);
  }

  void creditsOfAllSizes_data() {
    QTest::addColumn<qint64>("micro");
    QTest::addColumn<QString>("text");
    QTest::newRow("none") << qint64(0) << "0 credits";
    QTest::newRow("one micro-credit") << qint64(1) << "0.000001 credits";
    QTest::newRow("small") << qint64(3200) << "0.0032 credits";
    QTest::newRow("small, rounded") << qint64(2514) << "0.0025 credits";
    QTest::newRow("usual") << qint64(421'000) << "0.42 credits";
    QTest::newRow("exactly one") << qint64(1'000'000) << "1 credit";
    QTest::newRow("many") << qint64(1'234'567'890) << "1234.57 credits";
    QTest::newRow("taken back") << qint64(-500'000) << "-0.50 credits";
  }
  void creditsOfAllSizes() {
    QFETCH(qint64, micro);
    QFETCH(QString, text);
    QCOMPARE(q(credits(micro)), text);
  }

  void otherQuantities() {
    QCOMPARE(q(celsius(83.6)), "84 °C");
    QCOMPARE(q(gpuTime(0)), "0 s");
    QCOMPARE(q(gpuTime(12'300'000'000)), "12.3 s");
    QCOMPARE(q(gpuTime(99'990'000'000)), "1 min 40 s");
    QCOMPARE(q(gpuTime(101'600'000'000)), "1 min 42 s");
    QCOMPARE(q(gpuTime(7'500'000'000'000)), "2 h 5 min");
    QCOMPARE(q(energy(120'000'000, false)), "120 J");
    QCOMPARE(q(energy(11'160'000'000, true)), "3.1 Wh (estimated)");
    QCOMPARE(q(energy(0, true)), "0.0 J");
    QCOMPARE(q(percent(0.434)), "43 %");
    QCOMPARE(q(percent(1.7)), "100 %");
    QCOMPARE(q(number(85)), "85");
    QCOMPARE(q(number(0.5)), "0.5");
    QCOMPARE(q(number(-0.0001)), "0");
    QCOMPARE(q(count(1, "task", "tasks")), "1 task");
    QCOMPARE(q(count(0, "task", "tasks")), "0 tasks");
  }

  void moments() {
    QCOMPARE(q(clockTime(kNoon + 3000)), "12:00:03");
    QCOMPARE(q(stamp(kNoon)), "2026-11-22 12:00");
    QCOMPARE(q(ago(kNoon, kNoon + 500)), "just now");
    QCOMPARE(q(ago(kNoon, kNoon - 60'000)), "just now");  // a clock set back
    QCOMPARE(q(ago(kNoon, kNoon + 12 * 60'000)), "12 min ago");
    QCOMPARE(q(ago(kNoon, kNoon + 3 * 86'400'000LL)), "3 days ago");
    QCOMPARE(q(ago(kNoon, kNoon + 8 * 86'400'000LL)), "2026-11-22 12:00");
    QCOMPARE(q(moment(kNoon + 6 * 3'600'000LL, kNoon)), "18:00");
    QCOMPARE(q(moment(kNoon + 12 * 3'600'000LL, kNoon)), "tomorrow at 00:00");
    QCOMPARE(q(moment(kNoon + 48 * 3'600'000LL, kNoon)), "Tue 24 Nov at 12:00");
  }

  void everyStateHasAWordAndBack() {
    for (int i = v1::TASK_STATE_QUEUED; i <= v1::TASK_STATE_CANCELLED; ++i) {
      const auto state = static_cast<v1::TaskState>(i);
      QCOMPARE(stateFrom(stateWord(state)), std::optional(state));
    }
    QVERIFY(!stateFrom("asleep"));
    QVERIFY(hasEnded(v1::TASK_STATE_CANCELLED));
    QVERIFY(!hasEnded(v1::TASK_STATE_EVICTING));
  }

  void widths() {
    QCOMPARE(displayWidth("84 °C"), std::size_t(5));
    QCOMPARE(displayWidth("显卡"), std::size_t(4));
    QCOMPARE(displayWidth("e\xCC\x81"), std::size_t(1));  // combining accent
    QCOMPARE(displayWidth("\xFF\xC3"), std::size_t(2));   // not UTF-8
    QCOMPARE(q(shorten("Mandelbrot", 5)), "Mand…");
    QCOMPARE(q(shorten("显卡显卡", 5)), "显卡…");
    QCOMPARE(q(shorten("short", 5)), "short");
  }

  void namesOfOthersCannotSteerTheTerminal() {
    QCOMPARE(q(harmless("a\x1b[2Jb\nc\x7f")), "a [2Jb c ");
    QCOMPARE(q(harmless("\xC2\x9B"
                        "31m")),
             " 31m");  // the one-byte CSI, as UTF-8
    QCOMPARE(q(harmless("Größe 显卡")), "Größe 显卡");
  }

  void wrapsAtSpaces() {
    QCOMPARE(q(wrap("one two three", 7)), "one two\nthree");
    QCOMPARE(q(wrap("one two three", 7, 2)), "one two\n  three");
    QCOMPARE(q(wrap("unbreakablyLong word", 5)), "unbreakablyLong\nword");
    QCOMPARE(q(wrap("a\nb", 80)), "a\nb");
    QCOMPARE(q(wrap("", 10)), "");
  }

  void tableFitsItsWidth() {
    const Interrupt never;
    const Terminal terminal(never);  // no terminal here: 80 columns
    QCOMPARE(terminal.width(), std::size_t(80));
    Table table({{"ID"}, {"N", Table::Align::Right}, {"TEXT"}}, Table::LastColumn::Wrap);
    table.add({{"t-1", Colour::Bold},
               {"5", Colour::Plain},
               {std::string(30, 'x') + " " + std::string(60, 'y'), Colour::Plain}});
    table.add({{"显卡", Colour::Plain}, {"500", Colour::Plain}});
    const auto lines = q(table.text(terminal)).split('\n');
    QCOMPARE(lines[0], "ID      N  TEXT");
    QCOMPARE(lines[1], "t-1     5  " + QString(30, 'x'));
    QCOMPARE(lines[2], QString(11, ' ') + QString(60, 'y'));
    QCOMPARE(lines[3], "显卡  500");
    for (const auto& line : lines) QVERIFY(displayWidth(line.toStdString()) <= 80);
  }

  void plotDrawsWhatIsThere() {
    std::vector<v1::Point> points(2);
    points[0].set_unix_ms(kNoon);
    points[0].set_value(8);
    points[1].set_unix_ms(kNoon + 5000);
    points[1].set_value(0.001);  // tiny, and yet visible
    const PlotFrame frame{.from = kNoon, .to = kNoon + 10'000, .width = 40, .height = 2, .label = number};
    const auto lines = q(plot(points, frame)).split('\n');
    QCOMPARE(lines[0], "8 │█");
    QCOMPARE(lines[1], "0 │█" + QString(19, ' ') + "▁");
    QVERIFY(lines[2].contains("2026-11-22 12:00"));
    QVERIFY(q(plot({}, frame)).startsWith("0 │"));
  }

  void slipsOfTheFingers() {
    const std::vector<std::string> words{"status", "submit", "share", "tasks"};
    QCOMPARE(nearest("statsu", words), std::optional<std::string>("status"));
    QCOMPARE(nearest("task", words), std::optional<std::string>("tasks"));
    QCOMPARE(nearest("sumbit", words), std::optional<std::string>("submit"));
    QVERIFY(!nearest("elephant", words));
    QVERIFY(!nearest("", words));
  }
};

QTEST_GUILESS_MAIN(TestFormat)
#include "test_format.moc"
