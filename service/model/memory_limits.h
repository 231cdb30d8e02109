// SPDX-License-Identifier: Apache-2.0
// How much memory of a device tasks may take. Of all sums 0 means: none is known, or none is set. Pure.
#pragma once

#include "lull/v1/settings.pb.h"
#include "lull/v1/status.pb.h"
#include "model/processor.h"

#include <algorithm>
#include <cstdint>

namespace lull::model {

// The smaller of two limits.
[[nodiscard]] inline std::uint64_t stricter(std::uint64_t a, std::uint64_t b) {
  return a == 0 || b == 0 ? std::max(a, b) : std::min(a, b);
}

// What the settings lend of a device.
[[nodiscard]] inline std::uint64_t lentBy(const v1::Settings& settings, const v1::Gpu& device) {
  if (!isProcessor(device)) return std::uint64_t{settings.gpu().max_memory()} << 20U;
  const auto told = std::uint64_t{settings.tasks().max_memory()} << 20U;
  return told > 0 ? told : device.memory_bytes() / 2;
}

struct MemoryLimits {
  std::uint64_t enforced = 0;
  std::uint64_t planned = 0;  // what is reckoned with, for owners and by workers: never more than is enforced
};

// Only a discrete GPU is held to the memory it has: others may use more than is theirs alone.
[[nodiscard]] inline MemoryLimits memoryLimits(const v1::Gpu& device, std::uint64_t granted) {
  const auto planned = stricter(device.memory_bytes(), granted);
  return {.enforced = device.type() == "discrete" ? planned : granted, .planned = planned};
}

}  // namespace lull::model
