// SPDX-License-Identifier: Apache-2.0
#include "governor/recording/twin_recipe.h"

#include "governor/chain.h"
#include "governor/spirv/shader_facts.h"

#include <cstring>

namespace lull::governor {

namespace {

// What changes how it runs, and is kept; what is only about how it is made is not.
constexpr VkPipelineCreateFlags kKept =
    VK_PIPELINE_CREATE_DISABLE_OPTIMIZATION_BIT | VK_PIPELINE_CREATE_DESCRIPTOR_BUFFER_BIT_EXT;
constexpr VkPipelineCreateFlags kDropped =
    VK_PIPELINE_CREATE_DISPATCH_BASE_BIT | VK_PIPELINE_CREATE_ALLOW_DERIVATIVES_BIT |
    VK_PIPELINE_CREATE_DERIVATIVE_BIT | VK_PIPELINE_CREATE_CAPTURE_STATISTICS_BIT_KHR |
    VK_PIPELINE_CREATE_CAPTURE_INTERNAL_REPRESENTATIONS_BIT_KHR |
    VK_PIPELINE_CREATE_FAIL_ON_PIPELINE_COMPILE_REQUIRED_BIT | VK_PIPELINE_CREATE_EARLY_RETURN_ON_FAILURE_BIT;

// False: it is something else.
template <typename T>
bool copyTo(std::optional<T>& copy, const VkBaseInStructure& structure) {
  const auto* found = as<T>(structure);
  if (found == nullptr) return false;
  copy = *found;
  copy->pNext = nullptr;
  return true;
}

bool copyPipelineChain(TwinRecipe& recipe, const void* first) {
  for (const auto& structure : Structures(first)) {
    const bool known =
        copyTo(recipe.robustness, structure) || as<VkPipelineCreationFeedbackCreateInfo>(structure) != nullptr;
    if (!known) return false;
  }
  return true;
}

bool copyStageChain(TwinRecipe& recipe, const void* first) {
  for (const auto& structure : Structures(first)) {
    const bool known = copyTo(recipe.stageRobustness, structure) || copyTo(recipe.subgroupSize, structure) ||
                       as<VkShaderModuleCreateInfo>(structure) != nullptr;
    if (!known) return false;
  }
  return true;
}

void copySpecialisation(TwinRecipe& recipe, const VkSpecializationInfo* info) {
  if (info == nullptr) return;
  recipe.specialised = true;
  if (info->mapEntryCount > 0) recipe.entries.assign(info->pMapEntries, info->pMapEntries + info->mapEntryCount);
  recipe.values.resize(info->dataSize);
  if (info->dataSize > 0) std::memcpy(recipe.values.data(), info->pData, info->dataSize);
}

}  // namespace

std::span<const std::uint32_t> wordsOf(const VkShaderModuleCreateInfo& info) {
  return {info.pCode, info.codeSize / sizeof(std::uint32_t)};
}

bool wantsTwin(std::span<const std::uint32_t> words, const char* entryPoint) {
  const ShaderFacts facts = shaderFacts(words, entryPoint);
  return !facts.mayWait && facts.divisible != Axes{true, true, true};
}

std::unique_ptr<TwinRecipe> TwinRecipe::of(const VkComputePipelineCreateInfo& info) {
  if ((info.flags & ~(kKept | kDropped)) != 0) return nullptr;
  auto recipe = std::make_unique<TwinRecipe>();
  if (!copyPipelineChain(*recipe, info.pNext) || !copyStageChain(*recipe, info.stage.pNext)) return nullptr;
  recipe->entryPoint = info.stage.pName;
  recipe->flags = (info.flags & kKept) | VK_PIPELINE_CREATE_DISPATCH_BASE_BIT;
  recipe->stageFlags = info.stage.flags;
  copySpecialisation(*recipe, info.stage.pSpecializationInfo);
  return recipe;
}

}  // namespace lull::governor
