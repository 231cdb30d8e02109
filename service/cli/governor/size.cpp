// SPDX-License-Identifier: Apache-2.0
#include "cli/governor/size.h"

#include <fmt/core.h>

#include <array>
#include <charconv>
#include <cmath>
#include <string>

namespace lull::cli {

namespace {

struct Unit {
  std::string_view name;
  double bytes;
};
constexpr double kKi = 1024;
constexpr std::array kUnits{Unit{"", 1},
                            Unit{"b", 1},
                            Unit{"kib", kKi},
                            Unit{"k", kKi},
                            Unit{"kb", 1e3},
                            Unit{"mib", kKi* kKi},
                            Unit{"m", kKi* kKi},
                            Unit{"mb", 1e6},
                            Unit{"gib", kKi* kKi* kKi},
                            Unit{"g", kKi* kKi* kKi},
                            Unit{"gb", 1e9},
                            Unit{"tib", kKi* kKi* kKi* kKi},
                            Unit{"t", kKi* kKi* kKi* kKi},
                            Unit{"tb", 1e12}};
constexpr double kMost = 1e15;

}  // namespace

Result<std::uint64_t> parseSize(std::string_view text) {
  const Error wrong(Error::Kind::Invalid,
                    fmt::format("“{}” is not a size of memory; write it like 3GiB, 512MB or none", text));
  std::string word;
  for (const char c : text) {
    if (c != ' ') word += static_cast<char>(c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c);
  }
  if (word == "none") return std::uint64_t{0};
  double value = 0;
  const auto [end, code] = std::from_chars(word.data(), word.data() + word.size(), value, std::chars_format::fixed);
  if (code != std::errc{} || !(value >= 0)) return wrong;
  const std::string_view name(end, static_cast<std::size_t>(word.data() + word.size() - end));
  for (const auto& unit : kUnits) {
    if (name != unit.name) continue;
    const double size = value * unit.bytes;
    if (!(size <= kMost)) return Error(Error::Kind::Invalid, fmt::format("“{}” is more than any GPU has", text));
    return static_cast<std::uint64_t>(std::llround(size));
  }
  return wrong;
}

}  // namespace lull::cli
