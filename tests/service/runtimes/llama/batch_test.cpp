// SPDX-License-Identifier: Apache-2.0
#include "service/runtimes/llama/batch_test.h"

#include "llama/model.h"
#include "llama/need.h"
#include "llama/program.h"

#include <QtTest>

#include <fstream>

namespace lull::test {

using fakes::TestWorker;
using nlohmann::json;

std::string chat(const std::string& id, const std::string& text, json more) {
  more["messages"] = json::array({{{"role", "user"}, {"content", text}}});
  return json{{"custom_id", id}, {"method", "POST"}, {"url", "/v1/chat/completions"}, {"body", more}}.dump() + "\n";
}

std::string completion(const std::string& id, const std::string& text, json more) {
  more["prompt"] = text;
  return json{{"custom_id", id}, {"method", "POST"}, {"url", "/v1/completions"}, {"body", more}}.dump() + "\n";
}

std::string embedding(const std::string& id, const std::string& input) {
  return json{{"custom_id", id}, {"method", "POST"}, {"url", "/v1/embeddings"}, {"body", {{"input", input}}}}.dump() +
         "\n";
}

json letters() {
  json out = json::array();
  for (int token = 'a'; token <= 'z'; ++token) out.push_back({token, 1e10});
  return out;
}

void BatchTest::initTestCase() {
  LULL_NEED_LLAMA();
  QVERIFY(llama::writeModel(model(), llama::kTiny));
  QVERIFY(llama::writeModel(slowModel(), llama::kSmall));
}

worker::v1::Start BatchTest::startFor(const std::string& requests) const {
  for (const auto& each : {work(), out(), folder() / "blobs"}) std::filesystem::create_directories(each);
  worker::v1::Start start;
  auto& batch = *start.mutable_spec()->mutable_llama_batch();
  batch.mutable_requests()->set_inline_(requests);
  batch.set_context(512);
  start.set_task_id("t-batch");
  start.set_work_dir(work());
  start.set_output_dir(out());
  start.set_blob_dir(folder() / "blobs");
  start.set_checkpoint_every_s(1);
  auto& where = *start.mutable_llama();
  where.set_model_file(model());
  where.add_start((llama::rootFolder() / "start").string());
  where.set_on_cpu(true);
  return start;
}

std::unique_ptr<TestWorker> BatchTest::worker(const worker::v1::Start& start) {
  return std::make_unique<TestWorker>(start, TestWorker::Options{.environment = {kNoGpu}, .program = "lull-llama"});
}

std::vector<json> BatchTest::results() const {
  std::ifstream file(out() / "results.jsonl");
  std::vector<json> out;
  for (std::string line; std::getline(file, line);) out.push_back(json::parse(line));
  return out;
}

}  // namespace lull::test
