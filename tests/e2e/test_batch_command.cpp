// SPDX-License-Identifier: Apache-2.0
// `lull batch run` as people use it, against the whole service: what it saves is what a worker makes by itself, and
// what it says of lines and models that do not do is what they read.
#include "fakes/device.h"
#include "fakes/test_worker.h"
#include "llama/need.h"
#include "llama/program.h"

#include <nlohmann/json.hpp>

#include <QFile>
#include <QProcess>
#include <QRegularExpression>
#include <QtTest>

#include <fstream>

using namespace lull;
using namespace lull::test;
using nlohmann::json;
namespace fs = std::filesystem;

namespace {

constexpr int kQuestions = 12;

fs::path models() { return fs::path(qEnvironmentVariable("LULL_SOURCE_DIR").toStdString()) / "assets/models"; }

json request(const std::string& id, const std::string& question) {
  return {{"custom_id", id},
          {"method", "POST"},
          {"url", "/v1/chat/completions"},
          {"body",
           {{"messages", json::array({{{"role", "user"}, {"content", question}}})},
            {"temperature", 0},
            {"max_tokens", 24}}}};
}

std::string questions() {
  std::ifstream file(models() / "held-out.jsonl");
  std::string out;
  std::string line;
  for (int i = 0; i < kQuestions && std::getline(file, line); ++i) {
    out += request(std::to_string(i), json::parse(line)["question"].get<std::string>()).dump() + "\n";
  }
  return out;
}

// What every run says alike: not the names of task and answer, nor the time.
std::vector<json> answersIn(const fs::path& file) {
  std::ifstream in(file);
  std::vector<json> out;
  for (std::string line; std::getline(in, line);) {
    const auto read = json::parse(line);
    const auto& body = read["response"]["body"];
    out.push_back({read["custom_id"], read["response"]["status_code"], body.value("choices", json()),
                   body.value("usage", json()), body.value("error", json())});
  }
  return out;
}

struct Ran {
  int code = -1;
  QByteArray out;
  QByteArray err;
};

}  // namespace

class TestBatchCommand : public QObject {
  Q_OBJECT

private slots:
  void initTestCase() {
    LULL_NEED_LLAMA();
    m_device = std::make_unique<Device>(DeviceOptions{.input = false, .llamaRoot = llama::rootFolder()});
    m_device->start();
    m_device->addModel(models() / "lull-tiny.gguf");
  }
  void cleanupTestCase() { m_device.reset(); }

  void answersAreThoseOfAWorker() {
    write("q.jsonl", questions());
    const auto ran = lull({"batch", "run", path("q.jsonl"), "--context", "256", "-o", path("a.jsonl")});
    QVERIFY2(ran.code == 0, ran.err);
    QVERIFY2(ran.out.contains("12 requests answered: "), ran.out);
    const auto ours = answersIn(path("a.jsonl").toStdString());
    const auto theirs = answersIn(byAWorker(questions()));
    QCOMPARE(ours.size(), std::size_t{kQuestions});
    QVERIFY(ours == theirs);
  }

  void badLinesAreAnsweredByErrors() {
    auto image = request("image", "x");
    image["url"] = "/v1/images/generations";
    auto tools = request("field", "x");
    tools["body"]["elephant"] = true;
    write("q.jsonl", "nonsense\n" + image.dump() + "\n" + tools.dump() + "\n" +
                         request("long", std::string(4000, 'x')).dump() + "\n" +
                         request("good", "What is the capital of France?").dump() + "\n");
    const auto ran = lull({"batch", "run", path("q.jsonl"), "--context", "256", "-o", path("bad.jsonl")});
    QCOMPARE(ran.code, 7);
    QVERIFY2(ran.err.contains("2 lines of 5 in") && ran.err.contains("line 2: url: \"/v1/images/generations\""),
             ran.err);
    QVERIFY2(ran.out.contains("1 request answered, 4 failed"), ran.out);
    const auto answers = answersIn(path("bad.jsonl").toStdString());
    QCOMPARE(answers.size(), std::size_t{5});
    for (std::size_t i = 0; i < 4; ++i) {
      QCOMPARE(answers[i][1].get<int>(), 400);
      qInfo("%s", answers[i][4].dump().c_str());
      QVERIFY(!answers[i][4]["message"].get<std::string>().empty());
    }
    QCOMPARE(answers[2][4]["param"].get<std::string>(), std::string("elephant"));
    QVERIFY(answers[3][4]["message"].get<std::string>().find("256") != std::string::npos);
    QCOMPARE(answers[4][2][0]["message"]["content"].get<std::string>(), std::string("Paris"));
  }

  void aModelThatDoesNotFitIsSaid() {
    QCOMPARE(lull({"settings", "set", "gpu.max_memory", "10"}).code, 0);
    write("q.jsonl", questions());
    const auto ran = lull({"batch", "run", path("q.jsonl"), "-o", path("none.jsonl")});
    QCOMPARE(ran.code, 6);
    static const QRegularExpression sizes("The model needs \\d+ MB, this device grants 10 MB\\. Choose a smaller one");
    QVERIFY2(QString::fromUtf8(ran.out).contains(sizes), ran.out);
    QVERIFY2(ran.err.contains("does not fit"), ran.err);  // told before anything is sent
    QVERIFY(!QFile::exists(path("none.jsonl")));
    QCOMPARE(lull({"settings", "reset", "gpu.max_memory"}).code, 0);
  }

private:
  [[nodiscard]] QString path(const char* name) const {
    return QString::fromStdString((m_device->folder() / name).native());
  }
  void write(const char* name, const std::string& bytes) const {
    QFile file(path(name));
    QVERIFY(file.open(QIODevice::WriteOnly));
    QCOMPARE(file.write(bytes.data(), static_cast<qint64>(bytes.size())), static_cast<qint64>(bytes.size()));
  }
  [[nodiscard]] Ran lull(QStringList arguments) const {
    QProcess process;
    arguments << "--socket" << QString::fromStdString(m_device->socket().native());
    process.start(qEnvironmentVariable("LULL_BUILD_DIR") + "/bin/lull", arguments);
    if (!process.waitForFinished(static_cast<int>(3 * Device::kLong.count()))) qFatal("lull does not end");
    return {process.exitCode(), process.readAllStandardOutput(), process.readAllStandardError()};
  }
  // The same lines by lull-llama alone, on the same software GPU, without governor and walls.
  [[nodiscard]] fs::path byAWorker(const std::string& lines) const {
    const auto folder = m_device->folder() / "worker";
    for (const char* name : {"work", "out", "blobs"}) fs::create_directories(folder / name);
    worker::v1::Start start;
    start.mutable_spec()->mutable_llama_batch()->mutable_requests()->set_inline_(lines);
    start.mutable_spec()->mutable_llama_batch()->set_context(256);
    start.set_task_id("t-alone");
    start.set_work_dir(folder / "work");
    start.set_output_dir(folder / "out");
    start.set_blob_dir(folder / "blobs");
    start.mutable_llama()->set_model_file(models() / "lull-tiny.gguf");
    start.mutable_llama()->add_start((llama::rootFolder() / "start").string());
    fakes::TestWorker worker(
        start, {.environment = {"VK_DRIVER_FILES=" +
                                    (llama::rootFolder() / "usr/share/vulkan/icd.d/lull_software.json").string(),
                                "GGML_VK_VISIBLE_DEVICES=0", "GGML_VK_DISABLE_COOPMAT=1", "GGML_VK_DISABLE_F16=1"},
                .program = "lull-llama"});
    const auto last = worker.last(3 * Device::kLong);
    if (!last || !last->has_finished()) qFatal("the worker did not finish");
    return folder / "out/results.jsonl";
  }

  std::unique_ptr<Device> m_device;
};

QTEST_GUILESS_MAIN(TestBatchCommand)
#include "test_batch_command.moc"
