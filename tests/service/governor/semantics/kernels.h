// SPDX-License-Identifier: Apache-2.0
// The shaders of the cases, as words; each is told in its source under kernels/.
#pragma once

#include <cstdint>

namespace semantics::kernels {

inline constexpr std::uint32_t kAddress[] = {
#include "kernels/address.inc"
};
inline constexpr std::uint32_t kArguments[] = {
#include "kernels/arguments.inc"
};
inline constexpr std::uint32_t kBlock[] = {
#include "kernels/block.inc"
};
inline constexpr std::uint32_t kBurn[] = {
#include "kernels/burn.inc"
};
inline constexpr std::uint32_t kCountUp[] = {
#include "kernels/count_up.inc"
};
inline constexpr std::uint32_t kCounts0[] = {
#include "kernels/counts_0.inc"
};
inline constexpr std::uint32_t kCounts1[] = {
#include "kernels/counts_1.inc"
};
inline constexpr std::uint32_t kCounts2[] = {
#include "kernels/counts_2.inc"
};
inline constexpr std::uint32_t kCounts3[] = {
#include "kernels/counts_3.inc"
};
inline constexpr std::uint32_t kCounts4[] = {
#include "kernels/counts_4.inc"
};
inline constexpr std::uint32_t kCover[] = {
#include "kernels/cover.inc"
};
inline constexpr std::uint32_t kDynamic[] = {
#include "kernels/dynamic.inc"
};
inline constexpr std::uint32_t kImage[] = {
#include "kernels/image.inc"
};
inline constexpr std::uint32_t kIndexing[] = {
#include "kernels/indexing.inc"
};
inline constexpr std::uint32_t kLastBlock[] = {
#include "kernels/last_block.inc"
};
inline constexpr std::uint32_t kLastBlockCounted[] = {
#include "kernels/last_block_counted.inc"
};
inline constexpr std::uint32_t kPushes[] = {
#include "kernels/pushes.inc"
};
inline constexpr std::uint32_t kReduce[] = {
#include "kernels/reduce.inc"
};
inline constexpr std::uint32_t kSets[] = {
#include "kernels/sets.inc"
};
inline constexpr std::uint32_t kShapeFrag[] = {
#include "kernels/shape_frag.inc"
};
inline constexpr std::uint32_t kShapeVert[] = {
#include "kernels/shape_vert.inc"
};
inline constexpr std::uint32_t kSpecial[] = {
#include "kernels/special.inc"
};
inline constexpr std::uint32_t kSpin[] = {
#include "kernels/spin.inc"
};
inline constexpr std::uint32_t kStep[] = {
#include "kernels/step.inc"
};
inline constexpr std::uint32_t kStoragePair[] = {
#include "kernels/storage_pair.inc"
};
inline constexpr std::uint32_t kSubgroup[] = {
#include "kernels/subgroup.inc"
};
inline constexpr std::uint32_t kTexels[] = {
#include "kernels/texels.inc"
};
inline constexpr std::uint32_t kUniformPair[] = {
#include "kernels/uniform_pair.inc"
};

}  // namespace semantics::kernels
