// SPDX-License-Identifier: Apache-2.0
// What a batch has done so far, in one file of the task's work folder that only grows: a record a line, each with its
// CRC-32, so that a line torn by a crash is known and cut off. Thread-safe.
#pragma once

#include "base/file.h"
#include "base/result.h"
#include "lull/v1/task.pb.h"

#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

namespace lull::runtimes::llama {

// How far an answer has come that is made token by token.
struct Draft {
  std::uint64_t promptTokens = 0;
  std::vector<std::int32_t> tokens;  // all that were produced and belong to `text`
  std::string text;                  // what they say: ends at a whole character, before anything that may become a stop
};

class Journal {
public:
  // Reads what is there; Invalid: it is another task's (`fingerprint` tells them apart). Io, TooBig: the disk.
  [[nodiscard]] static Result<std::unique_ptr<Journal>> open(const std::filesystem::path& file,
                                                             const std::string& fingerprint, std::size_t requests);

  [[nodiscard]] bool isDone(std::size_t request) const;
  [[nodiscard]] Draft draft(std::size_t request) const;
  [[nodiscard]] unsigned strikes(std::size_t request) const;
  [[nodiscard]] unsigned shortages(std::size_t request) const;
  [[nodiscard]] v1::TokenUsage usage() const;  // of what is done
  [[nodiscard]] std::size_t done() const;

  // Adds to the draft of a request.
  [[nodiscard]] Outcome extend(std::size_t request, const Draft& more);
  // The server crashed while it answered this one.
  [[nodiscard]] Outcome strike(std::size_t request);
  // Memory ran out while the server answered this one, and maybe others.
  [[nodiscard]] Outcome runShort(std::size_t request);
  // `line` is the whole line of the results. Only the first of a request counts.
  [[nodiscard]] Outcome finish(std::size_t request, const std::string& line, const v1::TokenUsage& usage);
  // The line of each request in order, to `take` in turn. All must be done.
  [[nodiscard]] Outcome readLines(const std::function<Outcome(std::string_view)>& take) const;
  // Called after each record, from whichever thread wrote it. Before the first one is written.
  void onGrowth(std::function<void()> grown) { m_grown = std::move(grown); }
  // What was written reaches the disk.
  [[nodiscard]] Outcome sync();

private:
  struct Entry {
    std::uint64_t at = 0;  // of the record in the file
    std::uint32_t size = 0;
    unsigned strikes = 0;
    unsigned shortages = 0;
  };
  Journal(Fd fd, std::size_t requests) : m_fd(std::move(fd)), m_entries(requests) {}
  [[nodiscard]] Outcome read(const std::string& fingerprint);
  void take(std::string_view record, std::uint64_t at);
  [[nodiscard]] Outcome append(const std::string& record);
  [[nodiscard]] Outcome add(const std::string& record);

  Fd m_fd;
  std::function<void()> m_grown;
  std::uint64_t m_end = 0;
  mutable std::mutex m_mutex;
  std::vector<Entry> m_entries;
  std::map<std::size_t, Draft> m_drafts;
  v1::TokenUsage m_usage;
  std::size_t m_done = 0;
};

}  // namespace lull::runtimes::llama
