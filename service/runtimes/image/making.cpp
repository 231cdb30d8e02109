// SPDX-License-Identifier: Apache-2.0
#include "runtimes/image/making.h"

#include "base/utf8.h"
#include "process/child.h"

#include <unistd.h>
#include <asio/buffer.hpp>
#include <asio/posix/stream_descriptor.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdlib>

namespace lull::image {

namespace {

constexpr int kNice = 19;
constexpr std::size_t kLongestLine = 4096;
constexpr std::size_t kMostAfterTheEnd = 64 * 1024;  // what a pipe holds

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

struct Making::State : std::enable_shared_from_this<State> {
  State(asio::io_context& loop, Hooks given) : pipe(loop), hooks(std::move(given)) {}

  asio::posix::stream_descriptor pipe;
  Hooks hooks;  // empty: nobody listens any more
  std::optional<process::Child> child;
  std::optional<Error> failure;
  std::array<char, 4096> chunk{};
  std::string text;

  void readOn() {
    pipe.async_read_some(asio::buffer(chunk), [self = shared_from_this()](const std::error_code& error, std::size_t n) {
      if (error) return;
      self->take(n);
      self->readOn();
    });
  }
  void take(std::size_t count) {
    text.append(chunk.data(), count);
    for (auto end = text.find('\n'); end != std::string::npos; end = text.find('\n')) {
      const auto line = text.substr(0, end);
      text.erase(0, end + 1);
      if (auto told = failureFrom(line)) failure = std::move(told);
      if (auto step = stepFrom(line); step && hooks.onStep) hooks.onStep(*std::move(step));
    }
    if (text.size() > kLongestLine) text.clear();
  }
  // What it said last may still lie in the pipe.
  void ended(const process::Exit& exit) {
    std::error_code error;
    pipe.cancel(error);
    pipe.non_blocking(true, error);
    for (std::size_t all = 0; !error && all <= kMostAfterTheEnd;) {
      const auto count = pipe.read_some(asio::buffer(chunk), error);
      take(count);
      all += count;
    }
    const auto listener = std::move(hooks.onEnd);
    hooks = {};
    if (!listener) return;
    if (exit.clean()) return listener({});
    listener(failure.value_or(Error(Error::Kind::Io, "the program that makes images " + describe(exit))));
  }
};

Result<std::unique_ptr<Making>> Making::start(asio::io_context& loop, const Order& order, Hooks hooks) {
  auto out = process::makePipe();
  if (!out) return out.error();
  auto state = std::make_shared<State>(loop, std::move(hooks));
  process::Launch launch{
      .program = order.program,
      .arguments = {"--log", order.log.native()},
      .environment = process::fromEnvironment({"http_proxy", "https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY",
                                               "no_proxy", "NO_PROXY", "SSL_CERT_FILE", "SSL_CERT_DIR"}),
      .descriptors = {{.ours = out->write.get(), .theirs = STDOUT_FILENO}},
      .nice = kNice};
  launch.environment.emplace_back("PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin");
  if (!order.mirror.empty()) launch.arguments.insert(launch.arguments.end(), {"--mirror", order.mirror});
  if (order.allowExpired) launch.arguments.emplace_back("--allow-expired");
  launch.arguments.push_back(order.folder.native());
  launch.arguments.push_back(order.cache.native());
  auto child = process::Child::start(loop, launch, [weak = std::weak_ptr(state)](const process::Exit& exit) {
    if (const auto self = weak.lock()) self->ended(exit);
  });
  if (!child) return child.error();
  state->child = std::move(*child);
  std::error_code error;
  state->pipe.assign(out->read.release(), error);
  if (error) return Error(Error::Kind::Io, "watching a pipe: " + error.message());
  state->readOn();
  return std::unique_ptr<Making>(new Making(std::move(state)));
}

Making::~Making() {
  m_state->hooks = {};
  m_state->child.reset();
  std::error_code error;
  m_state->pipe.close(error);
}

}  // namespace lull::image
