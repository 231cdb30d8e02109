// SPDX-License-Identifier: Apache-2.0
// A test class whose functions each have a batch of their own, which lull-llama and Debian's llama.cpp do on the
// processor.
#pragma once

#include "service/runtimes/llama/on_processor.h"

#include <nlohmann/json.hpp>

#include <QObject>
#include <QTemporaryDir>

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

namespace lull::test {

// Lines of a batch.
[[nodiscard]] std::string chat(const std::string& id, const std::string& text,
                               nlohmann::json more = nlohmann::json::object());
[[nodiscard]] std::string completion(const std::string& id, const std::string& text,
                                     nlohmann::json more = nlohmann::json::object());
[[nodiscard]] std::string embedding(const std::string& id, const std::string& input);
// A bias to letters, so much more likely than any other token, and all the same to the last bit of a float: the answers
// are letters, and do not depend on how a model of random weights was rounded this time.
[[nodiscard]] nlohmann::json letters();

class BatchTest : public QObject {
  Q_OBJECT

protected:
  [[nodiscard]] worker::v1::Start startFor(const std::string& requests) const;
  [[nodiscard]] std::vector<nlohmann::json> results() const;
  [[nodiscard]] std::filesystem::path folder() const { return m_folder->path().toStdString(); }
  [[nodiscard]] std::filesystem::path task() const { return folder() / "task"; }
  [[nodiscard]] std::filesystem::path work() const { return task() / "work"; }
  [[nodiscard]] std::filesystem::path model() const { return modelFolder() / "model.gguf"; }
  [[nodiscard]] std::filesystem::path slowModel() const { return modelFolder() / "slow.gguf"; }

protected slots:
  void initTestCase();
  void init() { m_folder = std::make_unique<QTemporaryDir>(); }

private:
  [[nodiscard]] std::filesystem::path modelFolder() const { return m_models.path().toStdString(); }

  QTemporaryDir m_models;
  std::unique_ptr<QTemporaryDir> m_folder;
};

}  // namespace lull::test
