// SPDX-License-Identifier: Apache-2.0
#include "runtimes/spirv/features.h"

#include <algorithm>
#include <iterator>
#include <string>

namespace lull::spirv {

namespace {

struct Row {
  std::uint32_t capability;
  const char* name;
  const char* plain;                        // "this GPU does not offer <plain>"
  VkBool32* (*field)(Features&) = nullptr;  // nullptr: no feature is needed
  VkSubgroupFeatureFlags subgroup = 0;
};

#define LULL_CORE(name) [](Features& f) { return &f.core.features.name; }
#define LULL_11(name) [](Features& f) { return &f.v11.name; }
#define LULL_12(name) [](Features& f) { return &f.v12.name; }
constexpr Row kRows[] = {
    {0, "Matrix", ""},
    {1, "Shader", ""},
    {9, "Float16", "16-bit floating point arithmetic", LULL_12(shaderFloat16)},
    {10, "Float64", "64-bit floating point arithmetic", LULL_CORE(shaderFloat64)},
    {11, "Int64", "64-bit integers", LULL_CORE(shaderInt64)},
    {12, "Int64Atomics", "64-bit atomics", LULL_12(shaderBufferInt64Atomics)},
    {22, "Int16", "16-bit integers", LULL_CORE(shaderInt16)},
    {30, "StorageBufferArrayDynamicIndexing", "indexed buffers", LULL_CORE(shaderStorageBufferArrayDynamicIndexing)},
    {39, "Int8", "8-bit integers", LULL_12(shaderInt8)},
    {61, "GroupNonUniform", "subgroups", nullptr, VK_SUBGROUP_FEATURE_BASIC_BIT},
    {62, "GroupNonUniformVote", "subgroup votes", nullptr, VK_SUBGROUP_FEATURE_VOTE_BIT},
    {63, "GroupNonUniformArithmetic", "subgroup arithmetic", nullptr, VK_SUBGROUP_FEATURE_ARITHMETIC_BIT},
    {64, "GroupNonUniformBallot", "subgroup ballots", nullptr, VK_SUBGROUP_FEATURE_BALLOT_BIT},
    {65, "GroupNonUniformShuffle", "subgroup shuffles", nullptr, VK_SUBGROUP_FEATURE_SHUFFLE_BIT},
    {66, "GroupNonUniformShuffleRelative", "relative subgroup shuffles", nullptr,
     VK_SUBGROUP_FEATURE_SHUFFLE_RELATIVE_BIT},
    {67, "GroupNonUniformClustered", "clustered subgroups", nullptr, VK_SUBGROUP_FEATURE_CLUSTERED_BIT},
    {68, "GroupNonUniformQuad", "subgroup quads", nullptr, VK_SUBGROUP_FEATURE_QUAD_BIT},
    {4433, "StorageBuffer16BitAccess", "16-bit values in buffers", LULL_11(storageBuffer16BitAccess)},
    {4434, "UniformAndStorageBuffer16BitAccess", "16-bit values in buffers",
     LULL_11(uniformAndStorageBuffer16BitAccess)},
    {4435, "StoragePushConstant16", "16-bit push constants", LULL_11(storagePushConstant16)},
    {4441, "VariablePointersStorageBuffer", "variable pointers", LULL_11(variablePointersStorageBuffer)},
    {4442, "VariablePointers", "variable pointers", LULL_11(variablePointers)},
    {4448, "StorageBuffer8BitAccess", "8-bit values in buffers", LULL_12(storageBuffer8BitAccess)},
    {4449, "UniformAndStorageBuffer8BitAccess", "8-bit values in buffers", LULL_12(uniformAndStorageBuffer8BitAccess)},
    {4450, "StoragePushConstant8", "8-bit push constants", LULL_12(storagePushConstant8)},
    {5345, "VulkanMemoryModel", "the Vulkan memory model", LULL_12(vulkanMemoryModel)},
    {5346, "VulkanMemoryModelDeviceScope", "the Vulkan memory model", LULL_12(vulkanMemoryModelDeviceScope)},
};
#undef LULL_CORE
#undef LULL_11
#undef LULL_12

Step enable(const Row& row, Offer offer, Features& wanted) {
  const bool offered = (row.field == nullptr || *row.field(offer.features) == VK_TRUE) &&
                       (offer.subgroups & row.subgroup) == row.subgroup;
  if (!offered) {
    return tooBig(std::string("This GPU does not offer ") + row.plain + ", which the task needs.",
                  std::string("capability ") + row.name);
  }
  if (row.field != nullptr) *row.field(wanted) = VK_TRUE;
  return Done{};
}

}  // namespace

Features::Features() {
  core.sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_FEATURES_2;
  v11.sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_VULKAN_1_1_FEATURES;
  v12.sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_VULKAN_1_2_FEATURES;
}

VkPhysicalDeviceFeatures2* Features::chain(std::uint32_t apiVersion) {
  core.pNext = apiVersion >= VK_API_VERSION_1_2 ? &v11 : nullptr;
  v11.pNext = &v12;
  v12.pNext = nullptr;
  return &core;
}

Attempt<Features> featuresFor(const std::vector<std::uint32_t>& capabilities, const Offer& offer) {
  Features wanted;
  wanted.core.features.robustBufferAccess = offer.features.core.features.robustBufferAccess;
  for (const std::uint32_t capability : capabilities) {
    const auto row = std::find_if(std::begin(kRows), std::end(kRows),
                                  [capability](const Row& r) { return r.capability == capability; });
    if (row == std::end(kRows)) {
      return badTask("The kernel of this task asks for something that Lull does not run: only computing on buffers.",
                     "SPIR-V capability " + std::to_string(capability));
    }
    if (auto step = enable(*row, offer, wanted); !step) return step.failure();
  }
  return wanted;
}

}  // namespace lull::spirv
