// SPDX-License-Identifier: Apache-2.0
// How a training reads what others say and wrote: losses, chats, texts, weights, its own state.
#include "runtimes/llama/training/floats.h"
#include "runtimes/llama/training/markers.h"
#include "runtimes/llama/training/reading.h"
#include "runtimes/llama/training/state.h"

#include <QTemporaryDir>
#include <QtTest>

#include <bit>
#include <cmath>
#include <limits>
#include <map>

using namespace lull;
using namespace lull::runtimes::llama::training;

class TestTrainingReading : public QObject {
  Q_OBJECT

private slots:
  void lossesAreRead_data();
  void lossesAreRead();
  void chatsAreChecked_data();
  void chatsAreChecked();
  void tokensAreMeasured();
  void textsAreCutWhereTheyMay();
  void halvesAreExact();
  void markersGetOtherNames();
  void theStateComesBack();
};

void TestTrainingReading::lossesAreRead_data() {
  QTest::addColumn<QString>("said");
  QTest::addColumn<unsigned>("windows");
  QTest::addColumn<double>("mean");
  const double none = 0;
  QTest::newRow("one window") << "train: [████] data=0000001/0000001 loss=5.38291±nan acc=1.2±nan% t=00:00:03 \r\n"
                              << 1U << 5.38291;
  QTest::newRow("the last")
      << "train: [█] data=0000001/0000002 loss=5.0±nan \rtrain: [██] data=0000002/0000002 loss=4.5±0.1 \r" << 2U << 4.5;
  QTest::newRow("log lines between") << "0.00.028 I epoch 0 lr=0.001\nval: [█] data=0000007/0000007 loss=0.25±-nan acc"
                                     << 7U << 0.25;
  QTest::newRow("nothing") << "error: loading model" << 0U << none;
  QTest::newRow("cut off") << "train: [█] data=0000001/0000002 los" << 0U << none;
}

void TestTrainingReading::lossesAreRead() {
  QFETCH(QString, said);
  QFETCH(unsigned, windows);
  QFETCH(double, mean);
  const auto read = lastLosses(said.toStdString());
  QCOMPARE(read.has_value(), windows > 0);
  if (!read) return;
  QCOMPARE(read->windows, windows);
  QCOMPARE(read->mean, mean);
  QVERIFY(std::isnan(lastLosses("] data=3/3 loss=nan±nan")->mean));
  QVERIFY(!std::isfinite(lastLosses("] data=3/3 loss=-inf±nan")->mean));
}

void TestTrainingReading::chatsAreChecked_data() {
  QTest::addColumn<QString>("line");
  QTest::addColumn<QString>("why");
  QTest::newRow("good") << R"({"messages":[{"role":"user","content":"a"},{"role":"assistant","content":"b"}],"id":7})"
                        << "";
  QTest::newRow("no JSON") << "{"
                           << "no JSON";
  QTest::newRow("a list") << "[]"
                          << "a chat is needed";
  QTest::newRow("no messages") << R"({"text":"a"})"
                               << "a chat is needed";
  QTest::newRow("empty") << R"({"messages":[]})"
                         << "a chat is needed";
  QTest::newRow("a number") << R"({"messages":[7]})"
                            << "a role and a content";
  QTest::newRow("content of parts") << R"({"messages":[{"role":"assistant","content":["b"]}]})"
                                    << "a role and a content";
  QTest::newRow("no answer") << R"({"messages":[{"role":"user","content":"a"}]})"
                             << "no answer";
  QTest::newRow("bad bytes") << QString::fromLatin1("{\"messages\":[{\"role\":\"assistant\",\"content\":\"\x01\"}]}")
                             << "no JSON";
}

void TestTrainingReading::chatsAreChecked() {
  QFETCH(QString, line);
  QFETCH(QString, why);
  const auto request = templateRequest(12, line.toStdString());
  QCOMPARE(request.ok(), why.isEmpty());
  if (request) return;
  QVERIFY(request.failure().message().starts_with("Line 12 of the data: "));
  QVERIFY2(request.failure().message().find(why.toStdString()) != std::string::npos,
           request.failure().message().c_str());
}

void TestTrainingReading::tokensAreMeasured() {
  using Lengths = std::vector<std::uint16_t>;
  const auto lengths = [](const char* reply, std::size_t bytes) {
    const auto read = tokenLengths(reply, bytes);
    return read ? *read : Lengths();
  };
  QCOMPARE(lengths(R"({"tokens":[{"id":1,"piece":"ab"},{"id":2,"piece":[195]},{"id":3,"piece":[169]}]})", 4),
           (Lengths{2, 1, 1}));
  // A space that is not in the text, and a byte that no token told of.
  QCOMPARE(lengths(R"({"tokens":[{"piece":" ab"},{"piece":"c"}]})", 3), (Lengths{3, 0}));
  QCOMPARE(lengths(R"({"tokens":[{"piece":"ab"},{"piece":"c"}]})", 4), (Lengths{2, 2}));
  for (const auto* reply : {"", "{}", R"({"tokens":7})", R"({"tokens":[]})", R"({"tokens":[7]})"}) {
    QVERIFY(lengths(reply, 3).empty());
  }
}

void TestTrainingReading::textsAreCutWhereTheyMay() {
  QCOMPARE(cutPlace("one longer line\nanother li"), 16U);
  QCOMPARE(cutPlace("some words and no en"), 17U);
  QCOMPARE(cutPlace("aaaaaaa\xC3\xA9"), 7U);
}

void TestTrainingReading::halvesAreExact() {
  for (unsigned bits = 0; bits < 0x10000; ++bits) {
    const float value = fromHalf(static_cast<std::uint16_t>(bits));
    if (std::isnan(value)) continue;
    QCOMPARE(unsigned{toHalf(value)}, bits);
  }
  QCOMPARE(fromHalf(0x3C00), 1.0F);
  QCOMPARE(fromHalf(0xC000), -2.0F);
  QCOMPARE(fromHalf(0x0001), std::ldexp(1.0F, -24));
  QCOMPARE(unsigned{toHalf(1.0F + 1.0F / 2048)}, 0x3C00U);  // halfway: to even
  QCOMPARE(unsigned{toHalf(1.0F + 3.0F / 2048)}, 0x3C02U);
  QCOMPARE(unsigned{toHalf(65519)}, 0x7BFFU);
  QCOMPARE(unsigned{toHalf(65520)}, 0x7C00U);
  QVERIFY(std::isnan(fromHalf(toHalf(std::numeric_limits<float>::quiet_NaN()))));
  std::string out;
  const auto all = [](std::initializer_list<float> values) {
    return std::string(reinterpret_cast<const char*>(values.begin()), values.size() * sizeof(float));
  };
  QVERIFY(convert(all({1, -2}), Float::F32, Float::BF16, out));
  QCOMPARE(out, std::string("\x80\x3F\x00\xC0", 4));
  std::string back;
  QVERIFY(convert(out, Float::BF16, Float::F32, back));
  QCOMPARE(back, all({1, -2}));
  QVERIFY(!convert(all({1, 1e6F}), Float::F32, Float::F16, out));
  QVERIFY(!convert(all({std::numeric_limits<float>::infinity()}), Float::F32, Float::F32, out));
}

void TestTrainingReading::markersGetOtherNames() {
  gguf::Layout layout;
  layout.words = {"a", "<|end|>", "<|enD|>", "<|ending|>", "[7]"};
  for (const std::size_t i : {1UL, 3UL, 4UL}) layout.controls.push_back({.text = layout.words[i]});
  const Markers markers(layout);
  QCOMPARE(markers.all().size(), 2U);  // what has no letter stays
  std::string text = "<|ending|>a <|end|><|enD|>[7]<|en";
  markers.rename(text);
  QCOMPARE(text.size(), std::size_t{33});
  QVERIFY(text.find("<|end|>") == std::string::npos && text.find("<|ending|>") == std::string::npos);
  for (const auto& marker : markers.all()) {
    QCOMPARE(marker.renamed.size(), marker.word.text.size());
    QVERIFY(std::ranges::find(layout.words, marker.renamed) == layout.words.end());
    QVERIFY(text.find(marker.renamed) != std::string::npos);
  }
}

void TestTrainingReading::theStateComesBack() {
  QTemporaryDir folder;
  const auto file = std::filesystem::path(folder.path().toStdString()) / "state.json";
  QVERIFY(!loadState(file, "a"));
  State state{.task = "a",
              .cut = {.window = 512, .windows = 3},
              .serial = 7,
              .epoch = 1,
              .segment = 3,
              .ofEpoch = 4,
              .windows = 8,
              .tokens = 2048,
              .measured = true,
              .lossSum = 0.1 + 0.2,
              .lossWindows = 2};
  v1::LossPoint point;
  point.set_step(0);
  point.set_held_out(1.0 / 3);
  point.set_unix_ms(5);
  state.points.push_back(point);
  QVERIFY(save(state, file).ok());
  QVERIFY(!loadState(file, "b"));
  const auto read = loadState(file, "a");
  QVERIFY(read.has_value());
  QCOMPARE(read->cut.window, 512U);
  QCOMPARE(read->cut.windows, 3U);
  QCOMPARE(read->serial, 7U);
  QCOMPARE(read->epoch, 1U);
  QCOMPARE(read->segment, 3U);
  QCOMPARE(read->ofEpoch, 4U);
  QCOMPARE(read->windows, 8U);
  QCOMPARE(read->tokens, 2048U);
  QVERIFY(read->measured && read->lossSum == 0.1 + 0.2 && read->lossWindows == 2);
  QCOMPARE(read->points.size(), 1U);
  QCOMPARE(read->points[0].SerializeAsString(), point.SerializeAsString());
  for (const unsigned window : {0U, 300U}) {  // no training can have these
    state.cut.window = window;
    QVERIFY(save(state, file).ok());
    QVERIFY(!loadState(file, "a"));
  }
}

QTEST_GUILESS_MAIN(TestTrainingReading)
#include "test_training_reading.moc"
