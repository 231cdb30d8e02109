// SPDX-License-Identifier: Apache-2.0
// How a program ended, and whether that was its own doing. Pure.
#pragma once

#include "runtimes/worker/failure.h"

#include <optional>
#include <string>
#include <string_view>

namespace lull::runtimes::llama {

// Why this worker killed it, if it did.
enum class Killed { No, Lingered, StoodStill, GpuSilent };

// 0 and 0: by itself and well.
struct Ended {
  int code = 0;
  int signal = 0;
  Killed killed = Killed::No;
  [[nodiscard]] std::string text() const;  // "ended with code 1", "was ended by signal 11"
};

// The failure, if the GPU, memory or the service was lost to it: neither the task nor the model is known to be to
// blame. `log`: what it wrote.
[[nodiscard]] std::optional<worker::Failure> lossOf(const Ended& ended, std::string_view log);

}  // namespace lull::runtimes::llama
