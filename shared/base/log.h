// SPDX-License-Identifier: Apache-2.0
// Logging, set up once per program. spdlog stays inside log.cpp, so that its headers cost one file only.
// Thread-safe. Contents of tasks, input events and secrets are never logged.
#pragma once

#include <fmt/core.h>

#include <functional>
#include <string>
#include <string_view>

namespace lull::log {

enum class Level { Trace, Debug, Info, Warning, Error };

// What a program logs to. Called once from main before threads start; a second call replaces the set-up.
struct Setup {
  std::string program;  // "lulld"
  Level level = Level::Info;
  bool toStandardError = true;
  std::string file{};  // also there, rotated at 1 MiB, 3 kept; empty: no file
};
void setUp(const Setup& setup);
void setLevel(Level level);
// A listener for every line at or above the level (the IPC's log tail). Called on the logging thread, under a lock:
// must be quick and must not log.
using Listener = std::function<void(Level, std::string_view text)>;
void listen(Listener listener);

[[nodiscard]] bool enabled(Level level);
void write(Level level, std::string_view text);

namespace detail {
void format(Level level, fmt::string_view pattern, fmt::format_args arguments);
}

#define LULL_LOG_FUNCTION(name, level)                                                       \
  template <typename... A>                                                                   \
  void name(fmt::format_string<A...> pattern, A&&... arguments) {                            \
    if (enabled(level)) detail::format(level, pattern, fmt::make_format_args(arguments...)); \
  }
LULL_LOG_FUNCTION(trace, Level::Trace)
LULL_LOG_FUNCTION(debug, Level::Debug)
LULL_LOG_FUNCTION(info, Level::Info)
LULL_LOG_FUNCTION(warning, Level::Warning)
LULL_LOG_FUNCTION(error, Level::Error)
#undef LULL_LOG_FUNCTION

// "trace", "debug", "info", "warning", "error"; anything else is info.
[[nodiscard]] Level levelFrom(std::string_view name);
[[nodiscard]] std::string_view nameOf(Level level);

}  // namespace lull::log
