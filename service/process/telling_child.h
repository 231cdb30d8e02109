// SPDX-License-Identifier: Apache-2.0
// A program that tells what it does on its standard output, a line at a time. One thread: the loop's.
#pragma once

#include "process/child.h"

#include <functional>
#include <memory>
#include <string_view>

namespace lull::process {

class TellingChild {
public:
  struct Hooks {
    std::function<void(std::string_view line)> onLine;  // without its end; lines of more than 4 KiB are left out
    std::function<void(const Exit&)> onEnd;             // once, after the last line
  };
  // Standard output is added to `launch`. Hooks are called on the loop, never from inside start(); each may destroy the
  // TellingChild.
  [[nodiscard]] static Result<std::unique_ptr<TellingChild>> start(asio::io_context& loop, Launch launch, Hooks hooks);
  ~TellingChild();  // kills it and all that it started; no hook is called any more
  TellingChild(const TellingChild&) = delete;
  TellingChild& operator=(const TellingChild&) = delete;

private:
  struct State;
  explicit TellingChild(std::shared_ptr<State> state) : m_state(std::move(state)) {}
  std::shared_ptr<State> m_state;
};

}  // namespace lull::process
