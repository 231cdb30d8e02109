// SPDX-License-Identifier: Apache-2.0
// Models of four families, with random weights, through the whole service: their answers are a plain llama-server's.
// One request at a time on both sides: what else is computed with it changes the last digits of a model's numbers, and
// a model of random weights has many words that are nearly as likely.
#include "fakes/device.h"
#include "llama/model.h"
#include "llama/need.h"
#include "llama/questions.h"
#include "llama/server.h"

#include <QtTest>

#include <sstream>

using namespace lull;
using namespace lull::test;
using nlohmann::json;
namespace fs = std::filesystem;

namespace {

constexpr Milliseconds kPatience{280'000};  // the driver compiles much, once; Qt ends a test after 300 s
constexpr std::uint32_t kContext = 256;

struct Asked {
  const char* url;
  json body;
};

const std::vector<Asked>& requests() {
  static const json kGreedy{{"temperature", 0}, {"max_tokens", 16}, {"logit_bias", llama::lettersOnly()}};
  const auto with = [](json body, const json& more) {
    body.update(more);
    return body;
  };
  static const std::vector<Asked> all{
      {"/v1/chat/completions",
       with({{"messages", json::array({{{"role", "user"}, {"content", "What is the sea?"}}})}}, kGreedy)},
      {"/v1/completions", with({{"prompt", "Once upon a time there was"}}, kGreedy)},
      {"/v1/completions", with({{"prompt", "The end of the world"}, {"seed", 7}}, kGreedy)},
      {"/v1/embeddings", {{"input", "the sea and the wind"}}}};
  return all;
}

// What counts of an answer.
json essence(const json& body) {
  if (body.contains("data")) return body["data"][0]["embedding"];
  const json& choice = body["choices"][0];
  return {choice.contains("message") ? choice["message"]["content"] : choice["text"], choice["finish_reason"],
          body["usage"]["prompt_tokens"], body["usage"]["completion_tokens"]};
}

}  // namespace

class TestBatchFamilies : public QObject {
  Q_OBJECT

private slots:
  void initTestCase() {
    LULL_NEED_LLAMA();
    m_device.start();
  }
  void answersAsAPlainServer_data();
  void answersAsAPlainServer();

private:
  [[nodiscard]] std::vector<json> throughTheService(const fs::path& model);
  [[nodiscard]] std::vector<json> plainly(const fs::path& model) const;
  void askPlainly(const fs::path& model, bool embeddings, std::vector<json>& out) const;

  QTemporaryDir m_folder;
  Device m_device{{.input = false, .llamaRoot = llama::rootFolder()}};
};

void TestBatchFamilies::answersAsAPlainServer_data() {
  using llama::Family;
  QTest::addColumn<int>("family");
  QTest::newRow("qwen2") << static_cast<int>(Family::Qwen2);
  QTest::newRow("qwen3") << static_cast<int>(Family::Qwen3);
  QTest::newRow("llama") << static_cast<int>(Family::Llama);
  QTest::newRow("deepseek2") << static_cast<int>(Family::DeepSeek2);
}

void TestBatchFamilies::answersAsAPlainServer() {
  QFETCH(int, family);
  auto shape = llama::kTiny;
  shape.family = static_cast<llama::Family>(family);
  const auto model = fs::path(m_folder.path().toStdString()) / (std::string(QTest::currentDataTag()) + ".gguf");
  QVERIFY(llama::writeModel(model, shape));
  const auto ours = throughTheService(model);
  const auto theirs = plainly(model);
  QCOMPARE(ours.size(), requests().size());
  for (std::size_t i = 0; i < ours.size(); ++i) {
    QVERIFY2(!ours[i].empty() && ours[i] == theirs[i],
             (requests()[i].url + (": " + ours[i].dump()) + "\n" + theirs[i].dump()).c_str());
  }
}

std::vector<json> TestBatchFamilies::throughTheService(const fs::path& model) {
  std::string lines;
  for (const auto& asked : requests()) lines += llama::lineOf(std::to_string(lines.size()), asked.url, asked.body);
  auto spec = batchTask(model.stem(), m_device.addModel(model), m_device.upload(lines));
  spec.mutable_llama_batch()->set_context(kContext);
  spec.mutable_llama_batch()->set_parallel(1);
  const auto id = m_device.submit(std::move(spec));
  const auto task = m_device.waitForTask(id, v1::TASK_STATE_DONE, kPatience);
  if (task.gpu_ns() == 0) return {};
  std::vector<json> out;
  std::istringstream results(m_device.result(id, "results.jsonl"));
  for (std::string line; std::getline(results, line);) {
    const auto response = json::parse(line)["response"];
    out.push_back(response["status_code"] == 200 ? essence(response["body"]) : response);
  }
  return out;
}

std::vector<json> TestBatchFamilies::plainly(const fs::path& model) const {
  std::vector<json> out;
  for (const bool embeddings : {false, true}) askPlainly(model, embeddings, out);
  return out;
}

void TestBatchFamilies::askPlainly(const fs::path& model, bool embeddings, std::vector<json>& out) const {
  std::vector<std::string> arguments{"-np", "1", "-c", std::to_string(kContext)};
  if (embeddings) arguments.insert(arguments.end(), {"--embeddings", "--pooling", "mean"});
  llama::Server server(model, m_folder.path().toStdString(), {.program = {}, .arguments = arguments});
  QVERIFY2(server.waitReady(kPatience), server.program().errors().c_str());
  for (const auto& asked : requests()) {
    if ((std::string_view(asked.url) == "/v1/embeddings") != embeddings) continue;
    out.push_back(essence(json::parse(server.ask(asked.url, asked.body.dump()).value_or("{}"))));
  }
}

QTEST_GUILESS_MAIN(TestBatchFamilies)
#include "test_batch_families.moc"
