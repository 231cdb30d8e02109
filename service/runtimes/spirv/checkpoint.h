// SPDX-License-Identifier: Apache-2.0
// A task's state on disk, so that it goes on after evict or crash: <work folder>/checkpoint.
// Layout, in this machine's byte order: header, the buffers' bytes one after the other, SHA-256 of all that (hex).
// Torn files, files of another task and files of another version count as none.
#pragma once

#include "base/file.h"
#include "runtimes/spirv/buffers.h"

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>

namespace lull::spirv {

class Checkpoint {
public:
  // `task` is the SHA-256 of everything that decides the result.
  Checkpoint(const std::filesystem::path& folder, std::string task, Buffers& buffers);

  // The position of a whole checkpoint of this task; reads all of it. nullopt: there is none.
  [[nodiscard]] std::optional<std::uint64_t> find();
  // Fills the buffers from what find() saw.
  [[nodiscard]] Step load();

  // Two steps, so that one who finds that the buffers moved meanwhile can keep the old one. After write() the new
  // file is on disk under another name; keep() puts it in place.
  [[nodiscard]] Step write(std::uint64_t position);
  [[nodiscard]] Step keep();
  void discard() const;
  // The position of what is in place now.
  [[nodiscard]] std::optional<std::uint64_t> kept() const { return m_kept; }

private:
  [[nodiscard]] std::string headerFor(std::uint64_t position) const;
  [[nodiscard]] Step writeTo(int fd, std::uint64_t position);

  const std::filesystem::path m_folder;
  const std::filesystem::path m_file;
  const std::filesystem::path m_new;
  const std::string m_task;
  Buffers& m_buffers;
  std::optional<std::uint64_t> m_kept;
  std::uint64_t m_written = 0;
};

}  // namespace lull::spirv
