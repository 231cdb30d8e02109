// SPDX-License-Identifier: Apache-2.0
#include "cli/when.h"

#include <fmt/core.h>

#include <array>
#include <charconv>
#include <ctime>
#include <optional>
#include <span>

namespace lull::cli {

namespace {

constexpr std::int64_t kLongest = 366LL * 24 * 3600;

struct Unit {
  std::string_view name;
  std::int64_t seconds;
};
constexpr std::array kUnits{Unit{"s", 1},       Unit{"sec", 1},     Unit{"m", 60},       Unit{"min", 60},
                            Unit{"h", 3600},    Unit{"hour", 3600}, Unit{"hours", 3600}, Unit{"d", 86400},
                            Unit{"day", 86400}, Unit{"days", 86400}};

Error spanError(std::string_view text) {
  return {Error::Kind::Invalid,
          fmt::format("“{}” is not a length of time; write it like 30m, 2h, 1h30m, 45s or 1d", text)};
}

Error momentError(std::string_view text) {
  return {Error::Kind::Invalid,
          fmt::format("“{}” is not a moment; write it like 18:00, tomorrow, tomorrow 8:00 or 2026-11-23 8:00", text)};
}

template <typename Number>
std::optional<Number> takeNumber(std::string_view& text) {
  Number value{};
  const auto [end, code] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (code != std::errc{} || value < 0) return std::nullopt;
  text.remove_prefix(static_cast<std::size_t>(end - text.data()));
  return value;
}

bool takeChar(std::string_view& text, char c) {
  if (text.empty() || text.front() != c) return false;
  text.remove_prefix(1);
  return true;
}

std::optional<std::int64_t> takeUnit(std::string_view& text) {
  const std::size_t end = std::min(text.find_first_not_of("abcdefghijklmnopqrstuvwxyz"), text.size());
  for (const auto& unit : kUnits) {
    if (text.substr(0, end) != unit.name) continue;
    text.remove_prefix(end);
    return unit.seconds;
  }
  return std::nullopt;
}

struct TimeOfDay {
  int hour = 0;
  int minute = 0;
  int second = 0;
};

std::optional<TimeOfDay> parseTime(std::string_view text) {
  const auto hour = takeNumber<int>(text);
  if (!hour || *hour > 24 || !takeChar(text, ':') || text.size() < 2) return std::nullopt;
  const auto minute = takeNumber<int>(text);
  if (!minute || *minute > 59) return std::nullopt;
  TimeOfDay time{.hour = *hour, .minute = *minute};
  if (takeChar(text, ':')) {
    const auto second = takeNumber<int>(text);
    if (!second || *second > 59) return std::nullopt;
    time.second = *second;
  }
  const bool pastMidnight = time.hour == 24 && (time.minute != 0 || time.second != 0);
  if (!text.empty() || pastMidnight) return std::nullopt;
  return time;
}

// Year, month and day into `day`; false when it is not a date of the calendar.
bool parseDate(std::string_view text, std::tm& day) {
  const auto year = takeNumber<int>(text);
  if (!year || !takeChar(text, '-')) return false;
  const auto month = takeNumber<int>(text);
  if (!month || !takeChar(text, '-')) return false;
  const auto dayOfMonth = takeNumber<int>(text);
  if (!dayOfMonth || !text.empty() || *year < 1970 || *year > 9999) return false;
  const std::chrono::year_month_day date(std::chrono::year(*year), std::chrono::month(static_cast<unsigned>(*month)),
                                         std::chrono::day(static_cast<unsigned>(*dayOfMonth)));
  if (!date.ok()) return false;
  day.tm_year = *year - 1900;
  day.tm_mon = *month - 1;
  day.tm_mday = *dayOfMonth;
  return true;
}

std::tm today(UnixMs now) {
  const auto seconds = static_cast<std::time_t>(std::chrono::floor<Seconds>(Milliseconds(now)).count());
  std::tm out{};
  localtime_r(&seconds, &out);
  return out;
}

// mktime decides whether summer time holds then; a day of 23 or 25 hours comes out right.
UnixMs at(std::tm day, TimeOfDay time) {
  day.tm_hour = time.hour;
  day.tm_min = time.minute;
  day.tm_sec = time.second;
  day.tm_isdst = -1;
  return static_cast<UnixMs>(std::mktime(&day)) * 1000;
}

Result<UnixMs> parseMoment(std::span<const std::string> words, UnixMs now) {
  std::string told;
  for (const auto& word : words) told += (told.empty() ? "" : " ") + word;
  std::tm day = today(now);
  bool dayNamed = true;
  std::size_t used = 1;
  if (words.empty()) return momentError("until");
  if (words[0] == "tomorrow") {
    ++day.tm_mday;
  } else if (!parseDate(words[0], day)) {
    dayNamed = false;
    used = words[0] == "today" ? 1 : 0;
  }
  if (words.size() > used + 1 || (!dayNamed && words.size() == used)) return momentError(told);
  const auto time = words.size() > used ? parseTime(words[used]) : TimeOfDay{};
  if (!time) return momentError(told);
  UnixMs moment = at(day, *time);
  if (moment <= now && used == 0) {
    ++day.tm_mday;
    moment = at(day, *time);
  }
  if (moment > now) return moment;
  return Error(Error::Kind::Invalid, fmt::format("“{}” has passed already", told));
}

}  // namespace

Result<Milliseconds> parseSpan(std::string_view text) {
  std::string packed;
  for (const char c : text) {
    if (c != ' ') packed += c;
  }
  std::string_view rest = packed;
  std::int64_t total = 0;
  if (rest.empty()) return spanError(text);
  while (!rest.empty()) {
    const auto amount = takeNumber<std::int64_t>(rest);
    if (!amount) return spanError(text);
    const auto unit = takeUnit(rest);
    if (!unit) return spanError(text);
    if (*amount > kLongest || total + *amount * *unit > kLongest) {
      return Error(Error::Kind::Invalid, fmt::format("“{}” is too long; at most 366d", text));
    }
    total += *amount * *unit;
  }
  if (total == 0) return Error(Error::Kind::Invalid, fmt::format("“{}” is no time at all; at least 1s", text));
  return Milliseconds(Seconds(total));
}

Result<UnixMs> parsePause(const std::vector<std::string>& words, UnixMs now) {
  if (words.empty()) return kUntilResumed;
  // One quoted argument reads like several.
  std::vector<std::string> split;
  for (std::string_view rest : words) {
    while (!rest.empty()) {
      const std::size_t end = std::min(rest.find(' '), rest.size());
      if (end > 0) split.emplace_back(rest.substr(0, end));
      rest.remove_prefix(std::min(end + 1, rest.size()));
    }
  }
  if (split.empty()) return kUntilResumed;
  if (split[0] == "until") return parseMoment(std::span(split).subspan(1), now);
  if (split.size() == 1 && parseTime(split[0])) {
    return Error(Error::Kind::Invalid, fmt::format("do you mean: lull pause until {}", split[0]));
  }
  std::string joined;
  for (const auto& word : split) joined += (joined.empty() ? "" : " ") + word;
  const auto span = parseSpan(joined);
  if (!span) return span.error();
  return now + span->count();
}

}  // namespace lull::cli
