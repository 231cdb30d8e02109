// SPDX-License-Identifier: Apache-2.0
#include "senses/linux/sysfs.h"

#include "base/file.h"

#include <algorithm>
#include <charconv>
#include <system_error>
#include <tuple>

namespace lull::senses {

namespace {

constexpr std::size_t kAttribute = 4096;  // sysfs never gives more

// "hwmon2" before "hwmon10": among names of one kind, told by how they begin, the shorter is the smaller number.
bool naturallyBefore(const std::string& a, const std::string& b) {
  const auto key = [](const std::string& name) {
    return std::tuple(std::string_view(name).substr(0, 4), name.size(), std::string_view(name));
  };
  return key(a) < key(b);
}

}  // namespace

std::string readWord(const std::filesystem::path& file) {
  const auto text = readFile(file, kAttribute);
  if (!text) return {};
  constexpr std::string_view kSpace = " \t\r";
  const std::string line = text->substr(0, text->find('\n'));
  const auto first = line.find_first_not_of(kSpace);
  if (first == std::string::npos) return {};
  return line.substr(first, line.find_last_not_of(kSpace) - first + 1);
}

std::optional<std::int64_t> numberFrom(std::string_view text) {
  std::int64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc{} || end != text.data() + text.size()) return {};
  return number;
}

std::optional<std::int64_t> readNumber(const std::filesystem::path& file) { return numberFrom(readWord(file)); }

std::vector<std::string> namesIn(const std::filesystem::path& folder) {
  std::vector<std::string> names;
  std::error_code error;
  std::filesystem::directory_iterator entry(folder, error);
  while (!error && entry != std::filesystem::directory_iterator{}) {
    names.push_back(entry->path().filename().native());
    entry.increment(error);
  }
  std::sort(names.begin(), names.end(), naturallyBefore);
  return names;
}

}  // namespace lull::senses
