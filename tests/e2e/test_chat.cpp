// SPDX-License-Identifier: Apache-2.0
// Conversations through the whole service while the owner is here and lends nothing: asked over the socket and with the
// real `lull`, stopped, left alone, interrupted by a crash.
#include "fakes/device.h"
#include "llama/need.h"
#include "llama/server.h"

#include <nlohmann/json.hpp>

#include <QtTest>

using namespace lull;
using namespace lull::test;
using namespace std::chrono_literals;
using nlohmann::json;
namespace fs = std::filesystem;

namespace {

constexpr const char* kQuestion = "What is 12 + 30?";
constexpr Milliseconds kPatience{120'000};

fs::path tinyModel() {
  return fs::path(qEnvironmentVariable("LULL_SOURCE_DIR").toStdString()) / "assets/models/lull-tiny.gguf";
}

json question(const std::string& text, int tokens = 24) {
  return {
      {"messages", json::array({{{"role", "user"}, {"content", text}}})}, {"temperature", 0}, {"max_tokens", tokens}};
}
json endless() {
  auto body = question("Hello", 100'000);
  body["ignore_eos"] = true;
  return body;
}

// ggml's ways that are fast on a processor.
std::vector<std::string> environment() {
  return {"VK_DRIVER_FILES=" + (llama::rootFolder() / "usr/share/vulkan/icd.d/lull_software.json").string(),
          "GGML_VK_VISIBLE_DEVICES=0", "GGML_VK_DISABLE_COOPMAT=1", "GGML_VK_DISABLE_F16=1"};
}

// A device whose owner is here, and lends nothing.
DeviceOptions inUse() {
  return {.idleAfterS = 3600, .settings = {{"sharing.enabled", "false"}}, .llamaRoot = llama::rootFolder()};
}

struct Answer {
  std::string text;
  std::string error;
  QStringList waiting;
  v1::TokenUsage usage;
  bool done = false;
};

std::string beginChat(IpcClient& client, const std::string& model) {
  v1::SubmitTaskRequest request;
  request.mutable_spec()->set_name("Chat");
  request.mutable_spec()->set_own(true);
  request.mutable_spec()->mutable_llama_chat()->set_model(model);
  const auto reply = client.call(request);
  return reply ? reply->id() : "refused: " + reply.error().text();
}

// The id of the question; 0: it was refused.
std::uint64_t ask(IpcClient& client, const std::string& task, const json& body) {
  v1::AskRequest request;
  request.set_task_id(task);
  request.set_body(body.dump());
  const auto id = client.send(request);
  const auto reply = id ? client.waitFor(*id) : Result<v1::ServerFrame>(id.error());
  return reply && reply->has_ask() ? *id : 0;
}

// Until its end, or the first text when `begun`.
Answer follow(IpcClient& client, std::uint64_t id, bool begun = false) {
  Answer out;
  while (!out.done && out.error.empty() && !(begun && !out.text.empty())) {
    const auto frame = client.nextEvent(kPatience);
    if (!frame) {
      out.error = "no event: " + frame.error().text();
      break;
    }
    if (frame->id() != id || !frame->has_ask_event()) continue;
    const auto& event = frame->ask_event();
    out.text += event.text();
    out.error = event.error();
    out.done = event.done();
    out.usage = event.usage();
    if (!event.waiting().empty()) out.waiting << QString::fromStdString(event.waiting());
  }
  return out;
}

Answer answerTo(IpcClient& client, const std::string& task, const json& body) {
  const auto id = ask(client, task, body);
  return id == 0 ? Answer{.error = "refused"} : follow(client, id);
}

bool isOver(const v1::Status& status) {
  return status.running().empty() && !status.gpus().empty() && status.gpus(0).task_id().empty();
}

}  // namespace

class TestChat : public QObject {
  Q_OBJECT

private slots:
  void initTestCase();
  void theOwnerIsAnswered();
  void anAnswerIsStopped();
  void aClientThatDiesTakesItsConversationAlong();
  void strangersMakeRoomAndGoOn();
  void anIdleOneFreesTheGpu();
  void aCrashEndsConversations();
  void heatHoldsItBackAndIsTold();
  void theCommandLine();

private:
  std::string m_plain;  // what a plain llama-server answers
};

void TestChat::initTestCase() {
  LULL_NEED_LLAMA();
  QTemporaryDir folder;
  llama::Server plain(tinyModel(), folder.path().toStdString(), {.environment = environment()});
  QVERIFY(plain.waitReady(kPatience));
  m_plain = plain.chat(kQuestion);
  QVERIFY(!m_plain.empty());
}

void TestChat::theOwnerIsAnswered() {
  Device device(inUse());
  device.start();
  device.touch();
  const auto model = device.addModel(tinyModel());
  device.waitFor("the owner", [](const auto& s) { return s.presence().state() == v1::Presence::STATE_PRESENT; });
  auto& client = device.client();
  const auto task = beginChat(client, model);
  const auto answer = answerTo(client, task, question(kQuestion));
  QVERIFY2(answer.done, answer.error.c_str());
  QCOMPARE(answer.text, m_plain);
  QVERIFY(answer.usage.completion() > 0);
  QVERIFY(!answer.waiting.isEmpty());
  const auto status = device.status();
  QCOMPARE(status.presence().state(), v1::Presence::STATE_PRESENT);
  QCOMPARE(status.activity(), v1::ACTIVITY_WORKING);
  QVERIFY(!status.sharing());
  QCOMPARE(status.give_back().count(), std::uint64_t{0});
  QCOMPARE(answerTo(client, task, question(kQuestion)).text, m_plain);
  v1::CloseChatRequest close;
  close.set_task_id(task);
  QVERIFY(client.call(close).ok());
  const auto ended = device.waitForTask(task, v1::TASK_STATE_DONE);
  QCOMPARE(ended.micro_credits(), 0);
  QVERIFY(ended.gpu_ns() > 0);
  QVERIFY(!client.call(close).ok());
  QVERIFY(device.log().find("12 + 30") == std::string::npos);
}

void TestChat::anAnswerIsStopped() {
  Device device(inUse());
  device.start();
  auto& client = device.client();
  const auto task = beginChat(client, device.addModel(tinyModel()));
  const auto id = ask(client, task, endless());
  QVERIFY(id != 0);
  QVERIFY(!follow(client, id, true).text.empty());
  v1::UnwatchRequest unwatch;
  unwatch.set_id(id);
  QVERIFY(client.call(unwatch).ok());
  const auto next = answerTo(client, task, question(kQuestion));
  QVERIFY2(next.done, next.error.c_str());
  QCOMPARE(next.text, m_plain);
}

void TestChat::aClientThatDiesTakesItsConversationAlong() {
  Device device(inUse());
  device.start();
  const auto model = device.addModel(tinyModel());
  auto other = IpcClient::open(device.socket());
  QVERIFY(other.ok());
  const auto task = beginChat(*other, model);
  const auto id = ask(*other, task, endless());
  QVERIFY(!follow(*other, id, true).text.empty());
  QCOMPARE(ask(device.client(), task, question(kQuestion)), std::uint64_t{0});  // it is the other's
  other->disconnect();
  device.waitForTask(task, v1::TASK_STATE_CANCELLED);
  device.waitFor("a free GPU", isOver);
}

void TestChat::strangersMakeRoomAndGoOn() {
  Device device({.input = false, .llamaRoot = llama::rootFolder()});
  device.start();
  const auto model = device.addModel(tinyModel());
  const auto stranger = device.submit(chainTask("stranger", 512, 3000), chainModule());
  device.waitForTask(stranger, v1::TASK_STATE_RUNNING);
  auto& client = device.client();
  const auto task = beginChat(client, model);
  const auto answer = answerTo(client, task, question(kQuestion));
  QVERIFY2(answer.done, answer.error.c_str());
  QCOMPARE(answer.text, m_plain);
  const auto waiting = device.task(stranger);
  QCOMPARE(waiting.state(), v1::TASK_STATE_QUEUED);
  bool told = false;
  for (const auto& event : waiting.history()) told |= event.text().find("own work needs it") != std::string::npos;
  QVERIFY(told);
  QCOMPARE(device.status().give_back().count(), std::uint64_t{0});
  v1::CloseChatRequest close;
  close.set_task_id(task);
  QVERIFY(client.call(close).ok());
  device.waitForTask(task, v1::TASK_STATE_DONE);
  device.waitForTask(stranger, v1::TASK_STATE_DONE, 3 * Device::kLong);
  QVERIFY(device.result(stranger, "chain.bin") == chainOf(512, 3000));
}

void TestChat::anIdleOneFreesTheGpu() {
  Device device(inUse());
  device.start();
  const auto model = device.addModel(tinyModel());
  auto& client = device.client();
  const auto limit = [&client](const std::string& seconds) {
    v1::SetSettingRequest request;
    request.set_key("chat.idle_limit");
    request.set_value(seconds);
    return client.call(request).ok();
  };
  for (int i = 0; i < 2; ++i) {  // and goes on as another
    QVERIFY(limit("0"));         // it counts from the beginning, and loading may take long
    const auto task = beginChat(client, model);
    const auto answer = answerTo(client, task, question(kQuestion));
    QVERIFY2(answer.done, answer.error.c_str());
    QCOMPARE(answer.text, m_plain);
    QVERIFY(limit("1"));
    device.waitFor("its end", [&](const auto&) {  // by whose word does not matter here
      const auto state = device.task(task).state();
      return state == v1::TASK_STATE_DONE || state == v1::TASK_STATE_CANCELLED;
    });
    device.waitFor("a free GPU", isOver);
    QCOMPARE(ask(client, task, question(kQuestion)), std::uint64_t{0});
  }
}

void TestChat::aCrashEndsConversations() {
  Device device(inUse());
  device.start();
  auto& client = device.client();
  const auto task = beginChat(client, device.addModel(tinyModel()));
  QVERIFY(answerTo(client, task, question(kQuestion)).done);
  device.kill9();
  device.start();
  device.waitForTask(task, v1::TASK_STATE_CANCELLED);
  device.waitFor("a free GPU", isOver);
}

void TestChat::heatHoldsItBackAndIsTold() {
  Device device(inUse());
  device.setSys("class/hwmon/hwmon0/temp1_input", "99000");
  device.start();
  auto& client = device.client();
  const auto task = beginChat(client, device.addModel(tinyModel()));
  const auto id = ask(client, task, question(kQuestion));
  QVERIFY(id != 0);
  for (bool hot = false; !hot;) {
    const auto frame = client.nextEvent(kPatience);
    QVERIFY(frame.ok());
    hot = frame->ask_event().waiting().find("is at 99 °C") != std::string::npos;
  }
  device.setSys("class/hwmon/hwmon0/temp1_input", "45000");
  const auto answer = follow(client, id);
  QVERIFY2(answer.done, answer.error.c_str());
  QCOMPARE(answer.text, m_plain);
}

void TestChat::theCommandLine() {
  Device device(inUse());
  device.start();
  const auto run = [&](const QStringList& words, const QByteArray& input = {}) {
    QProcess lull;
    lull.start(qEnvironmentVariable("LULL_BUILD_DIR") + "/bin/lull",
               QStringList{"--socket", QString::fromStdString(device.socket()), "chat"} + words);
    lull.write(input);
    lull.closeWriteChannel();
    if (!lull.waitForFinished(static_cast<int>(kPatience.count()))) lull.kill();
    return std::tuple(lull.exitCode(), lull.readAllStandardOutput(), lull.readAllStandardError());
  };
  const auto [none, nothing, why] = run({kQuestion});
  QCOMPARE(none, 5);
  QVERIFY2(why.contains("lull model add"), why);
  device.addModel(tinyModel());
  const auto expected = QByteArray::fromStdString(m_plain + "\n");
  const QStringList greedy{"--temperature", "0", "--max-tokens", "24"};
  const auto [code, out, err] = run(greedy + QStringList{kQuestion});
  QVERIFY2(code == 0, err);
  QCOMPARE(out, expected);
  QCOMPARE(std::get<1>(run(greedy, kQuestion)), expected);
  const auto told = json::parse(std::get<1>(run(greedy + QStringList{"--json", kQuestion})).toStdString());
  QCOMPARE(told["text"].get<std::string>(), m_plain);
  QVERIFY(told["done"].get<bool>());
  device.waitFor("a free GPU", isOver);
}

QTEST_GUILESS_MAIN(TestChat)
#include "test_chat.moc"
