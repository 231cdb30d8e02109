// SPDX-License-Identifier: Apache-2.0
// All that it takes to make a compute pipeline again later, when what the program made it from may be gone.
#pragma once

#include "governor/dispatch.h"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace lull::governor {

using ShaderWords = std::vector<std::uint32_t>;

// A layout that is identical to one of the program's, and lives for as long as somebody here needs it.
class OwnLayout {
public:
  OwnLayout(VkDevice device, PFN_vkDestroyPipelineLayout destroy, VkPipelineLayout layout)
      : m_device(device), m_destroy(destroy), m_layout(layout) {}
  ~OwnLayout() { m_destroy(m_device, m_layout, nullptr); }
  OwnLayout(const OwnLayout&) = delete;
  OwnLayout& operator=(const OwnLayout&) = delete;
  [[nodiscard]] VkPipelineLayout handle() const { return m_layout; }

private:
  VkDevice m_device;
  PFN_vkDestroyPipelineLayout m_destroy;
  VkPipelineLayout m_layout;
};

[[nodiscard]] std::span<const std::uint32_t> wordsOf(const VkShaderModuleCreateInfo& info);

// Whether a twin of a shader is of use and can be: some of its dispatches can be split only with one.
[[nodiscard]] bool wantsTwin(std::span<const std::uint32_t> words, const char* entryPoint);

struct TwinRecipe {
  std::shared_ptr<const ShaderWords> words;
  std::shared_ptr<const OwnLayout> layout;
  std::string entryPoint;
  VkPipelineCreateFlags flags = 0;
  VkPipelineShaderStageCreateFlags stageFlags = 0;
  bool specialised = false;
  std::vector<VkSpecializationMapEntry> entries;
  std::vector<std::byte> values;
  std::optional<VkPipelineShaderStageRequiredSubgroupSizeCreateInfo> subgroupSize;
  std::optional<VkPipelineRobustnessCreateInfoEXT> robustness;       // of the pipeline
  std::optional<VkPipelineRobustnessCreateInfoEXT> stageRobustness;  // of the stage

  // nullptr: something in it is not known here. Words and layout are for the caller to add. May throw bad_alloc.
  [[nodiscard]] static std::unique_ptr<TwinRecipe> of(const VkComputePipelineCreateInfo& info);
};

}  // namespace lull::governor
