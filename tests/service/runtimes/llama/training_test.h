// SPDX-License-Identifier: Apache-2.0
// A test class whose functions each have a training of their own, which lull-llama and Debian's llama-finetune do on
// the processor.
#pragma once

#include "service/runtimes/llama/on_processor.h"

#include <QObject>
#include <QTemporaryDir>

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace lull::test {

[[nodiscard]] const std::filesystem::path& tinyModel();
[[nodiscard]] const std::vector<std::string>& lesson();  // lines of chats
[[nodiscard]] std::string firstLines(std::size_t count);
// All of it; "" where it is not there.
[[nodiscard]] std::string bytesOf(const std::filesystem::path& file);
// A shell does this before it becomes the program ($1 start, $2 name, …).
void startThrough(worker::v1::Llama& where, const std::string& words);

class TrainingTest : public QObject {
  Q_OBJECT

protected:
  [[nodiscard]] worker::v1::Start startFor(const std::string& data, std::uint32_t epochs) const;
  // The tiny model with other weights.
  [[nodiscard]] std::filesystem::path converted(const char* type) const;
  [[nodiscard]] std::filesystem::path folder() const { return m_folder->path().toStdString(); }
  [[nodiscard]] std::filesystem::path work() const { return folder() / "work"; }
  [[nodiscard]] std::filesystem::path result() const { return folder() / "out" / "model.gguf"; }

protected slots:
  void initTestCase();
  void init() { m_folder = std::make_unique<QTemporaryDir>(); }

private:
  QTemporaryDir m_models;
  std::unique_ptr<QTemporaryDir> m_folder;
};

}  // namespace lull::test
