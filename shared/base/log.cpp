// SPDX-License-Identifier: Apache-2.0
#include "base/log.h"

#include <spdlog/sinks/rotating_file_sink.h>
#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

#include <array>
#include <atomic>
#include <memory>
#include <mutex>
#include <utility>
#include <vector>

namespace lull::log {

namespace {

constexpr std::array kNames{std::pair{Level::Trace, "trace"}, std::pair{Level::Debug, "debug"},
                            std::pair{Level::Info, "info"}, std::pair{Level::Warning, "warning"},
                            std::pair{Level::Error, "error"}};
constexpr std::size_t kFileBytes = 1 << 20;
constexpr std::size_t kFilesKept = 3;

struct State {
  std::mutex mutex;
  std::atomic<Level> level{Level::Info};
  std::shared_ptr<spdlog::logger> logger;
  Listener listener;
};

State& state() {
  static auto* s = new State;  // never destroyed: threads may log while the process ends
  return *s;
}

spdlog::level::level_enum spdlogLevel(Level level) {
  switch (level) {
    case Level::Trace:
      return spdlog::level::trace;
    case Level::Debug:
      return spdlog::level::debug;
    case Level::Info:
      return spdlog::level::info;
    case Level::Warning:
      return spdlog::level::warn;
    case Level::Error:
      return spdlog::level::err;
  }
  return spdlog::level::info;
}

}  // namespace

void setUp(const Setup& setup) {
  std::vector<spdlog::sink_ptr> sinks;
  std::string trouble;
  if (setup.toStandardError) sinks.push_back(std::make_shared<spdlog::sinks::stderr_sink_mt>());
  if (!setup.file.empty()) {
    try {
      sinks.push_back(std::make_shared<spdlog::sinks::rotating_file_sink_mt>(setup.file, kFileBytes, kFilesKept));
    } catch (const spdlog::spdlog_ex& e) {
      trouble = e.what();
    }
  }
  auto logger = std::make_shared<spdlog::logger>(setup.program, sinks.begin(), sinks.end());
  logger->set_level(spdlog::level::trace);
  logger->set_pattern("%Y-%m-%dT%H:%M:%S.%e %n %l: %v");
  logger->flush_on(spdlog::level::info);
  {
    const std::lock_guard lock(state().mutex);
    state().logger = std::move(logger);
    state().level = setup.level;
  }
  if (!trouble.empty())
    warning("logging to {} only: {}", setup.toStandardError ? "standard error" : "nothing", trouble);
}

void setLevel(Level level) { state().level = level; }

void listen(Listener listener) {
  const std::lock_guard lock(state().mutex);
  state().listener = std::move(listener);
}

bool enabled(Level level) { return level >= state().level.load(std::memory_order_relaxed); }

void write(Level level, std::string_view text) {
  const std::lock_guard lock(state().mutex);
  if (state().logger) state().logger->log(spdlogLevel(level), text);
  if (state().listener) state().listener(level, text);
}

namespace detail {
void format(Level level, fmt::string_view pattern, fmt::format_args arguments) {
  write(level, fmt::vformat(pattern, arguments));
}
}  // namespace detail

Level levelFrom(std::string_view name) {
  for (const auto& [level, text] : kNames) {
    if (name == text) return level;
  }
  return Level::Info;
}

std::string_view nameOf(Level level) {
  for (const auto& [candidate, text] : kNames) {
    if (candidate == level) return text;
  }
  return "info";
}

}  // namespace lull::log
