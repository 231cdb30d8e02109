// SPDX-License-Identifier: Apache-2.0
// Trees of files: what is in one. Links are never followed.
#pragma once

#include "base/result.h"

#include <atomic>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

namespace lull::image {

// Long work: may be stopped from any thread, tells how far it is on its own.
struct Watch {
  const std::atomic<bool>& stop;
  std::function<void(double share)> progress = {};
};

struct Entry {
  std::string path;         // below the tree
  std::string what;         // all else that tells it from others: kind, mode, size, hash or where it points
  std::uint64_t bytes = 0;  // of a file
};
// Everything below a folder, by its path; what it holds included. Unavailable when it was stopped; Invalid for what
// does not belong into a tree (devices, names with line breaks).
[[nodiscard]] Result<std::vector<Entry>> contentsOf(const std::filesystem::path& tree, const Watch& watch);

// One line each. The other way round: Invalid when it is not such a text.
[[nodiscard]] std::string toText(const std::vector<Entry>& entries);
[[nodiscard]] Result<std::vector<Entry>> entriesFrom(std::string_view text);

// What differs, for people: "2 files are damaged: usr/bin/a, usr/bin/b; …"; empty: nothing.
[[nodiscard]] std::string difference(const std::vector<Entry>& wanted, const std::vector<Entry>& found);

// Nobody may write to any of it any more; programs run as who starts them.
[[nodiscard]] Outcome makeReadOnly(const std::filesystem::path& tree);

}  // namespace lull::image
