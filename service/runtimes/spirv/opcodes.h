// SPDX-License-Identifier: Apache-2.0
// The few numbers of the SPIR-V specification (1.6, section 3) that Lull reads.
#pragma once

#include <cstdint>

namespace lull::spirv {

inline constexpr std::uint32_t kMagic = 0x07230203;

enum Op : std::uint16_t {
  OpEntryPoint = 15,
  OpExecutionMode = 16,
  OpCapability = 17,
  OpTypeBool = 20,
  OpTypeInt = 21,
  OpTypeFloat = 22,
  OpTypeVector = 23,
  OpTypeMatrix = 24,
  OpTypeArray = 28,
  OpTypeRuntimeArray = 29,
  OpTypeStruct = 30,
  OpTypePointer = 32,
  OpConstant = 43,
  OpConstantComposite = 44,
  OpSpecConstantTrue = 48,
  OpSpecConstantFalse = 49,
  OpSpecConstant = 50,
  OpSpecConstantComposite = 51,
  OpVariable = 59,
  OpDecorate = 71,
  OpMemberDecorate = 72,
};

enum Decoration : std::uint32_t {
  DecorationSpecId = 1,
  DecorationBufferBlock = 3,
  DecorationRowMajor = 4,
  DecorationArrayStride = 6,
  DecorationMatrixStride = 7,
  DecorationBuiltIn = 11,
  DecorationBinding = 33,
  DecorationDescriptorSet = 34,
  DecorationOffset = 35,
};

enum StorageClass : std::uint32_t {
  StorageUniformConstant = 0,
  StorageUniform = 2,
  StorageWorkgroup = 4,
  StoragePushConstant = 9,
  StorageStorageBuffer = 12,
};

inline constexpr std::uint32_t kBuiltInNumWorkgroups = 24;
inline constexpr std::uint32_t kBuiltInWorkgroupSize = 25;
inline constexpr std::uint32_t kModelGlCompute = 5;
inline constexpr std::uint32_t kModeLocalSize = 17;

}  // namespace lull::spirv
