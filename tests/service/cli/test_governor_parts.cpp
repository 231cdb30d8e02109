// SPDX-License-Identifier: Apache-2.0
// The pure parts of lull governor: sizes, what the loader is told, times of stops, shares, the split command line.
#include "cli/command_line.h"
#include "cli/governor/layer.h"
#include "cli/governor/size.h"
#include "cli/governor/stop_times.h"
#include "governor/page.h"

#include <QtTest>

#include <algorithm>

using namespace lull;
using namespace lull::cli;

namespace {

std::string valueOf(const std::vector<std::string>& environment, const std::string& name) {
  const auto found = std::ranges::find_if(environment, [&](const std::string& v) { return v.starts_with(name + "="); });
  return found == environment.end() ? "(none)" : found->substr(name.size() + 1);
}

Instant second(double s) { return instantFromNs(static_cast<std::int64_t>(s * 1e9)); }

}  // namespace

class TestGovernorParts : public QObject {
  Q_OBJECT

private slots:
  void sizes_data() {
    QTest::addColumn<QString>("text");
    QTest::addColumn<qint64>("bytes");  // -1: wrong
    QTest::newRow("binary") << "3GiB" << (qint64{3} << 30);
    QTest::newRow("decimal") << "3GB" << qint64{3'000'000'000};
    QTest::newRow("short") << "512m" << (qint64{512} << 20);
    QTest::newRow("with a point and a space") << "1.5 GiB" << (qint64{3} << 29);
    QTest::newRow("bytes") << "1048576" << qint64{1048576};
    QTest::newRow("none") << "none" << qint64{0};
    QTest::newRow("nothing") << "" << qint64{-1};
    QTest::newRow("negative") << "-1GiB" << qint64{-1};
    QTest::newRow("no unit of ours") << "3 apples" << qint64{-1};
    QTest::newRow("no number") << "GiB" << qint64{-1};
    QTest::newRow("not a number") << "nan" << qint64{-1};
    QTest::newRow("for ever") << "infGiB" << qint64{-1};
    QTest::newRow("too much") << "99999999TiB" << qint64{-1};
  }
  void sizes() {
    QFETCH(QString, text);
    QFETCH(qint64, bytes);
    const auto size = parseSize(text.toStdString());
    QCOMPARE(size.ok(), bytes >= 0);
    if (size) QCOMPARE(*size, static_cast<std::uint64_t>(bytes));
  }

  void environment_data() {
    QTest::addColumn<QStringList>("before");
    QTest::addColumn<QString>("path");
    QTest::addColumn<QString>("layers");
    const QString standard =
        "/h/.config/vulkan/explicit_layer.d:/etc/xdg/vulkan/explicit_layer.d:/etc/vulkan/explicit_layer.d:"
        "/h/.local/share/vulkan/explicit_layer.d:/usr/local/share/vulkan/explicit_layer.d:"
        "/usr/share/vulkan/explicit_layer.d";
    QTest::newRow("nothing told") << QStringList{"HOME=/h"} << standard + ":/ours"
                                  << "VK_LAYER_LULL_governor";
    QTest::newRow("the user's folders and layers stay")
        << QStringList{"HOME=/h", "VK_LAYER_PATH=/a:/b", "VK_INSTANCE_LAYERS=VK_LAYER_KHRONOS_validation"}
        << "/a:/b:/ours"
        << "VK_LAYER_KHRONOS_validation:VK_LAYER_LULL_governor";
    QTest::newRow("added folders come first")
        << QStringList{"HOME=/h", "VK_ADD_LAYER_PATH=/a"} << "/a:" + standard + ":/ours"
        << "VK_LAYER_LULL_governor";
    QTest::newRow("named already") << QStringList{"HOME=/h", "VK_LAYER_PATH=/ours",
                                                  "VK_INSTANCE_LAYERS=VK_LAYER_LULL_governor:x"}
                                   << "/ours"
                                   << "VK_LAYER_LULL_governor:x";
    QTest::newRow("found by itself") << QStringList{"HOME=/h", "XDG_DATA_HOME=/x"} << "(none)"
                                     << "VK_LAYER_LULL_governor";
  }
  void environment() {
    QFETCH(QStringList, before);
    std::vector<std::string> variables;
    for (const auto& variable : before) variables.push_back(variable.toStdString());
    const bool standard = before.contains("XDG_DATA_HOME=/x");
    const auto after =
        governedEnvironment(variables, standard ? "/x/vulkan/explicit_layer.d" : "/ours", {.page = 100, .event = 101});
    QTEST(QString::fromStdString(valueOf(after, "VK_LAYER_PATH")), "path");
    QTEST(QString::fromStdString(valueOf(after, "VK_INSTANCE_LAYERS")), "layers");
    QCOMPARE(valueOf(after, governor::kPageFdVariable), std::string("100"));
    QCOMPARE(valueOf(after, governor::kEventFdVariable), std::string("101"));
    QCOMPARE(valueOf(after, "HOME"), std::string("/h"));
  }

  void stopTimes() {
    StopTimes stops;
    QCOMPARE(stops.percentileMs(0.99), 0.0);
    QCOMPARE(stops.lastMs(), 0.0);
    for (int i = 100; i >= 1; --i) stops.add(Milliseconds(i));
    QCOMPARE(stops.count(), 100U);
    QCOMPARE(stops.percentileMs(0.5), 50.0);
    QCOMPARE(stops.percentileMs(0.99), 99.0);
    QCOMPARE(stops.longestMs(), 100.0);
    QCOMPARE(stops.lastMs(), 1.0);
    // The longest is never forgotten, the latest decide the rest.
    for (int i = 0; i < 20'000; ++i) stops.add(Milliseconds(2));
    QCOMPARE(stops.percentileMs(0.99), 2.0);
    QCOMPARE(stops.longestMs(), 100.0);
    QCOMPARE(stops.count(), 20'100U);
  }

  void share() {
    Share share;
    share.sample(second(10), 0);
    QCOMPARE(share.at(second(10.5), 400'000'000), 0.0);  // too early to tell
    QCOMPARE(share.at(second(11), 400'000'000), 0.4);
    share.sample(second(11), 400'000'000);
    QCOMPARE(share.at(second(11.5), 400'000'000 + 200'000'000), 0.4);
    QCOMPARE(share.at(second(12), 400'000'000), 0.0);
    QCOMPARE(share.at(second(12), 9'000'000'000), 1.0);  // never more than all
    for (int i = 12; i < 60; ++i) share.sample(second(i), 0);
    QCOMPARE(share.at(second(61), 1'000'000'000), 0.5);
  }

  void theSplitCommandLine_data() {
    QTest::addColumn<QStringList>("words");
    QTest::addColumn<QStringList>("ours");
    QTest::addColumn<QStringList>("program");
    QTest::newRow("plain") << QStringList{"governor", "--", "a", "--b"} << QStringList{"governor"}
                           << QStringList{"a", "--b"};
    QTest::newRow("the first mark counts") << QStringList{"governor", "--quiet", "--", "a", "--", "b"}
                                           << QStringList{"governor", "--quiet"} << QStringList{"a", "--", "b"};
    QTest::newRow("a socket called governor")
        << QStringList{"--socket", "governor", "submit", "--", "x"}
        << QStringList{"--socket", "governor", "submit", "--", "x"} << QStringList{};
    QTest::newRow("options before") << QStringList{"--json", "--socket", "s", "governor", "--", "a"}
                                    << QStringList{"--json", "--socket", "s", "governor"} << QStringList{"a"};
    QTest::newRow("another command") << QStringList{"submit", "--", "governor"}
                                     << QStringList{"submit", "--", "governor"} << QStringList{};
  }
  void theSplitCommandLine() {
    QFETCH(QStringList, words);
    std::vector<std::string> rest;
    for (const auto& word : words) rest.push_back(word.toStdString());
    bool marked = false;
    const auto program = takeProgram(rest, &marked);
    const auto list = [](const std::vector<std::string>& from) {
      QStringList out;
      for (const auto& word : from) out << QString::fromStdString(word);
      return out;
    };
    QTEST(list(rest), "ours");
    QTEST(list(program), "program");
    QCOMPARE(marked, !program.empty());
  }
};

QTEST_GUILESS_MAIN(TestGovernorParts)
#include "test_governor_parts.moc"
