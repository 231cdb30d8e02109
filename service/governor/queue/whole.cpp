// SPDX-License-Identifier: Apache-2.0
#include "governor/queue/whole.h"

#include "governor/chain.h"

namespace lull::governor {

template <typename Info>
Whole<Info>::Whole(std::span<const Info> infos, const Recordings& recordings) : m_infos(infos.begin(), infos.end()) {
  for (Info& info : m_infos) expand(info, recordings);
}

template <>
void Whole<VkSubmitInfo>::expand(VkSubmitInfo& info, const Recordings& recordings) {
  const auto* group = inChain<VkDeviceGroupSubmitInfo>(info.pNext);
  auto& buffers = m_buffers.emplace_back();
  auto& masks = m_masks.emplace_back();
  std::vector<Chunk> chunks;
  for (std::uint32_t i = 0; i < info.commandBufferCount; ++i) {
    chunks.clear();
    recordings.expand(info.pCommandBuffers[i], chunks);
    for (const Chunk& chunk : chunks) buffers.push_back(chunk.commands);
    const bool masked = group != nullptr && i < group->commandBufferCount;
    masks.insert(masks.end(), chunks.size(), masked ? group->pCommandBufferDeviceMasks[i] : 0);
  }
  if (buffers.size() == info.commandBufferCount) return;
  info.commandBufferCount = static_cast<std::uint32_t>(buffers.size());
  info.pCommandBuffers = buffers.data();
  if (group == nullptr) return;
  // There is a mask for each buffer. The program's structure may lie behind one that cannot be copied, so ours goes
  // before it: the first of a kind is the one that is found.
  VkDeviceGroupSubmitInfo& wider = m_groups.emplace_back(*group);
  wider.pNext = info.pNext;
  wider.commandBufferCount = info.commandBufferCount;
  wider.pCommandBufferDeviceMasks = masks.data();
  info.pNext = &wider;
}

template <>
void Whole<VkSubmitInfo2>::expand(VkSubmitInfo2& info, const Recordings& recordings) {
  auto& buffers = m_buffers2.emplace_back();
  std::vector<Chunk> chunks;
  for (std::uint32_t i = 0; i < info.commandBufferInfoCount; ++i) {
    chunks.clear();
    recordings.expand(info.pCommandBufferInfos[i].commandBuffer, chunks);
    for (const Chunk& chunk : chunks) {
      buffers.push_back(info.pCommandBufferInfos[i]);
      buffers.back().commandBuffer = chunk.commands;
    }
  }
  info.commandBufferInfoCount = static_cast<std::uint32_t>(buffers.size());
  info.pCommandBufferInfos = buffers.data();
}

template <>
void Whole<VkBindSparseInfo>::expand(VkBindSparseInfo&, const Recordings&) {}

template class Whole<VkSubmitInfo>;
template class Whole<VkSubmitInfo2>;
template class Whole<VkBindSparseInfo>;

}  // namespace lull::governor
