// SPDX-License-Identifier: Apache-2.0
// The checks of `lull doctor` that judge a service's answers, each by itself.
#pragma once

#include "lull/v1/envelope.pb.h"
#include "lull/v1/status.pb.h"

#include <string>

namespace lull::cli {

struct Check {
  enum class State { Ok, Note, Problem };  // Note: worth knowing, work goes on
  std::string name;
  State state = State::Ok;
  std::string text;
  std::string mend;  // what to do; empty: nothing
};

inline constexpr const char* kInstallDriver =
    "Install or update the Vulkan driver of your GPU: mesa-vulkan-drivers (AMD, Intel), or NVIDIA's own.";

[[nodiscard]] Check checkRight(v1::Right right);
[[nodiscard]] Check checkGpus(const v1::Status& status);
[[nodiscard]] Check checkPresence(const v1::Presence& presence);
[[nodiscard]] Check checkTemperatures(const v1::Status& status);
// What the governors of the service's workers told so far.
[[nodiscard]] Check checkGoverned(const v1::Status& status);
// What computes tasks with language models.
[[nodiscard]] Check checkRuntimes(const v1::RuntimeStore& store);

}  // namespace lull::cli
