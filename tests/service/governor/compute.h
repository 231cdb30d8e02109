// SPDX-License-Identifier: Apache-2.0
// Runs compute shaders in this process on the first Vulkan device, without any layer of ours.
#pragma once

#include "governor/pacing/split.h"

#include <vulkan/vulkan_core.h>

#include <cstdint>
#include <span>
#include <vector>

namespace lull::tests {

class Compute {
public:
  Compute();
  ~Compute();
  Compute(const Compute&) = delete;
  Compute& operator=(const Compute&) = delete;

  [[nodiscard]] bool ready() const { return m_device != VK_NULL_HANDLE; }
  [[nodiscard]] std::uint32_t mostPushed() const { return m_mostPushed; }

  struct Job {
    std::span<const std::uint32_t> words;
    std::span<const governor::Box> boxes;   // a dispatch each, from its base
    std::span<const std::uint32_t> pushed;  // all push constants, from 0 on
    std::size_t numbers = 0;                // of the storage buffer at binding 0; zero before the run
  };
  // What the buffer holds then; empty: it could not be run.
  [[nodiscard]] std::vector<std::uint32_t> run(const Job& job);

private:
  struct Objects;
  [[nodiscard]] bool prepare(Objects& made, const Job& job);
  [[nodiscard]] bool makeBuffer(Objects& made, const Job& job);
  [[nodiscard]] bool makePipeline(Objects& made, const Job& job);
  [[nodiscard]] bool submit(Objects& made, const Job& job);

  VkInstance m_instance = VK_NULL_HANDLE;
  VkPhysicalDevice m_physical = VK_NULL_HANDLE;
  VkDevice m_device = VK_NULL_HANDLE;
  VkQueue m_queue = VK_NULL_HANDLE;
  std::uint32_t m_family = 0;
  std::uint32_t m_mostPushed = 0;
};

}  // namespace lull::tests
