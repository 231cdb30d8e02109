// SPDX-License-Identifier: Apache-2.0
#include "governor/recording/twins.h"

#include "governor/chain.h"
#include "governor/recording/entry_points.h"
#include "governor/spirv/count_patch.h"

#include <algorithm>
#include <utility>

namespace lull::governor {

namespace {

using Ranges = std::span<const VkPushConstantRange>;

// The one range that such a layout gets; nullopt: it has no room for the counts.
std::optional<VkPushConstantRange> extended(Ranges ranges, std::uint32_t countsAt) {
  if (ranges.empty()) return VkPushConstantRange{VK_SHADER_STAGE_COMPUTE_BIT, countsAt, kCountBytes};
  const VkPushConstantRange& first = ranges.front();
  const bool fits = ranges.size() == 1 && first.stageFlags == VK_SHADER_STAGE_COMPUTE_BIT &&
                    std::uint64_t{first.offset} + first.size <= countsAt;
  if (!fits) return std::nullopt;
  return VkPushConstantRange{VK_SHADER_STAGE_COMPUTE_BIT, first.offset, countsAt + kCountBytes - first.offset};
}

// Puts a structure in front of a chain that began with `next`.
template <typename T>
void chain(std::optional<T>& structure, const void*& next) {
  if (!structure) return;
  structure->pNext = const_cast<void*>(next);
  next = &*structure;
}

}  // namespace

Twins::Twins(const Origin& origin) : m_origin(origin) {}

Twins::~Twins() {
  for (const auto& [pipeline, entry] : m_entries) {
    if (entry.made != VK_NULL_HANDLE) m_origin.table->DestroyPipeline(m_origin.device, entry.made, nullptr);
  }
}

VkResult Twins::create(const VkPipelineLayoutCreateInfo& info, const VkAllocationCallbacks* allocator,
                       VkPipelineLayout* layout) noexcept {
  const DeviceTable& vk = *m_origin.table;
  std::optional<VkPushConstantRange> range;
  if (m_origin.countsAt != kNowhere) {
    range = extended({info.pPushConstantRanges, info.pushConstantRangeCount}, m_origin.countsAt);
  }
  if (!range) return vk.CreatePipelineLayout(m_origin.device, &info, allocator, layout);
  VkPipelineLayoutCreateInfo roomy = info;
  roomy.pushConstantRangeCount = 1;
  roomy.pPushConstantRanges = &*range;
  const VkResult result = vk.CreatePipelineLayout(m_origin.device, &roomy, allocator, layout);
  VkPipelineLayout own = VK_NULL_HANDLE;
  if (result != VK_SUCCESS || vk.CreatePipelineLayout(m_origin.device, &roomy, nullptr, &own) != VK_SUCCESS) {
    return result;
  }
  try {
    auto kept = std::make_shared<const OwnLayout>(m_origin.device, vk.DestroyPipelineLayout, own);
    own = VK_NULL_HANDLE;
    const std::lock_guard lock(m_mutex);
    m_layouts[*layout] = std::move(kept);
  } catch (...) {
    if (own != VK_NULL_HANDLE) vk.DestroyPipelineLayout(m_origin.device, own, nullptr);
  }
  return result;
}

void Twins::add(VkShaderModule module, std::span<const std::uint32_t> words) noexcept {
  if (m_origin.countsAt == kNowhere) return;
  try {
    const std::vector<std::string_view> entries = computeEntryPoints(words);
    const bool wanted = std::any_of(entries.begin(), entries.end(), [words](std::string_view name) {
      return wantsTwin(words, std::string(name).c_str());
    });
    if (!wanted) return;
    auto kept = std::make_shared<const ShaderWords>(words.begin(), words.end());
    const std::lock_guard lock(m_mutex);
    m_modules[module] = std::move(kept);
  } catch (...) {
    remove(module);
  }
}

bool Twins::add(VkPipeline pipeline, const VkComputePipelineCreateInfo& info) noexcept {
  if (m_origin.countsAt == kNowhere) return false;
  try {
    const auto* given = inChain<VkShaderModuleCreateInfo>(info.stage.pNext);
    std::shared_ptr<const ShaderWords> code;
    std::shared_ptr<const OwnLayout> layout;
    {
      const std::lock_guard lock(m_mutex);
      if (const auto found = m_layouts.find(info.layout); found != m_layouts.end()) layout = found->second;
      if (const auto found = m_modules.find(info.stage.module); found != m_modules.end()) code = found->second;
    }
    if (layout == nullptr) return false;
    if (info.stage.module == VK_NULL_HANDLE && given != nullptr && wantsTwin(wordsOf(*given), info.stage.pName)) {
      const auto words = wordsOf(*given);
      code = std::make_shared<const ShaderWords>(words.begin(), words.end());
    }
    std::unique_ptr<TwinRecipe> recipe = code == nullptr ? nullptr : TwinRecipe::of(info);
    if (recipe == nullptr) return false;
    recipe->words = std::move(code);
    recipe->layout = layout;
    const std::lock_guard lock(m_mutex);
    m_entries[pipeline] = {.recipe = std::move(recipe), .layout = std::move(layout)};
    return true;
  } catch (...) {
    return false;
  }
}

// What is taken out goes when the lock is free again: it calls the driver.
void Twins::remove(VkPipelineLayout layout) noexcept {
  std::shared_ptr<const OwnLayout> last;
  const std::lock_guard lock(m_mutex);
  const auto found = m_layouts.find(layout);
  if (found == m_layouts.end()) return;
  last = std::move(found->second);
  m_layouts.erase(found);
}

void Twins::remove(VkShaderModule module) noexcept {
  const std::lock_guard lock(m_mutex);
  m_modules.erase(module);
}

void Twins::remove(VkPipeline pipeline) noexcept {
  Entry last;
  {
    const std::lock_guard lock(m_mutex);
    const auto found = m_entries.find(pipeline);
    if (found == m_entries.end()) return;
    last = std::move(found->second);
    m_entries.erase(found);
  }
  if (last.made != VK_NULL_HANDLE) m_origin.table->DestroyPipeline(m_origin.device, last.made, nullptr);
}

// The recipe goes to the first who asks; who asks next gets what was made of it by then.
std::shared_ptr<const TwinRecipe> Twins::takeRecipe(VkPipeline pipeline, Twin& found) {
  const std::lock_guard lock(m_mutex);
  const auto entry = m_entries.find(pipeline);
  if (entry == m_entries.end()) return nullptr;
  found = {.pipeline = entry->second.made, .layout = entry->second.layout->handle()};
  return std::exchange(entry->second.recipe, nullptr);
}

Twin Twins::of(VkPipeline pipeline) noexcept {
  try {
    Twin twin;
    const std::shared_ptr<const TwinRecipe> recipe = takeRecipe(pipeline, twin);
    if (recipe == nullptr) return twin;
    twin.pipeline = make(*recipe);
    const std::lock_guard lock(m_mutex);
    m_entries.at(pipeline).made = twin.pipeline;  // the program may not destroy it while it records with it
    return twin;
  } catch (...) {
    return {};
  }
}

VkPipeline Twins::make(const TwinRecipe& recipe) const {
  const auto words = patchCounts(*recipe.words, recipe.entryPoint, m_origin.countsAt);
  if (!words) return VK_NULL_HANDLE;
  const DeviceTable& vk = *m_origin.table;
  VkShaderModuleCreateInfo module{};
  module.sType = VK_STRUCTURE_TYPE_SHADER_MODULE_CREATE_INFO;
  module.codeSize = words->size() * sizeof(std::uint32_t);
  module.pCode = words->data();
  VkComputePipelineCreateInfo info{};
  info.sType = VK_STRUCTURE_TYPE_COMPUTE_PIPELINE_CREATE_INFO;
  info.flags = recipe.flags;
  info.layout = recipe.layout->handle();
  info.stage.sType = VK_STRUCTURE_TYPE_PIPELINE_SHADER_STAGE_CREATE_INFO;
  info.stage.flags = recipe.stageFlags;
  info.stage.stage = VK_SHADER_STAGE_COMPUTE_BIT;
  info.stage.pName = recipe.entryPoint.c_str();
  VkSpecializationInfo special{};
  special.mapEntryCount = static_cast<std::uint32_t>(recipe.entries.size());
  special.pMapEntries = recipe.entries.data();
  special.dataSize = recipe.values.size();
  special.pData = recipe.values.data();
  if (recipe.specialised) info.stage.pSpecializationInfo = &special;
  TwinRecipe chained = recipe;  // for structures that may be linked
  chain(chained.robustness, info.pNext);
  chain(chained.subgroupSize, info.stage.pNext);
  chain(chained.stageRobustness, info.stage.pNext);
  VkPipeline made = VK_NULL_HANDLE;
  if (vk.CreateShaderModule(m_origin.device, &module, nullptr, &info.stage.module) != VK_SUCCESS) return made;
  if (vk.CreateComputePipelines(m_origin.device, VK_NULL_HANDLE, 1, &info, nullptr, &made) != VK_SUCCESS) {
    made = VK_NULL_HANDLE;
  }
  vk.DestroyShaderModule(m_origin.device, info.stage.module, nullptr);
  return made;
}

}  // namespace lull::governor
