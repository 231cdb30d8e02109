// SPDX-License-Identifier: Apache-2.0
#include "process/telling_child.h"

#include <unistd.h>
#include <asio/buffer.hpp>
#include <asio/posix/stream_descriptor.hpp>

#include <array>
#include <optional>
#include <string>

namespace lull::process {

namespace {

constexpr std::size_t kLongestLine = 4096;
constexpr std::size_t kMostAfterTheEnd = 64 * 1024;  // what a pipe holds

}  // namespace

struct TellingChild::State : std::enable_shared_from_this<State> {
  State(asio::io_context& loop, Hooks given) : pipe(loop), hooks(std::move(given)) {}

  asio::posix::stream_descriptor pipe;
  Hooks hooks;  // empty: nobody listens any more
  std::optional<Child> child;
  std::array<char, 4096> chunk{};
  std::string text;
  bool reading = false;
  std::optional<Exit> exit;

  void readOn() {
    reading = true;
    pipe.async_read_some(asio::buffer(chunk), [self = shared_from_this()](const std::error_code& error, std::size_t n) {
      self->reading = false;
      if (!error) self->take(n);
      if (self->exit) return self->finish();
      if (!error) self->readOn();
    });
  }
  void take(std::size_t count) {
    text.append(chunk.data(), count);
    for (auto end = text.find('\n'); end != std::string::npos; end = text.find('\n')) {
      const auto line = text.substr(0, end);
      text.erase(0, end + 1);
      const auto listener = hooks.onLine;  // it may let go of this object
      if (listener) listener(line);
    }
    if (text.size() > kLongestLine) text.clear();
  }
  // A read may have its bytes already, and be told of them only after this: they come first.
  void ended(const Exit& how) {
    exit = how;
    if (!reading) return finish();
    std::error_code error;
    pipe.cancel(error);
  }
  // What it said last may still lie in the pipe.
  void finish() {
    std::error_code error;
    pipe.non_blocking(true, error);
    for (std::size_t all = 0; !error && all <= kMostAfterTheEnd;) {
      const auto count = pipe.read_some(asio::buffer(chunk), error);
      take(count);
      all += count;
    }
    const auto listener = std::move(hooks.onEnd);
    hooks = {};
    if (listener) listener(*exit);
  }
};

Result<std::unique_ptr<TellingChild>> TellingChild::start(asio::io_context& loop, Launch launch, Hooks hooks) {
  auto out = makePipe();
  if (!out) return out.error();
  auto state = std::make_shared<State>(loop, std::move(hooks));
  launch.descriptors.push_back({.ours = out->write.get(), .theirs = STDOUT_FILENO});
  auto child = Child::start(loop, launch, [weak = std::weak_ptr(state)](const Exit& exit) {
    if (const auto self = weak.lock()) self->ended(exit);
  });
  if (!child) return child.error();
  state->child = std::move(*child);
  std::error_code error;
  state->pipe.assign(out->read.release(), error);
  if (error) return Error(Error::Kind::Io, "watching a pipe: " + error.message());
  state->readOn();
  return std::unique_ptr<TellingChild>(new TellingChild(std::move(state)));
}

TellingChild::~TellingChild() {
  m_state->hooks = {};
  m_state->child.reset();
  std::error_code error;
  m_state->pipe.close(error);
}

}  // namespace lull::process
