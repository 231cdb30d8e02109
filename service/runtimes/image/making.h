// SPDX-License-Identifier: Apache-2.0
// One lull-runtime-make, and what it tells. On the loop's thread.
#pragma once

#include "base/result.h"
#include "process/telling_child.h"

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

struct MakingHooks {
  std::function<void(Step)> onStep;
  std::function<void(const Outcome&)> onEnd;  // once, and last; it may destroy the program
};
// Hooks are called on the loop, never from inside, and not after what is returned was destroyed.
[[nodiscard]] Result<std::unique_ptr<process::TellingChild>> startMaking(asio::io_context& loop, const Order& order,
                                                                         MakingHooks hooks);

}  // namespace lull::image
