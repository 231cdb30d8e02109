// SPDX-License-Identifier: Apache-2.0
#include "process/telling_child.h"

#include "process/read_available.h"

#include <unistd.h>

#include <asio/posix/stream_descriptor.hpp>

#include <optional>
#include <string>
#include <utility>

namespace lull::process {

namespace {

constexpr std::size_t kLongestLine = 4096;
constexpr std::size_t kPiece = 4096;
constexpr std::size_t kMostAfterTheEnd = 1 << 20;  // more than a pipe holds

}  // namespace

struct TellingChild::State : std::enable_shared_from_this<State> {
  State(asio::io_context& loop, Hooks given) : pipe(loop), hooks(std::move(given)) {}

  asio::posix::stream_descriptor pipe;
  Hooks hooks;  // empty: nobody listens any more
  std::optional<Child> child;
  std::string text;
  bool tooLong = false;  // what comes belongs to a line that is left out

  void readOn() {
    pipe.async_wait(pipe.wait_read, [self = shared_from_this()](std::error_code error) {
      if (!error) error = self->readSome(kPiece);
      if (!error || error == asio::error::would_block) self->readOn();
    });
  }
  std::error_code readSome(std::size_t most) {
    return readAvailable(pipe, most, [this](std::string_view piece) { take(piece); });
  }
  void take(std::string_view piece) {
    text += piece;
    for (auto end = text.find('\n'); end != std::string::npos; end = text.find('\n')) {
      const auto line = text.substr(0, end);
      text.erase(0, end + 1);
      if (std::exchange(tooLong, false) || line.size() > kLongestLine) continue;
      const auto listener = hooks.onLine;  // it may let go of this object
      if (listener) listener(line);
    }
    if (text.size() <= kLongestLine) return;
    tooLong = true;
    text.clear();
  }
  // What it said last may still lie in the pipe.
  void ended(const Exit& exit) {
    const auto self = shared_from_this();
    readSome(kMostAfterTheEnd);
    const auto listener = std::move(hooks.onEnd);
    hooks = {};
    if (listener) listener(exit);
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
  state->pipe.assign(out->read.get(), error);
  if (error) return Error(Error::Kind::Io, "watching a pipe: " + error.message());
  static_cast<void>(out->read.release());
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
