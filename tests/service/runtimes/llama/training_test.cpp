// SPDX-License-Identifier: Apache-2.0
#include "service/runtimes/llama/training_test.h"

#include "base/file.h"
#include "llama/need.h"
#include "llama/program.h"

#include <QtTest>

#include <fstream>

namespace lull::test {

namespace fs = std::filesystem;

namespace {

const fs::path kModels = LULL_MODELS;
constexpr std::size_t kWhole = 64 << 20;

}  // namespace

const fs::path& tinyModel() {
  static const fs::path model = kModels / "lull-tiny.gguf";
  return model;
}

const std::vector<std::string>& lesson() {
  static const auto lines = [] {
    std::ifstream file(kModels / "lesson.jsonl");
    std::vector<std::string> out;
    for (std::string line; std::getline(file, line);) out.push_back(line + '\n');
    return out;
  }();
  return lines;
}

std::string firstLines(std::size_t count) {
  std::string out;
  for (const auto& line : lesson()) {
    if (count-- == 0) break;
    out += line;
  }
  return out;
}

std::string bytesOf(const fs::path& file) {
  const auto read = readFile(file, kWhole);
  return read ? *read : std::string();
}

void startThrough(worker::v1::Llama& where, const std::string& words) {
  const auto program = where.start(0);
  where.clear_start();
  for (const auto& word : {std::string("/bin/sh"), std::string("-c"), words + "; exec \"$@\"", std::string("sh")}) {
    where.add_start(word);
  }
  where.add_start(program);
}

void TrainingTest::initTestCase() {
  LULL_NEED_LLAMA();
  QCOMPARE(lesson().size(), 80U);
}

worker::v1::Start TrainingTest::startFor(const std::string& data, std::uint32_t epochs) const {
  auto start = startOnProcessor(folder(), tinyModel());
  auto& task = *start.mutable_spec()->mutable_llama_training();
  task.mutable_data()->set_inline_(data);
  task.set_format(v1::LlamaTraining::FORMAT_CHATS);
  task.set_epochs(epochs);
  task.set_learning_rate(7e-4);
  return start;
}

fs::path TrainingTest::converted(const char* type) const {
  auto out = fs::path(m_models.path().toStdString()) / (std::string(type) + ".gguf");
  llama::Program program(
      {.program = "llama-quantize", .arguments = {tinyModel(), out, type, "1"}, .environment = {kNoGpu}});
  if (program.waitExit(fakes::kPatience) != 0) qWarning("%s", program.errors().c_str());
  return out;
}

}  // namespace lull::test
