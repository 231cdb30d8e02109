// SPDX-License-Identifier: Apache-2.0
// The data of a training as the text that is learned, and where its tokens are. Made once, by llama-server: it knows
// the model's chat template and its vocabulary. The text stays on the disk.
#pragma once

#include "base/file.h"
#include "runtimes/llama/training/markers.h"
#include "runtimes/llama/training/plan.h"
#include "runtimes/worker/failure.h"
#include "worker.pb.h"

#include <filesystem>
#include <functional>
#include <string>
#include <vector>

namespace lull::runtimes::llama::training {

class Corpus {
public:
  struct Plan {
    const worker::v1::Llama& where;
    std::filesystem::path folder;  // where it is kept
    std::filesystem::path data;
    bool chats = false;
    const Markers& markers;
  };
  // What was made before, or makes it. `begun`: llama.cpp runs. BAD_TASK names the line that is no chat.
  [[nodiscard]] static worker::Attempt<Corpus> open(const Plan& plan, const std::function<void()>& begun);

  // Tokens of each chat; of a text it is one.
  [[nodiscard]] const std::vector<std::uint64_t>& documents() const { return m_documents; }
  // To a file.
  [[nodiscard]] Outcome write(const std::vector<Span>& spans, const std::filesystem::path& file) const;

private:
  friend class CorpusMaker;
  [[nodiscard]] static Result<Corpus> load(const std::filesystem::path& folder);
  void mark();  // m_marks
  [[nodiscard]] std::uint64_t byteOf(std::uint64_t token) const;
  Fd m_text;
  std::vector<std::uint64_t> m_documents;
  std::vector<std::uint16_t> m_tokens;  // bytes of each
  std::vector<std::uint64_t> m_marks;   // where every kMark-th token begins
};

}  // namespace lull::runtimes::llama::training
