// SPDX-License-Identifier: Apache-2.0
// One lull-runtime-make, and what it tells. On the loop's thread.
#pragma once

#include "base/result.h"

#include <asio/io_context.hpp>

#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace lull::image {

struct Step {
  double progress = 0;  // 0..1
  std::string text;
};
// None: not such a line of the maker.
[[nodiscard]] std::optional<Step> stepFrom(std::string_view line);
[[nodiscard]] std::optional<Error> failureFrom(std::string_view line);

struct Order {
  std::filesystem::path program;
  std::filesystem::path folder;  // to be filled
  std::filesystem::path cache;   // of packages
  std::filesystem::path log;     // what the tools said
  std::string mirror = {};       // empty: this computer's
  bool allowExpired = false;
};

class Making {
public:
  struct Hooks {
    std::function<void(Step)> onStep;
    std::function<void(const Outcome&)> onEnd;  // once, and last; it may destroy the Making
  };
  // Hooks are called on the loop, never from inside start().
  [[nodiscard]] static Result<std::unique_ptr<Making>> start(asio::io_context& loop, const Order& order, Hooks hooks);
  ~Making();  // kills it and all that it started; no hook is called any more
  Making(const Making&) = delete;
  Making& operator=(const Making&) = delete;

private:
  struct State;
  explicit Making(std::shared_ptr<State> state) : m_state(std::move(state)) {}
  std::shared_ptr<State> m_state;
};

}  // namespace lull::image
