// SPDX-License-Identifier: Apache-2.0
#include "runtimes/llama/ended.h"

#include "governor/page.h"

#include <algorithm>
#include <array>

namespace lull::runtimes::llama {

std::string Ended::text() const {
  return signal != 0 ? "was ended by signal " + std::to_string(signal) : "ended with code " + std::to_string(code);
}

namespace {

// Of Vulkan, of ggml and of C++.
constexpr std::array<std::string_view, 6> kOutOfMemory{"OutOfDeviceMemory",   "OutOfHostMemory",
                                                       "unable to allocate",  "failed to allocate",
                                                       "insufficient memory", "bad_alloc"};

}  // namespace

std::optional<worker::Failure> lossOf(const Ended& ended, std::string_view log) {
  const auto said = [log](std::string_view text) { return log.find(text) != std::string_view::npos; };
  const bool ill = ended.code != 0 || ended.signal != 0;
  if (ill && (said("DeviceLost") || said("VK_ERROR_DEVICE_LOST"))) {
    return worker::failure(worker::Failure::KIND_DEVICE_LOST, "The GPU was lost while llama.cpp computed on it.",
                           "llama.cpp " + ended.text());
  }
  if (ill && std::ranges::any_of(kOutOfMemory, said)) {
    return worker::failure(worker::Failure::KIND_OUT_OF_MEMORY,
                           "There is not enough free memory for llama.cpp and this model right now.",
                           "llama.cpp " + ended.text());
  }
  if (ended.code == governor::kExitWithoutService) {
    return worker::failure(worker::Failure::KIND_WORKER_DIED, "llama.cpp ended, as it heard nothing of Lull's service.",
                           "llama.cpp " + ended.text());
  }
  return std::nullopt;
}

}  // namespace lull::runtimes::llama
