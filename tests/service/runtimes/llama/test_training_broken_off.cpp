// SPDX-License-Identifier: Apache-2.0
// Whatever interrupts a training changes no byte of its result; where it cannot be gone on with, that is said.
#include "service/runtimes/llama/training_test.h"

#include "base/file.h"
#include "base/sha256.h"

#include <nlohmann/json.hpp>

#include <QtTest>

#include <chrono>
#include <optional>

using namespace lull;
using namespace std::chrono_literals;
using namespace lull::test;
using fakes::FromWorker;
using fakes::TestWorker;
using nlohmann::json;

namespace {

constexpr int kManyLessons = 500;                     // what takes some time to prepare
constexpr std::uintmax_t kBlockAndMore = 100 * 1024;  // of corpus.txt
constexpr std::size_t kLongText = 17'000;             // a window of 512 tokens suits it where there is memory for one
constexpr std::uint64_t kEnoughFor256 = 34'000'000;   // bytes of memory; 512 tokens need more
constexpr int kEachSegment = 30;                      // more than there are
constexpr const char* kStill = "still";

std::uint64_t numberIn(const std::filesystem::path& state, const char* name) {
  const auto read = json::parse(bytesOf(state), nullptr, false);
  return read.is_object() ? read.value(name, std::uint64_t{0}) : 0;
}

std::string longText() {
  std::string out;
  for (int i = 0; out.size() < kLongText; ++i)
    out += "Item " + std::to_string(i * 7919) + " is on shelf " + std::to_string(i * 31 % 97) + ".\n";
  return out;
}

}  // namespace

class TestTrainingBrokenOff : public TrainingTest {
  Q_OBJECT

private slots:
  void interruptedIsUndisturbed_data();
  void interruptedIsUndisturbed();
  void anotherLimitIsTheSameTraining();
  void lessMemoryIsSaid();
  void aStateThatDoesNotFitIsSaid();
  void itPreparesWhileTheGateIsOpen();

private:
  worker::v1::Start textTraining(std::uint64_t memory) const;
  // Once so many segments are kept, llama-finetune does what `words` say, then stands still: nothing runs away from
  // the test.
  worker::v1::Start standingStill(worker::v1::Start start, int kept, const std::string& words = ":") const;
  // Until there is such a file in its folder. Its last word, if that comes before.
  std::optional<FromWorker> liveUntil(TestWorker& run, const std::string& file) const;
  // A life that is killed once so many segments are kept.
  void liveAndKill(const worker::v1::Start& start, int kept) const;
  std::filesystem::path state() const { return work() / "state.json"; }
  std::string m_undisturbed;
};

worker::v1::Start TestTrainingBrokenOff::textTraining(std::uint64_t memory) const {
  auto start = startFor(longText(), 1);
  start.mutable_spec()->mutable_llama_training()->set_format(v1::LlamaTraining::FORMAT_TEXT);
  start.set_memory_limit(memory);
  return start;
}

worker::v1::Start TestTrainingBrokenOff::standingStill(worker::v1::Start start, int kept,
                                                       const std::string& words) const {
  std::filesystem::remove(work() / kStill);
  startThrough(*start.mutable_llama(),
               "cd '" + work().native() + "'; if [ $2 = llama-finetune ] && grep -q '\"serial\":" +
                   std::to_string(kept) + ",' state.json; then " + words + "; : >" + kStill + "; exec sleep 600; fi");
  return start;
}

std::optional<FromWorker> TestTrainingBrokenOff::liveUntil(TestWorker& run, const std::string& file) const {
  const auto end = std::chrono::steady_clock::now() + fakes::kPatience;
  while (!std::filesystem::exists(work() / file) && std::chrono::steady_clock::now() < end) {
    auto message = run.next(1ms);
    if (message && (message->has_finished() || message->has_failed())) return message;
  }
  return std::nullopt;
}

void TestTrainingBrokenOff::liveAndKill(const worker::v1::Start& start, int kept) const {
  const auto run = workerOnProcessor(standingStill(start, kept));
  QVERIFY(!liveUntil(*run, kStill) && std::filesystem::exists(work() / kStill));
  run->kill();
  QVERIFY(run->waitExit().has_value());
}

void TestTrainingBrokenOff::interruptedIsUndisturbed_data() {
  QTest::addColumn<int>("times");
  QTest::addColumn<bool>("evicted");
  QTest::addColumn<QString>("sign");   // a file that tells that it is time
  QTest::addColumn<QString>("words");  // what llama-finetune does first
  QTest::newRow("undisturbed") << 0 << false << ""
                               << "";
  QTest::newRow("evicted") << kEachSegment << true << kStill << ":";
  QTest::newRow("killed between") << kEachSegment << false << kStill << ":";
  QTest::newRow("killed while it writes") << 2 << false << kStill << "\"$@\"; truncate -s 1000000 trained.gguf";
  QTest::newRow("killed while it prepares") << 2 << false << "corpus.txt"
                                            << ":";
}

void TestTrainingBrokenOff::interruptedIsUndisturbed() {
  QFETCH(int, times);
  QFETCH(bool, evicted);
  QFETCH(QString, sign);
  QFETCH(QString, words);
  const auto start = startFor(firstLines(30), 1);
  std::optional<FromWorker> last;
  int interruptions = 0;
  for (; interruptions < times; ++interruptions) {
    const auto run = workerOnProcessor(standingStill(start, interruptions + 1, words.toStdString()));
    last = liveUntil(*run, sign.toStdString());
    if (last) break;
    QVERIFY(std::filesystem::exists(work() / sign.toStdString()));
    if (evicted) {
      run->evict();
      const auto word = run->last();
      QVERIFY(word && word->has_evicted() && word->evicted().saved());
    } else {
      run->kill();
      QVERIFY(run->waitExit().has_value());
    }
  }
  if (!last) last = workerOnProcessor(start)->last();
  QVERIFY(last && last->has_finished());
  QVERIFY(interruptions >= std::min(times, 2) && interruptions < kEachSegment);
  if (times == 0) m_undisturbed = bytesOf(result());
  QVERIFY(!m_undisturbed.empty());
  QVERIFY(bytesOf(result()) == m_undisturbed);
  QVERIFY(m_undisturbed != bytesOf(tinyModel()));
}

// What the first life has chosen holds for all.
void TestTrainingBrokenOff::anotherLimitIsTheSameTraining() {
  liveAndKill(textTraining(kEnoughFor256), 2);
  QCOMPARE(numberIn(state(), "window"), 256U);
  const auto undisturbed = bytesOf(work() / "weights-2.gguf");
  QVERIFY(!undisturbed.empty());

  init();  // another folder
  liveAndKill(textTraining(kEnoughFor256), 1);
  liveAndKill(textTraining(0), 2);
  QVERIFY(bytesOf(work() / "weights-2.gguf") == undisturbed);
}

void TestTrainingBrokenOff::lessMemoryIsSaid() {
  liveAndKill(textTraining(0), 1);
  QCOMPARE(numberIn(state(), "window"), 512U);
  const auto last = workerOnProcessor(textTraining(kEnoughFor256))->last();
  QVERIFY(last && last->has_failed());
  const auto& failure = last->failed().failure();
  QVERIFY2(failure.kind() == v1::Failure::KIND_TOO_BIG, failure.DebugString().c_str());
  QVERIFY(failure.message().find("grants 34 MB. It began with a context of 512 tokens") != std::string::npos);
  QCOMPARE(numberIn(state(), "serial"), 1U);  // it can still be gone on with
}

void TestTrainingBrokenOff::aStateThatDoesNotFitIsSaid() {
  const auto start = startFor(firstLines(30), 1);
  liveAndKill(start, 1);
  auto read = json::parse(bytesOf(state()));
  read["segment"] = 1000;
  QVERIFY(replaceFile(state(), read.dump()).ok());
  const auto last = workerOnProcessor(start)->last();
  QVERIFY(last && last->has_failed());
  const auto& failure = last->failed().failure();
  QVERIFY2(failure.kind() == v1::Failure::KIND_STORAGE, failure.DebugString().c_str());
  QVERIFY(failure.technical().find("state.json names segment 1000 of ") != std::string::npos);
}

void TestTrainingBrokenOff::itPreparesWhileTheGateIsOpen() {
  std::string lines;
  for (int i = 0; i < kManyLessons; ++i) lines += firstLines(80);
  auto start = startFor("", 1);
  const auto hash = sha256(lines);
  QVERIFY(replaceFile(folder() / "blobs" / hash, lines).ok());
  start.mutable_spec()->mutable_llama_training()->mutable_data()->set_sha256(hash);
  fakes::ServicePage page;
  page.open();
  TestWorker run(start, {.page = &page, .environment = {kNoGpu}, .program = "lull-llama"});
  const auto written = [this] {
    std::error_code code;
    const auto size = std::filesystem::file_size(work() / "corpus.txt", code);
    return code ? 0 : size;
  };
  const auto isMade = [this] { return std::filesystem::exists(work() / "corpus.index"); };
  QTRY_VERIFY_WITH_TIMEOUT(written() > 0, 60'000);
  page.close();
  const auto atMost = written() + kBlockAndMore;  // what was on its way
  QVERIFY(!QTest::qWaitFor([&] { return written() > atMost || isMade(); }, 3000));
  const auto before = written();
  page.open();
  QTRY_VERIFY_WITH_TIMEOUT(written() > before, 60'000);
  page.close();
  run.evict();
  const auto word = run.last();
  QVERIFY(word && word->has_evicted());
  QVERIFY(!isMade());
}

QTEST_GUILESS_MAIN(TestTrainingBrokenOff)
#include "test_training_broken_off.moc"
