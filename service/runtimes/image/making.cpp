// SPDX-License-Identifier: Apache-2.0
#include "runtimes/image/making.h"

#include "base/utf8.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdlib>

namespace lull::image {

namespace {

constexpr int kNice = 19;

constexpr std::array kFailures{
    std::pair{std::string_view("invalid"), Error::Kind::Invalid},
    std::pair{std::string_view("not_found"), Error::Kind::NotFound},
    std::pair{std::string_view("unavailable"), Error::Kind::Unavailable},
    std::pair{std::string_view("too_big"), Error::Kind::TooBig},
    std::pair{std::string_view("io"), Error::Kind::Io},
};

// "word rest"
std::pair<std::string_view, std::string_view> split(std::string_view text) {
  const auto word = text.substr(0, text.find(' '));
  return {word, text.substr(std::min(word.size() + 1, text.size()))};
}

}  // namespace

std::optional<Step> stepFrom(std::string_view line) {
  const auto [word, rest] = split(line);
  if (word != "step") return {};
  const auto [number, text] = split(rest);
  const std::string digits(number);
  char* end = nullptr;
  const double value = std::strtod(digits.c_str(), &end);
  if (digits.empty() || *end != '\0' || !std::isfinite(value)) return {};
  return Step{.progress = std::clamp(value, 0.0, 1.0), .text = validUtf8(text)};
}

std::optional<Error> failureFrom(std::string_view line) {
  const auto [word, rest] = split(line);
  if (word != "failed") return {};
  const auto [name, text] = split(rest);
  const auto* kind = std::ranges::find(kFailures, name, [](const auto& row) { return row.first; });
  if (kind == kFailures.end()) return {};
  return Error(kind->second, validUtf8(text));
}

Result<std::unique_ptr<process::TellingChild>> startMaking(asio::io_context& loop, const Order& order,
                                                           MakingHooks hooks) {
  process::Launch launch{
      .program = order.program,
      .arguments = {"--log", order.log.native()},
      .environment = process::fromEnvironment({"http_proxy", "https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY",
                                               "no_proxy", "NO_PROXY", "SSL_CERT_FILE", "SSL_CERT_DIR"}),
      .nice = kNice};
  launch.environment.emplace_back("PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin");
  if (!order.mirror.empty()) launch.arguments.insert(launch.arguments.end(), {"--mirror", order.mirror});
  if (order.allowExpired) launch.arguments.emplace_back("--allow-expired");
  launch.arguments.push_back(order.folder.native());
  launch.arguments.push_back(order.cache.native());
  const auto failure = std::make_shared<std::optional<Error>>();
  return process::TellingChild::start(
      loop, std::move(launch),
      {.onLine =
           [failure, onStep = std::move(hooks.onStep)](std::string_view line) {
             if (auto told = failureFrom(line)) *failure = std::move(told);
             if (auto step = stepFrom(line); step && onStep) onStep(*std::move(step));
           },
       .onEnd =
           [failure, onEnd = std::move(hooks.onEnd)](const process::Exit& exit) {
             if (exit.clean()) return onEnd({});
             onEnd(failure->value_or(Error(Error::Kind::Io, "the program that makes images " + describe(exit))));
           }});
}

}  // namespace lull::image
