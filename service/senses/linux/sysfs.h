// SPDX-License-Identifier: Apache-2.0
// Small text files as the kernel writes them. Whatever is missing, unreadable or no number is simply not told.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace lull::senses {

// The first line without surrounding space; empty when it cannot be read.
[[nodiscard]] std::string readWord(const std::filesystem::path& file);
// A whole decimal number and nothing else.
[[nodiscard]] std::optional<std::int64_t> readNumber(const std::filesystem::path& file);
[[nodiscard]] std::optional<std::int64_t> numberFrom(std::string_view text);
// The names in a folder in natural order ("hwmon2" before "hwmon10"); empty when there is none.
[[nodiscard]] std::vector<std::string> namesIn(const std::filesystem::path& folder);

}  // namespace lull::senses
