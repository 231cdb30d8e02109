// SPDX-License-Identifier: Apache-2.0
// Help and usage errors in our own words, within 80 columns.
#pragma once

#include <CLI/CLI.hpp>

#include <string>
#include <vector>

namespace lull::cli {

class HelpFormatter final : public CLI::Formatter {
public:
  std::string make_help(const CLI::App* app, std::string name, CLI::AppFormatMode mode) const override;
};

[[nodiscard]] std::string exitCodesText();
// What was wrong, and where to read on.
[[nodiscard]] std::string usageError(const CLI::App& app, const CLI::ParseError& error);

// What an argument or an option's value stands for: "TASK".
[[nodiscard]] std::string typeName(const CLI::Option& option);
[[nodiscard]] std::vector<std::string> commandNames(const CLI::App& app);
[[nodiscard]] const CLI::App* commandNamed(const CLI::App& app, const std::string& word);  // nullptr: none
// {"settings", "set"} → that command; no words: the whole; nullptr: there is none.
[[nodiscard]] const CLI::App* commandAt(const CLI::App& app, const std::vector<std::string>& words);

}  // namespace lull::cli
