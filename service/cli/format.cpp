// SPDX-License-Identifier: Apache-2.0
#include "cli/format.h"

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <ctime>

namespace lull::cli {

namespace {

constexpr std::int64_t kMinute = 60;
constexpr std::int64_t kHour = 60 * kMinute;
constexpr std::int64_t kDay = 24 * kHour;
constexpr std::array kWeekdays{"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
constexpr std::array kMonths{"Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};

constexpr std::array kStates{
    std::pair{v1::TASK_STATE_QUEUED, "queued"},     std::pair{v1::TASK_STATE_STARTING, "starting"},
    std::pair{v1::TASK_STATE_RUNNING, "running"},   std::pair{v1::TASK_STATE_PARKED, "parked"},
    std::pair{v1::TASK_STATE_EVICTING, "evicting"}, std::pair{v1::TASK_STATE_DONE, "done"},
    std::pair{v1::TASK_STATE_FAILED, "failed"},     std::pair{v1::TASK_STATE_CANCELLED, "cancelled"}};

std::tm localTime(UnixMs at) {
  const auto seconds = static_cast<std::time_t>(std::chrono::floor<Seconds>(Milliseconds(at)).count());
  std::tm out{};
  localtime_r(&seconds, &out);
  return out;
}

// Days since an arbitrary one, in the local calendar.
std::int64_t localDay(UnixMs at) {
  std::tm day = localTime(at);
  day.tm_isdst = 0;
  return static_cast<std::int64_t>(timegm(&day)) / kDay;
}

// "1.2", "12", "123": about three digits.
std::string threeDigits(double value) {
  return std::abs(value) < 9.95 ? fmt::format("{:.1f}", value) : fmt::format("{:.0f}", value);
}

std::string twoUnits(std::int64_t value, std::int64_t unit, std::string_view big, std::string_view small) {
  const std::int64_t rest = value % unit;
  return rest == 0 ? fmt::format("{} {}", value / unit, big)
                   : fmt::format("{} {} {} {}", value / unit, big, rest, small);
}

}  // namespace

std::string bytes(std::uint64_t count) {
  if (count < 1000) return fmt::format("{} B", count);
  auto value = static_cast<double>(count);
  std::size_t unit = 0;
  constexpr std::array kUnits{"B", "kB", "MB", "GB", "TB", "PB", "EB"};
  while (value >= 999.5 && unit + 1 < kUnits.size()) {
    value /= 1000;
    ++unit;
  }
  return fmt::format("{} {}", threeDigits(value), kUnits[unit]);
}

std::string celsius(double degrees) { return fmt::format("{:.0f} °C", degrees); }

std::string milliseconds(double ms) {
  if (ms < 999.5) return ms < 0.095 ? fmt::format("{:.0f} µs", ms * 1000) : threeDigits(ms) + " ms";
  if (ms < 99'950) return fmt::format("{:.1f} s", ms / 1000);
  return span(std::llround(ms / 1000));
}

std::string span(std::int64_t seconds) {
  seconds = std::max<std::int64_t>(seconds, 0);
  if (seconds < 90) return fmt::format("{} s", seconds);
  if (seconds < kHour) return fmt::format("{} min", seconds / kMinute);
  if (seconds < kDay) return twoUnits(seconds / kMinute, 60, "h", "min");
  return twoUnits(seconds / kHour, 24, "d", "h");
}

std::string gpuTime(std::uint64_t ns) {
  const double ms = static_cast<double>(ns) / 1e6;
  if (ns == 0) return "0 s";
  if (ms < 99'950) return milliseconds(ms);
  const auto seconds = std::llround(ms / 1000);
  return seconds < kHour ? twoUnits(seconds, kMinute, "min", "s") : span(seconds);
}

std::string credits(std::int64_t microCredits) {
  const double value = static_cast<double>(microCredits) / 1e6;
  if (microCredits == 0) return "0 credits";
  if (microCredits == 1'000'000) return "1 credit";
  if (std::abs(value) >= 0.00995) return fmt::format("{:.2f} credits", value);
  // Two digits that say something, down to the micro-credit.
  const auto leading = static_cast<int>(std::floor(std::log10(std::abs(value))));
  std::string small = fmt::format("{:.{}f}", value, std::min(1 - leading, 6));
  small.erase(small.find_last_not_of('0') + 1);
  return small + " credits";
}

std::string energy(std::uint64_t microJoules, bool estimated) {
  const double joules = static_cast<double>(microJoules) / 1e6;
  std::string text;
  if (joules < 3600) {
    text = threeDigits(joules) + " J";
  } else if (joules < 3.6e6) {
    text = threeDigits(joules / 3600) + " Wh";
  } else {
    text = threeDigits(joules / 3.6e6) + " kWh";
  }
  return estimated && microJoules > 0 ? text + " (estimated)" : text;
}

std::string percent(double share) { return fmt::format("{:.0f} %", std::clamp(share, 0.0, 1.0) * 100); }

std::string number(double value) {
  std::string text = fmt::format("{:.3f}", value);
  text.erase(text.find_last_not_of('0') + 1);
  if (text.back() == '.') text.pop_back();
  return text == "-0" ? "0" : text;
}

std::string grouped(std::uint64_t n) {
  auto text = std::to_string(n);
  for (auto at = text.size(); at > 3;) {
    at -= 3;
    text.insert(at, ",");
  }
  return text;
}

std::string count(std::uint64_t n, std::string_view one, std::string_view many) {
  return fmt::format("{} {}", n, n == 1 ? one : many);
}

std::string clockTime(UnixMs at) {
  const auto t = localTime(at);
  return fmt::format("{:02}:{:02}:{:02}", t.tm_hour, t.tm_min, t.tm_sec);
}

std::string stamp(UnixMs at) {
  const auto t = localTime(at);
  return fmt::format("{:04}-{:02}-{:02} {:02}:{:02}", t.tm_year + 1900, t.tm_mon + 1, t.tm_mday, t.tm_hour, t.tm_min);
}

std::string ago(UnixMs at, UnixMs now) {
  const std::int64_t seconds = (now - at) / 1000;
  if (seconds < 2) return "just now";
  if (seconds < kDay) return span(seconds) + " ago";
  if (seconds < 7 * kDay) return count(static_cast<std::uint64_t>(seconds / kDay), "day", "days") + " ago";
  return stamp(at);
}

std::string moment(UnixMs at, UnixMs now) {
  const auto t = localTime(at);
  auto time = fmt::format("{:02}:{:02}", t.tm_hour, t.tm_min);
  const auto days = localDay(at) - localDay(now);
  if (days == 0) return time;
  if (days == 1) return "tomorrow at " + time;
  if (days == -1) return "yesterday at " + time;
  return fmt::format("{} {} {} at {}", kWeekdays.at(static_cast<std::size_t>(t.tm_wday)), t.tm_mday,
                     kMonths.at(static_cast<std::size_t>(t.tm_mon)), time);
}

std::string_view stateWord(v1::TaskState state) {
  const auto* found = std::ranges::find(kStates, state, &std::pair<v1::TaskState, const char*>::first);
  return found == kStates.end() ? "unknown" : found->second;
}

std::optional<v1::TaskState> stateFrom(std::string_view word) {
  for (const auto& [state, name] : kStates) {
    if (word == name) return state;
  }
  return std::nullopt;
}

bool hasEnded(v1::TaskState state) {
  return state == v1::TASK_STATE_DONE || state == v1::TASK_STATE_FAILED || state == v1::TASK_STATE_CANCELLED;
}

std::string_view failureWord(v1::Failure::Kind kind) {
  switch (kind) {
    case v1::Failure::KIND_BAD_TASK:
      return "the task is wrong";
    case v1::Failure::KIND_TOO_BIG:
      return "too big for this device";
    case v1::Failure::KIND_DEVICE_LOST:
      return "the GPU was lost";
    case v1::Failure::KIND_OUT_OF_MEMORY:
      return "out of GPU memory";
    case v1::Failure::KIND_TIMED_OUT:
      return "a kernel did not end";
    case v1::Failure::KIND_WORKER_DIED:
      return "the worker died";
    case v1::Failure::KIND_STORAGE:
      return "storage";
    case v1::Failure::KIND_NO_GIVE_BACK:
      return "did not give the GPU back";
    case v1::Failure::KIND_GPU_TIME_LIMIT:
      return "GPU time limit reached";
    case v1::Failure::KIND_DRIVER:
      return "the GPU driver failed";
    default:  // a newer service's kind
      return "failed";
  }
}

}  // namespace lull::cli
