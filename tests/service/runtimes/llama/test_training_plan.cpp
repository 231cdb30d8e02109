// SPDX-License-Identifier: Apache-2.0
// What a training learns, in which order, and with how much memory.
#include "runtimes/llama/training/memory.h"
#include "runtimes/llama/training/plan.h"

#include <QtTest>

#include <map>
#include <numeric>

using namespace lull;
using namespace lull::runtimes::llama::training;

namespace {

std::uint64_t tokensOf(const std::vector<Span>& spans) {
  return std::accumulate(spans.begin(), spans.end(), std::uint64_t{0},
                         [](std::uint64_t sum, const Span& span) { return sum + span.tokens; });
}

std::vector<std::uint64_t> chats(std::size_t count, std::uint64_t tokens) {
  return std::vector<std::uint64_t>(count, tokens);
}

}  // namespace

class TestTrainingPlan : public QObject {
  Q_OBJECT

private slots:
  void aWindowSuitsTheData_data();
  void aWindowSuitsTheData();
  void largeModelsGetLongerSegments();
  void theDataIsDivided_data();
  void theDataIsDivided();
  void tooLittleIsRefused();
  void anEpochHoldsEverythingOnce_data();
  void anEpochHoldsEverythingOnce();
  void theOrderIsTheSeeds();
  void measuresAreSpread();
  void theRateFalls();
  void memoryIsReckoned();
};

void TestTrainingPlan::aWindowSuitsTheData_data() {
  QTest::addColumn<std::vector<std::uint64_t>>("documents");
  QTest::addColumn<unsigned>("most");
  QTest::addColumn<unsigned>("window");
  QTest::newRow("much text") << chats(1, 1'000'000) << 1024U << 1024U;
  QTest::newRow("the model knows less") << chats(1, 1'000'000) << 700U << 512U;
  QTest::newRow("little text") << chats(1, 20'000) << 1024U << 512U;
  QTest::newRow("next to nothing") << chats(1, 10) << 1024U << 256U;
  QTest::newRow("short chats") << chats(10'000, 200) << 1024U << 256U;
  QTest::newRow("longer chats") << chats(10'000, 600) << 1024U << 768U;
  QTest::newRow("nothing") << chats(0, 0) << 1024U << 256U;
}

void TestTrainingPlan::aWindowSuitsTheData() {
  QFETCH(std::vector<std::uint64_t>, documents);
  QFETCH(unsigned, most);
  QFETCH(unsigned, window);
  QCOMPARE(windowFor(documents, most), window);
}

void TestTrainingPlan::largeModelsGetLongerSegments() {
  QCOMPARE(cutFor(256, 2'000'000).windows, 1U);
  QCOMPARE(cutFor(256, 500'000'000).windows, 4U);
  QCOMPARE(cutFor(256, 8'000'000'000).windows, 16U);
  // As llama-finetune counts: windows overlap by half, and one token more is needed.
  for (const unsigned windows : {1U, 4U, 16U}) {
    const Cut cut{.window = 256, .windows = windows};
    QCOMPARE((cut.text() - 257) / 128, windows);
    QCOMPARE((cut.text() - 257 - 60) / 128, windows);
    QCOMPARE((cut.text() - 257 + 60) / 128, windows);
  }
}

void TestTrainingPlan::theDataIsDivided_data() {
  QTest::addColumn<std::vector<std::uint64_t>>("documents");
  QTest::addColumn<double>("share");
  QTest::addColumn<qulonglong>("least");
  QTest::addColumn<qulonglong>("most");
  QTest::newRow("text") << chats(1, 100'000) << 0.1 << 10'000ULL << 10'000ULL;
  QTest::newRow("two windows at least") << chats(1, 3'000) << 0.05 << 576ULL << 576ULL;
  QTest::newRow("not without end") << chats(1, 10'000'000) << 0.1 << 64 * 256ULL << 64 * 256ULL;
  QTest::newRow("chats") << chats(1'000, 50) << 0.1 << 5'000ULL << 5'049ULL;
  QTest::newRow("just enough") << chats(1, 832) << 0.05 << 576ULL << 576ULL;
}

void TestTrainingPlan::theDataIsDivided() {
  QFETCH(std::vector<std::uint64_t>, documents);
  QFETCH(double, share);
  QFETCH(qulonglong, least);
  QFETCH(qulonglong, most);
  const auto divided = divide(documents, {.cut = {.window = 256, .windows = 1}, .heldOut = share, .seed = 3});
  QVERIFY(divided.ok());
  const auto heldOut = tokensOf(divided->heldOut);
  QVERIFY2(heldOut >= least && heldOut <= most, std::to_string(heldOut).c_str());
  const auto inAll = std::accumulate(documents.begin(), documents.end(), std::uint64_t{0});
  QCOMPARE(heldOut + tokensOf(divided->learned), inAll);
  // No token is in both, or twice.
  std::map<std::uint64_t, std::uint64_t> spans;
  for (const auto* part : {&divided->learned, &divided->heldOut}) {
    for (const auto& span : *part) QVERIFY(spans.emplace(span.begin, span.tokens).second);
  }
  std::uint64_t next = 0;
  for (const auto& [begin, tokens] : spans) {
    QCOMPARE(begin, next);
    next = begin + tokens;
  }
}

void TestTrainingPlan::tooLittleIsRefused() {
  for (const auto& documents : {chats(0, 0), chats(1, 831), chats(10, 80), chats(2, 500)}) {
    const auto divided = divide(documents, {.cut = {.window = 256, .windows = 1}, .heldOut = 0.05, .seed = 3});
    QVERIFY(!divided.ok());
    QVERIFY(divided.failure().message().find("at least 832") != std::string::npos);
  }
}

void TestTrainingPlan::anEpochHoldsEverythingOnce_data() {
  QTest::addColumn<std::vector<std::uint64_t>>("documents");
  QTest::addColumn<unsigned>("windows");
  QTest::newRow("text") << chats(1, 100'000) << 1U;
  QTest::newRow("text, long segments") << chats(1, 100'000) << 16U;
  QTest::newRow("chats") << chats(900, 37) << 1U;
  QTest::newRow("long chats") << chats(20, 3'000) << 4U;
}

void TestTrainingPlan::anEpochHoldsEverythingOnce() {
  QFETCH(std::vector<std::uint64_t>, documents);
  QFETCH(unsigned, windows);
  const Cut cut{.window = 256, .windows = windows};
  const auto divided = divide(documents, {.cut = cut, .heldOut = 0.05, .seed = 3});
  QVERIFY(divided.ok());
  const Epoch epoch(*divided, cut, 7);
  std::map<std::uint64_t, int> seen;
  for (std::size_t i = 0; i < epoch.segments(); ++i) {
    const auto text = epoch.text(i);
    QCOMPARE(tokensOf(text), cut.text());
    std::uint64_t tokens = 0;
    for (const auto& span : text) {
      tokens += span.tokens;
      if (tokens <= cut.learned()) ++seen[span.begin];
    }
  }
  for (const auto& piece : divided->learned) QVERIFY(seen[piece.begin] >= 1);
  QVERIFY(epoch.segments() <=
          1.3 * static_cast<double>(tokensOf(divided->learned)) / static_cast<double>(cut.learned()) + 1);
}

void TestTrainingPlan::theOrderIsTheSeeds() {
  const Cut cut{.window = 256, .windows = 1};
  const auto divided = divide(chats(1, 100'000), {.cut = cut, .heldOut = 0.05, .seed = 3});
  const auto first = [&](std::uint64_t seed) { return Epoch(*divided, cut, seed).text(0).front().begin; };
  QCOMPARE(first(1), first(1));
  QVERIFY(first(1) != first(2) || first(1) != first(3));
}

void TestTrainingPlan::measuresAreSpread() {
  for (const std::size_t segments : {1UL, 7UL, 12UL, 40UL, 1000UL}) {
    std::size_t measures = 0;
    for (std::size_t i = 1; i <= segments; ++i) measures += measuredAfter(i, segments) ? 1U : 0U;
    QVERIFY(measuredAfter(segments, segments));
    QVERIFY(measures >= 1 && measures <= 4);
  }
}

void TestTrainingPlan::theRateFalls() {
  QCOMPARE(rateAt(0, 1e-3, {.window = 256, .windows = 1}), 1e-3);
  QCOMPARE(rateAt(1, 1e-3, {.window = 256, .windows = 1}), 1e-4);
  QCOMPARE(rateAt(0, 1e-3, {.window = 256, .windows = 16}), 2.5e-4);
}

// Half a billion weights, about the size of the smallest Qwen.
void TestTrainingPlan::memoryIsReckoned() {
  gguf::Header model{.parameters = 500'000'000, .layers = 24, .embedding = 896, .heads = 14, .vocabulary = 152'000};
  QVERIFY(memoryFor(model, 256) > 8'000'000'000ULL);
  QVERIFY(memoryFor(model, 256) < 10'000'000'000ULL);
  QVERIFY(memoryFor(model, 1024) > memoryFor(model, 256) + 1'000'000'000ULL);
}

QTEST_GUILESS_MAIN(TestTrainingPlan)
#include "test_training_plan.moc"
