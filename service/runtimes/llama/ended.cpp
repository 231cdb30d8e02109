// SPDX-License-Identifier: Apache-2.0
#include "runtimes/llama/ended.h"

#include "governor/page.h"

#include <algorithm>
#include <array>
#include <csignal>
#include <span>

namespace lull::runtimes::llama {

std::string Ended::text() const {
  switch (killed) {
    case Killed::Lingered:
      return "did not end and was killed";
    case Killed::StoodStill:
      return "did nothing any more and was killed";
    case Killed::GpuSilent:
      return "waited for a GPU that did not answer and was killed";
    case Killed::No:
      break;
  }
  return signal != 0 ? "was ended by signal " + std::to_string(signal) : "ended with code " + std::to_string(code);
}

namespace {

// Of Vulkan, of ggml and of C++.
constexpr std::array<std::string_view, 6> kOutOfMemory{"OutOfDeviceMemory",   "OutOfHostMemory",
                                                       "unable to allocate",  "failed to allocate",
                                                       "insufficient memory", "bad_alloc"};

constexpr std::array<std::string_view, 2> kDeviceLost{"DeviceLost", "VK_ERROR_DEVICE_LOST"};

// What ggml warns of and does without, in the words of what it would die of.
constexpr std::string_view kHarmless = "pinned memory";

bool says(std::string_view log, std::span<const std::string_view> texts) {
  while (!log.empty()) {
    const auto line = log.substr(0, log.find('\n'));
    log.remove_prefix(std::min(line.size() + 1, log.size()));
    const auto said = [line](std::string_view text) { return line.find(text) != std::string_view::npos; };
    if (!said(kHarmless) && std::ranges::any_of(texts, said)) return true;
  }
  return false;
}

}  // namespace

std::optional<worker::Failure> lossOf(const Ended& ended, std::string_view log) {
  if (ended.code == governor::kExitWithoutService) {
    return worker::failure(worker::Failure::KIND_WORKER_DIED, "llama.cpp ended, as it heard nothing of Lull's service.",
                           "llama.cpp " + ended.text());
  }
  if (ended.code == 0 && ended.signal == 0) return std::nullopt;
  if (ended.killed == Killed::GpuSilent || says(log, kDeviceLost)) {
    return worker::failure(worker::Failure::KIND_DEVICE_LOST, "The GPU was lost while llama.cpp computed on it.",
                           "llama.cpp " + ended.text());
  }
  // Whoever wants the whole worker to end kills this process too: what ends a program alone is the kernel, for memory.
  const bool byKernel = ended.signal == SIGKILL && ended.killed == Killed::No;
  if (byKernel || says(log, kOutOfMemory)) {
    return worker::failure(worker::Failure::KIND_OUT_OF_MEMORY,
                           "There is not enough free memory for llama.cpp and this model right now.",
                           "llama.cpp " + ended.text());
  }
  return std::nullopt;
}

}  // namespace lull::runtimes::llama
