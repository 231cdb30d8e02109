// SPDX-License-Identifier: Apache-2.0
// Shell completion: small scripts that ask `lull __complete WORDS…`, which answers from the tree of commands and,
// for task ids and setting keys, from the service.
#pragma once

#include "cli/session.h"

#include <CLI/CLI.hpp>

#include <string>
#include <string_view>
#include <vector>

namespace lull::cli {

// "bash", "zsh" or "fish".
[[nodiscard]] std::string completionScript(std::string_view shell);

struct Candidate {
  std::string word;
  std::string text;  // what it means; may be empty
};
struct Candidates {
  enum class Files { No, Files, Folders, Programs };
  std::vector<Candidate> words;
  Files files = Files::No;  // the shell is to offer files
};
// What could stand in place of the last word (which may be empty), after the others. Never fails: a service that
// does not answer just has no ids to offer.
[[nodiscard]] Candidates complete(const CLI::App& app, std::vector<std::string> words, Session& session);
// "word<TAB>text" lines; a line ":files", ":folders" or ":programs" asks the shell for those.
[[nodiscard]] std::string candidatesText(const Candidates& candidates);

}  // namespace lull::cli
