// SPDX-License-Identifier: Apache-2.0
#include "governor/queue/item.h"

#include <algorithm>

namespace lull::governor {

namespace {

// A copy of a list that is kept in `kept`.
template <typename Entry>
Entry* keep(std::vector<std::unique_ptr<Entry[]>>& kept, const Entry* list, std::uint32_t count) {
  if (count == 0) return nullptr;
  kept.push_back(std::make_unique<Entry[]>(count));
  std::copy_n(list, count, kept.back().get());
  return kept.back().get();
}

// A list of resources, each with its own list of binds.
template <typename Info, typename Bind>
const Info* keepAll(std::vector<std::unique_ptr<Info[]>>& keptInfos, std::vector<std::unique_ptr<Bind[]>>& keptBinds,
                    const Info* list, std::uint32_t count) {
  Info* infos = keep(keptInfos, list, count);
  for (std::uint32_t i = 0; i < count; ++i) infos[i].pBinds = keep(keptBinds, list[i].pBinds, list[i].bindCount);
  return infos;
}

}  // namespace

void Binds::copy(std::span<const VkBindSparseInfo> infos) {
  for (const VkBindSparseInfo& info : infos) {
    VkBindSparseInfo& copy = m_infos.emplace_back(info);
    copy.pNext = nullptr;
    copy.pBufferBinds = keepAll(m_bufferInfos, m_memory, info.pBufferBinds, info.bufferBindCount);
    copy.pImageOpaqueBinds = keepAll(m_opaqueInfos, m_memory, info.pImageOpaqueBinds, info.imageOpaqueBindCount);
    copy.pImageBinds = keepAll(m_imageInfos, m_images, info.pImageBinds, info.imageBindCount);
  }
}

void Binds::clear() {
  m_infos.clear();
  m_memory.clear();
  m_images.clear();
  m_bufferInfos.clear();
  m_opaqueInfos.clear();
  m_imageInfos.clear();
}

}  // namespace lull::governor
