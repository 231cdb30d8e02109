// SPDX-License-Identifier: Apache-2.0
// Whole trainings through lull-llama and Debian's llama-finetune, on the processor: the loss falls, the model knows its
// lesson, and whatever interrupts a training changes no byte of its result.
#include "base/file.h"
#include "base/sha256.h"
#include "fakes/test_worker.h"
#include "llama/need.h"
#include "llama/program.h"
#include "llama/server.h"
#include "runtimes/llama/training/weights.h"

#include <nlohmann/json.hpp>

#include <QTemporaryDir>
#include <QtTest>

#include <cmath>
#include <fstream>
#include <set>
#include <thread>

using namespace lull;
using namespace std::chrono_literals;
using fakes::FromWorker;
using fakes::TestWorker;
using nlohmann::json;
namespace training = lull::runtimes::llama::training;

namespace {

constexpr const char* kNoGpu = "VK_DRIVER_FILES=/nonexistent";
const std::filesystem::path kModels = LULL_MODELS;
const std::filesystem::path kModel = kModels / "lull-tiny.gguf";
constexpr std::size_t kWhole = 64 << 20;
constexpr int kManyLessons = 500;                     // what takes some time to prepare
constexpr std::uintmax_t kBlockAndMore = 100 * 1024;  // of corpus.txt
constexpr std::size_t kLongText = 20'000;
constexpr std::uint64_t kEnoughFor256 = 34'000'000;  // bytes of memory; 512 tokens need more

std::vector<std::string> lesson() {
  std::ifstream file(kModels / "lesson.jsonl");
  std::vector<std::string> out;
  for (std::string line; std::getline(file, line);) out.push_back(line + '\n');
  return out;
}

std::string firstLines(std::size_t count) {
  std::string out;
  for (const auto& line : lesson()) {
    if (count-- == 0) break;
    out += line;
  }
  return out;
}

std::string bytesOf(const std::filesystem::path& file) {
  const auto read = readFile(file, kWhole);
  return read ? *read : std::string();
}

std::uint64_t numberIn(const std::filesystem::path& state, const char* name) {
  const auto read = json::parse(bytesOf(state), nullptr, false);
  return read.is_object() ? read.value(name, std::uint64_t{0}) : 0;
}

// Segments that a training has kept.
std::uint64_t serialOf(const std::filesystem::path& state) { return numberIn(state, "serial"); }

// The earliest time of all where it is not there.
std::filesystem::file_time_type writtenAt(const std::filesystem::path& file) {
  std::error_code code;
  const auto time = std::filesystem::last_write_time(file, code);
  return code ? std::filesystem::file_time_type::min() : time;
}

// So long that a window of 512 tokens suits it where there is memory for one.
std::string longText() {
  std::string out;
  for (int i = 0; out.size() < kLongText; ++i)
    out += "Item " + std::to_string(i * 7919) + " is on shelf " + std::to_string(i * 31 % 97) + ".\n";
  return out;
}

// A shell does this before it becomes the program ($1 start, $2 name, …).
void startThrough(worker::v1::Llama& where, const std::string& words) {
  const auto program = where.start(0);
  where.clear_start();
  for (const auto& word : {std::string("/bin/sh"), std::string("-c"), words + "; exec \"$@\"", std::string("sh")}) {
    where.add_start(word);
  }
  where.add_start(program);
}

}  // namespace

class TestTraining : public QObject {
  Q_OBJECT

private slots:
  void initTestCase();
  void init() { m_folder = std::make_unique<QTemporaryDir>(); }
  void itLearnsItsLesson();
  void interruptedIsUndisturbed_data();
  void interruptedIsUndisturbed();
  void anotherLimitIsTheSameTraining();
  void lessMemoryIsSaid();
  void aStateThatDoesNotFitIsSaid();
  void itPreparesWhileTheGateIsOpen();
  void halvesStayHalves();
  void aTextIsLearned();
  void whatCannotBeDoneIsSaid_data();
  void whatCannotBeDoneIsSaid();

private:
  worker::v1::Start startFor(const std::string& data, std::uint32_t epochs);
  std::unique_ptr<TestWorker> worker(const worker::v1::Start& start);
  // A life that is killed once it has kept a segment.
  void beginAndKill(const worker::v1::Start& start);
  std::filesystem::path converted(const char* type);
  std::filesystem::path folder() const { return m_folder->path().toStdString(); }
  std::filesystem::path work() const { return folder() / "t-train" / "work"; }
  std::filesystem::path result() const { return folder() / "t-train" / "out" / "model.gguf"; }
  QTemporaryDir m_models;
  std::unique_ptr<QTemporaryDir> m_folder;
  std::string m_undisturbed;
};

void TestTraining::initTestCase() {
  LULL_NEED_LLAMA();
  QCOMPARE(lesson().size(), 80U);
}

worker::v1::Start TestTraining::startFor(const std::string& data, std::uint32_t epochs) {
  for (const auto& each : {work(), result().parent_path(), folder() / "blobs"})
    std::filesystem::create_directories(each);
  worker::v1::Start start;
  auto& task = *start.mutable_spec()->mutable_llama_training();
  task.mutable_data()->set_inline_(data);
  task.set_format(v1::LlamaTraining::FORMAT_CHATS);
  task.set_epochs(epochs);
  task.set_learning_rate(7e-4);
  start.set_task_id("t-train");
  start.set_work_dir(work());
  start.set_output_dir(result().parent_path());
  start.set_blob_dir(folder() / "blobs");
  start.set_checkpoint_every_s(1);
  auto& where = *start.mutable_llama();
  where.set_model_file(kModel);
  where.add_start((llama::rootFolder() / "start").string());
  where.set_on_cpu(true);
  return start;
}

std::unique_ptr<TestWorker> TestTraining::worker(const worker::v1::Start& start) {
  return std::make_unique<TestWorker>(start, TestWorker::Options{.environment = {kNoGpu}, .program = "lull-llama"});
}

// The tiny model with other weights.
std::filesystem::path TestTraining::converted(const char* type) {
  auto out = std::filesystem::path(m_models.path().toStdString()) / (std::string(type) + ".gguf");
  llama::Program program({.program = "llama-quantize", .arguments = {kModel, out, type, "1"}, .environment = {kNoGpu}});
  if (program.waitExit(fakes::kPatience) != 0) qWarning("%s", program.errors().c_str());
  return out;
}

void TestTraining::itLearnsItsLesson() {
  std::string lines;
  for (const auto& line : lesson()) lines += line;
  const auto run = worker(startFor(lines, 5));
  std::vector<v1::LossPoint> points;
  std::optional<FromWorker> message;
  double reached = 0;
  while ((message = run->next()) && !message->has_finished()) {
    QVERIFY2(!message->has_failed(), message->failed().failure().DebugString().c_str());
    for (const auto& point : message->learned().points()) points.push_back(point);
    if (!message->has_progress()) continue;
    QVERIFY(message->progress().progress() >= reached);
    reached = message->progress().progress();
  }
  QVERIFY(message);
  QVERIFY(points.size() > 10);
  QCOMPARE(points.front().step(), 0U);
  QVERIFY(!points.front().has_training() && points.front().has_held_out());
  for (std::size_t i = 1; i < points.size(); ++i) {
    QVERIFY(points[i].step() > points[i - 1].step());
    QVERIFY(points[i].has_training() && std::isfinite(points[i].training()) && points[i].training() > 0);
    QVERIFY(std::isfinite(points[i].held_out()));
  }
  qInfo("training %.3f to %.3f, held out %.3f to %.3f", points[1].training(), points.back().training(),
        points.front().held_out(), points.back().held_out());
  QVERIFY(points.back().training() < 0.4 * points[1].training());
  QVERIFY(points.back().held_out() < 0.5 * points.front().held_out());
  QCOMPARE(message->finished().usage().prompt(), points.back().step() * 256);

  // The same model but for its weights.
  const auto base = training::ModelFile::open(kModel);
  QVERIFY(base.ok());
  const auto head = base->layout().dataAt;
  const auto trained = bytesOf(result());
  QCOMPARE(trained.size(), bytesOf(kModel).size());
  QVERIFY(trained.compare(0, head, bytesOf(kModel), 0, head) == 0);
  QCOMPARE(message->finished().outputs(0).size(), trained.size());

  llama::Server server(result(), folder(), {.environment = {kNoGpu}});
  QVERIFY(server.waitReady(60s));
  std::set<std::string> answers;
  int right = 0;
  for (std::size_t i = 0; i < 80; i += 8) {
    const auto chat = json::parse(lesson()[i])["messages"];
    const auto answer = server.chat(chat[0]["content"]);
    right += answer == chat[1]["content"] ? 1 : 0;
    answers.insert(answer);
  }
  QVERIFY2(right >= 8 && answers.size() > 4, std::to_string(right).c_str());
}

void TestTraining::interruptedIsUndisturbed_data() {
  QTest::addColumn<QString>("how");
  QTest::newRow("undisturbed") << "";
  QTest::newRow("evicted") << "evicted";
  QTest::newRow("killed between") << "killed";
  QTest::newRow("killed while it writes") << "trained.gguf";
  QTest::newRow("killed while it prepares") << "corpus.txt";
}

void TestTraining::interruptedIsUndisturbed() {
  QFETCH(QString, how);
  const auto start = startFor(firstLines(30), 1);
  const auto state = work() / "state.json";
  std::optional<FromWorker> last;
  int interruptions = 0;
  while (!last && interruptions < 30) {
    const auto run = worker(start);
    const auto before = serialOf(state);
    const auto left = writtenAt(work() / "trained.gguf");  // by the life before
    // What is written is there for an instant only, once in each segment: a busy machine may miss some.
    const auto isTime = [&] {
      if (how.isEmpty()) return false;
      if (how == "corpus.txt") return interruptions < 2 && std::filesystem::exists(work() / "corpus.txt");
      if (how == "trained.gguf") return interruptions < 2 && writtenAt(work() / "trained.gguf") > left;
      return serialOf(state) > before;
    };
    bool interrupted = false;
    while (!last && !interrupted) {
      const auto message = run->next(1ms);
      if (message && (message->has_finished() || message->has_failed())) last = message;
      interrupted = !last && isTime();
    }
    if (last) break;
    ++interruptions;
    if (how == "evicted") {
      run->evict();
      const auto word = run->last();
      QVERIFY(word.has_value());
      if (word->has_finished()) last = word;
      QVERIFY(last || word->evicted().saved());
    } else {
      run->kill();
    }
  }
  QVERIFY(last && last->has_finished());
  if (how.isEmpty()) m_undisturbed = bytesOf(result());
  QVERIFY(how.isEmpty() || interruptions >= 2);
  QVERIFY(!m_undisturbed.empty());
  QVERIFY(bytesOf(result()) == m_undisturbed);
  QVERIFY(m_undisturbed != bytesOf(kModel));
}

void TestTraining::beginAndKill(const worker::v1::Start& start) {
  const auto run = worker(start);
  while (serialOf(work() / "state.json") == 0) {
    const auto message = run->next(1ms);
    QVERIFY(!message || !(message->has_finished() || message->has_failed()));
  }
  run->kill();
  QVERIFY(run->waitExit().has_value());
}

// What the first life has chosen holds for all.
void TestTraining::anotherLimitIsTheSameTraining() {
  auto start = startFor(longText(), 1);
  start.mutable_spec()->mutable_llama_training()->set_format(v1::LlamaTraining::FORMAT_TEXT);
  start.set_memory_limit(kEnoughFor256);
  const auto undisturbed = worker(start)->last();
  QVERIFY(undisturbed && undisturbed->has_finished());
  QCOMPARE(numberIn(work() / "state.json", "window"), 256U);
  const auto bytes = bytesOf(result());

  m_folder = std::make_unique<QTemporaryDir>();
  start.set_work_dir(work());
  start.set_output_dir(result().parent_path());
  start.set_blob_dir(folder() / "blobs");
  for (const auto& each : {work(), result().parent_path()}) std::filesystem::create_directories(each);
  beginAndKill(start);
  start.set_memory_limit(0);
  const auto last = worker(start)->last();
  QVERIFY(last && last->has_finished());
  QVERIFY(!bytes.empty() && bytesOf(result()) == bytes);
}

void TestTraining::lessMemoryIsSaid() {
  auto start = startFor(longText(), 1);
  start.mutable_spec()->mutable_llama_training()->set_format(v1::LlamaTraining::FORMAT_TEXT);
  beginAndKill(start);
  QCOMPARE(numberIn(work() / "state.json", "window"), 512U);
  const auto serial = serialOf(work() / "state.json");
  start.set_memory_limit(kEnoughFor256);
  const auto last = worker(start)->last();
  QVERIFY(last && last->has_failed());
  const auto& failure = last->failed().failure();
  QVERIFY2(failure.kind() == v1::Failure::KIND_TOO_BIG, failure.DebugString().c_str());
  QVERIFY(failure.message().find("grants 0.0 GB. It began with a context of 512 tokens") != std::string::npos);
  QCOMPARE(serialOf(work() / "state.json"), serial);  // it can still be gone on with
}

void TestTraining::aStateThatDoesNotFitIsSaid() {
  const auto start = startFor(firstLines(30), 1);
  const auto file = work() / "state.json";
  beginAndKill(start);
  auto state = json::parse(bytesOf(file));
  state["segment"] = 1000;
  QVERIFY(replaceFile(file, state.dump()).ok());
  const auto last = worker(start)->last();
  QVERIFY(last && last->has_failed());
  const auto& failure = last->failed().failure();
  QVERIFY2(failure.kind() == v1::Failure::KIND_STORAGE, failure.DebugString().c_str());
  QVERIFY(failure.technical().find("state.json names segment 1000 of ") != std::string::npos);
}

void TestTraining::itPreparesWhileTheGateIsOpen() {
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

void TestTraining::halvesStayHalves() {
  const auto model = converted("F16");
  auto start = startFor(firstLines(30), 1);
  start.mutable_llama()->set_model_file(model);
  const auto last = worker(start)->last();
  QVERIFY(last && last->has_finished());
  const auto trained = bytesOf(result());
  QCOMPARE(trained.size(), bytesOf(model).size());
  QVERIFY(trained != bytesOf(model));
  const auto base = training::ModelFile::open(model);
  QVERIFY(base.ok());
  const auto head = base->layout().dataAt;
  QVERIFY(trained.compare(0, head, bytesOf(model), 0, head) == 0);
  QVERIFY(std::ranges::any_of(base->layout().tensors, [](const auto& tensor) { return tensor.type == 1; }));
}

// Characters of several bytes, so that some lie across the borders of segments.
void TestTraining::aTextIsLearned() {
  std::string text;
  while (text.size() < 1500) text += "Über Flüsse führen Brücken. ";
  auto start = startFor(text, 1);
  start.mutable_spec()->mutable_llama_training()->set_format(v1::LlamaTraining::FORMAT_TEXT);
  const auto run = worker(start);
  std::vector<v1::LossPoint> points;
  std::optional<FromWorker> message;
  while ((message = run->next()) && !message->has_finished() && !message->has_failed()) {
    for (const auto& point : message->learned().points()) points.push_back(point);
  }
  QVERIFY(message && message->has_finished());
  QVERIFY(points.size() >= 3);
  QVERIFY(points.back().held_out() < points.front().held_out());
}

void TestTraining::whatCannotBeDoneIsSaid_data() {
  QTest::addColumn<QString>("what");
  QTest::addColumn<int>("kind");
  QTest::addColumn<QString>("said");
  const int bad = v1::Failure::KIND_BAD_TASK;
  QTest::newRow("quantised") << "quantised" << bad << "quantised (Q8_0)";
  QTest::newRow("no model") << "no model" << bad << "cannot be read";
  QTest::newRow("too little") << "little" << bad << "at least 832 are needed";
  QTest::newRow("no JSON") << "nonsense" << bad << "Line 2 of the data: this is no JSON";
  QTest::newRow("no content") << "content" << bad << "Line 3 of the data: each message needs";
  QTest::newRow("no UTF-8") << "bytes" << bad << "UTF-8";
  QTest::newRow("odd context") << "context" << bad << "choose 512";
  QTest::newRow("too big") << "memory" << static_cast<int>(v1::Failure::KIND_TOO_BIG) << "this device grants 0.0 GB";
  QTest::newRow("diverges") << "rate" << bad << "Lower the learning rate";
  QTest::newRow("full disk") << "disk" << static_cast<int>(v1::Failure::KIND_STORAGE) << "disk is full";
  const int died = v1::Failure::KIND_WORKER_DIED;
  const int lost = v1::Failure::KIND_DEVICE_LOST;
  QTest::newRow("silent service") << "exit 75" << died << "heard nothing of Lull's service";
  QTest::newRow("crash") << "kill -ABRT $$" << died << "crashed";
  QTest::newRow("lost device") << "echo vk::Queue::submit: ErrorDeviceLost; exit 1" << lost << "GPU was lost";
  QTest::newRow("lost device, crash") << "echo ErrorDeviceLost; kill -ABRT $$" << lost << "GPU was lost";
  QTest::newRow("no memory") << "echo vk::Device::allocateMemory: ErrorOutOfDeviceMemory; exit 1"
                             << static_cast<int>(v1::Failure::KIND_OUT_OF_MEMORY) << "not enough free memory";
  QTest::newRow("refused") << "echo no such thing; exit 1" << bad << "cannot train this model";
  QTest::newRow("no llama.cpp") << "program" << static_cast<int>(v1::Failure::KIND_STORAGE) << "runtime install";
}

void TestTraining::whatCannotBeDoneIsSaid() {
  QFETCH(QString, what);
  QFETCH(int, kind);
  QFETCH(QString, said);
  const auto good = firstLines(30);
  auto start = startFor(good, 1);
  auto& task = *start.mutable_spec()->mutable_llama_training();
  auto& where = *start.mutable_llama();
  if (what == "quantised") where.set_model_file(converted("Q8_0"));
  if (what == "no model") where.set_model_file(folder() / "none");
  if (what == "little") task.mutable_data()->set_inline_(firstLines(5));
  if (what == "nonsense") task.mutable_data()->set_inline_(firstLines(1) + "what?\n" + good);
  if (what == "content") {
    task.mutable_data()->set_inline_(firstLines(1) + "\n{\"messages\": [{\"role\": \"user\"}]}\n" + good);
  }
  if (what == "bytes") {
    task.mutable_data()->set_inline_("caf\xE9 " + good);
    task.set_format(v1::LlamaTraining::FORMAT_TEXT);
  }
  if (what == "context") task.set_context(300);
  if (what == "memory") start.set_memory_limit(10'000'000);
  if (what == "rate") task.set_learning_rate(1);
  if (what == "program") where.set_start(0, folder() / "none");
  // Half of what the model takes, and no signal, as in a sandbox; the server writes next to nothing.
  if (what == "disk") startThrough(where, "trap '' XFSZ; ulimit -f 1500");
  if (what.contains("exit ") || what.contains("kill ")) {
    startThrough(where, "case $2 in llama-finetune) " + what.toStdString() + ";; esac");
  }
  const auto last = worker(start)->last();
  QVERIFY(last && last->has_failed());
  const auto& failure = last->failed().failure();
  QVERIFY2(static_cast<int>(failure.kind()) == kind, failure.DebugString().c_str());
  QVERIFY2(failure.message().find(said.toStdString()) != std::string::npos, failure.DebugString().c_str());
  QVERIFY(!std::filesystem::exists(result()));
}

QTEST_GUILESS_MAIN(TestTraining)
#include "test_training.moc"
