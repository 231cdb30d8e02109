// SPDX-License-Identifier: Apache-2.0
// A result of a task: under its final name it is complete and durable, or not there.
#pragma once

#include "base/file.h"
#include "base/sha256.h"
#include "runtimes/worker/failure.h"

#include <filesystem>
#include <string>
#include <string_view>

namespace lull::worker {

class OutputFile {
public:
  [[nodiscard]] static Attempt<OutputFile> create(const std::filesystem::path& folder, const std::string& name);
  OutputFile(OutputFile&&) = default;
  OutputFile& operator=(OutputFile&&) = delete;
  ~OutputFile();  // what is not finished goes

  [[nodiscard]] Step write(std::string_view bytes);
  // Syncs it and gives it its name; nothing is written after that.
  [[nodiscard]] Attempt<lull::v1::Output> finish();

private:
  OutputFile(std::filesystem::path folder, std::string name);
  [[nodiscard]] std::filesystem::path temporary() const;
  std::filesystem::path m_folder;
  std::string m_name;
  Fd m_fd;
  Sha256 m_hash;
  std::uint64_t m_size = 0;
};

}  // namespace lull::worker
