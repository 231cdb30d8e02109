// SPDX-License-Identifier: Apache-2.0
#include "service/runtimes/llama/batch_test.h"

#include "llama/model.h"
#include "llama/need.h"

#include <QtTest>

#include <fstream>

namespace lull::test {

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
  auto start = startOnProcessor(task(), model());
  auto& batch = *start.mutable_spec()->mutable_llama_batch();
  batch.mutable_requests()->set_inline_(requests);
  batch.set_context(512);
  return start;
}

std::vector<json> BatchTest::results() const {
  std::ifstream file(task() / "out" / "results.jsonl");
  std::vector<json> out;
  for (std::string line; std::getline(file, line);) out.push_back(json::parse(line));
  return out;
}

}  // namespace lull::test
