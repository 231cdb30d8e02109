// SPDX-License-Identifier: Apache-2.0
#include "senses/linux/memory.h"

#include "base/file.h"
#include "senses/linux/sysfs.h"

#include <charconv>
#include <cmath>

namespace lull::senses {

namespace {

constexpr std::int64_t kMostKib = std::int64_t{1} << 40;
constexpr double kNotTold = -1;

// "MemAvailable:    8053064 kB" → bytes
std::optional<std::uint64_t> bytesOf(std::string_view all, std::string_view name) {
  const auto line = all.starts_with(name) ? 0 : all.find("\n" + std::string(name));
  if (line == std::string_view::npos) return {};
  std::string_view rest = all.substr(line);
  rest = rest.substr(0, rest.find('\n', 1));
  const auto first = rest.find_first_of("0123456789");
  const auto last = rest.find(" kB");
  if (first == std::string_view::npos || last == std::string_view::npos || last <= first) return {};
  const auto kib = numberFrom(rest.substr(first, last - first));
  if (!kib || *kib < 0 || *kib > kMostKib) return {};
  return static_cast<std::uint64_t>(*kib) * 1024;
}

// "some avg10=0.52 avg60=…" → 0.52
double pressureFrom(std::string_view psi) {
  constexpr std::string_view kBefore = "some avg10=";
  const auto begin = psi.find(kBefore);
  if (begin == std::string_view::npos) return kNotTold;
  const std::string_view text = psi.substr(begin + kBefore.size());
  double percent = kNotTold;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), percent);
  if (error != std::errc{} || !std::isfinite(percent) || percent < 0 || percent > 100) return kNotTold;
  return percent;
}

}  // namespace

std::optional<v1::Memory> readMemory(const std::filesystem::path& proc) {
  const auto meminfo = readFile(proc / "meminfo");
  if (!meminfo) return {};
  const auto total = bytesOf(*meminfo, "MemTotal:");
  const auto available = bytesOf(*meminfo, "MemAvailable:");
  if (!total || !available || *available > *total) return {};
  const auto psi = readFile(proc / "pressure/memory");
  v1::Memory memory;
  memory.set_total_bytes(*total);
  memory.set_available_bytes(*available);
  memory.set_pressure_percent(psi ? pressureFrom(*psi) : kNotTold);
  return memory;
}

}  // namespace lull::senses
