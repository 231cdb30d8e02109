// SPDX-License-Identifier: Apache-2.0
// Runs compute shaders in this process on the first Vulkan device, without any layer of ours.
#pragma once

#include "governor/pacing/split.h"
#include "service/governor/semantics/gpu.h"

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

namespace lull::tests {

class Compute {
public:
  Compute();

  [[nodiscard]] bool ready() const { return m_gpu.has_value(); }
  [[nodiscard]] std::uint32_t mostPushed() const { return m_gpu->properties().limits.maxPushConstantsSize; }

  struct Job {
    std::span<const std::uint32_t> words;
    std::span<const governor::Box> boxes;   // a dispatch each, from its base
    std::span<const std::uint32_t> pushed;  // all push constants, from 0 on
    std::size_t numbers = 0;                // of the storage buffer at binding 0; zero before the run
  };
  // What the buffer holds then; empty: it could not be run.
  [[nodiscard]] std::vector<std::uint32_t> run(const Job& job);

private:
  std::optional<semantics::Instance> m_instance;
  std::optional<semantics::Gpu> m_gpu;
};

}  // namespace lull::tests
