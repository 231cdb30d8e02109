// SPDX-License-Identifier: Apache-2.0
// The compiled kernel with its bindings, and the recording of pieces.
#pragma once

#include "runtimes/spirv/buffers.h"
#include "runtimes/spirv/module_check.h"
#include "runtimes/spirv/pieces.h"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace lull::spirv {

class Kernel {
public:
  struct Plan {
    const Module* module = nullptr;
    const Specialisation* specialisation = nullptr;
    Shape shape;
    std::vector<std::vector<std::uint32_t>> orders;
    std::vector<std::uint32_t> bindings;  // of the task's buffers
    std::string pushConstants;
    std::optional<std::uint32_t> iterationOffset;
  };
  [[nodiscard]] static Attempt<Kernel> create(const Gpu& gpu, const Buffers& buffers, Plan plan);

  // Whole, to be submitted once: everything in it is visible to whatever comes after it.
  [[nodiscard]] Step record(VkCommandBuffer commands, const Piece& piece);

private:
  explicit Kernel(Plan plan) : m_plan(std::move(plan)) {}
  [[nodiscard]] Step makeLayout(const Gpu& gpu);
  [[nodiscard]] Step makePipeline(const Gpu& gpu);
  [[nodiscard]] Step makeSets(const Gpu& gpu, const Buffers& buffers);
  void recordPart(VkCommandBuffer commands, const Part& part);

  Plan m_plan;
  VkDescriptorSetLayout m_setLayout = VK_NULL_HANDLE;
  VkPipelineLayout m_layout = VK_NULL_HANDLE;
  VkPipeline m_pipeline = VK_NULL_HANDLE;
  std::vector<VkDescriptorSet> m_sets;  // one per order
};

}  // namespace lull::spirv
