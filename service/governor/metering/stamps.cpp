// SPDX-License-Identifier: Apache-2.0
#include "governor/metering/stamps.h"

#include <bit>

namespace lull::governor {

bool Stamps::create(const Origin& origin) {
  m_origin = origin;
  bool made = createPools();
  for (std::uint32_t slot = 0; made && slot < kStampPairs; ++slot) made = record(slot);
  if (!made) {
    destroy();
    return false;
  }
  m_free = (1U << kStampPairs) - 1;
  return true;
}

bool Stamps::createPools() {
  const DeviceTable& vk = *m_origin.table;
  const VkCommandPoolCreateInfo pool{.sType = VK_STRUCTURE_TYPE_COMMAND_POOL_CREATE_INFO,
                                     .pNext = nullptr,
                                     .flags = 0,
                                     .queueFamilyIndex = m_origin.family};
  if (vk.CreateCommandPool(m_origin.device, &pool, nullptr, &m_commands) != VK_SUCCESS) return false;
  const VkQueryPoolCreateInfo queries{.sType = VK_STRUCTURE_TYPE_QUERY_POOL_CREATE_INFO,
                                      .pNext = nullptr,
                                      .flags = 0,
                                      .queryType = VK_QUERY_TYPE_TIMESTAMP,
                                      .queryCount = 2 * kStampPairs,
                                      .pipelineStatistics = 0};
  if (vk.CreateQueryPool(m_origin.device, &queries, nullptr, &m_queries) != VK_SUCCESS) return false;
  const VkCommandBufferAllocateInfo allocate{.sType = VK_STRUCTURE_TYPE_COMMAND_BUFFER_ALLOCATE_INFO,
                                             .pNext = nullptr,
                                             .commandPool = m_commands,
                                             .level = VK_COMMAND_BUFFER_LEVEL_PRIMARY,
                                             .commandBufferCount = 2 * kStampPairs};
  if (vk.AllocateCommandBuffers(m_origin.device, &allocate, m_buffers.data()) != VK_SUCCESS) return false;
  // Dispatchable handles that a layer makes below the loader carry no loader data yet.
  for (VkCommandBuffer buffer : m_buffers) {
    if (m_origin.setLoaderData(m_origin.device, buffer) != VK_SUCCESS) return false;
  }
  return true;
}

bool Stamps::record(std::uint32_t slot) {
  const DeviceTable& vk = *m_origin.table;
  VkCommandBuffer before = m_buffers[2 * slot];
  VkCommandBuffer after = m_buffers[2 * slot + 1];
  VkCommandBufferBeginInfo begin{};
  begin.sType = VK_STRUCTURE_TYPE_COMMAND_BUFFER_BEGIN_INFO;
  if (vk.BeginCommandBuffer(before, &begin) != VK_SUCCESS) return false;
  vk.CmdResetQueryPool(before, m_queries, 2 * slot, 2);
  vk.CmdWriteTimestamp(before, VK_PIPELINE_STAGE_TOP_OF_PIPE_BIT, m_queries, 2 * slot);
  if (vk.EndCommandBuffer(before) != VK_SUCCESS) return false;
  if (vk.BeginCommandBuffer(after, &begin) != VK_SUCCESS) return false;
  vk.CmdWriteTimestamp(after, VK_PIPELINE_STAGE_BOTTOM_OF_PIPE_BIT, m_queries, 2 * slot + 1);
  return vk.EndCommandBuffer(after) == VK_SUCCESS;
}

void Stamps::destroy() {
  const DeviceTable& vk = *m_origin.table;
  if (m_queries != VK_NULL_HANDLE) vk.DestroyQueryPool(m_origin.device, m_queries, nullptr);
  if (m_commands != VK_NULL_HANDLE) vk.DestroyCommandPool(m_origin.device, m_commands, nullptr);
  m_queries = VK_NULL_HANDLE;
  m_commands = VK_NULL_HANDLE;
  m_free = 0;
}

std::optional<Stamp> Stamps::take() {
  if (m_free == 0) return std::nullopt;
  const auto slot = static_cast<std::uint32_t>(std::countr_zero(m_free));
  m_free &= m_free - 1;
  return Stamp{
      .before = m_buffers[2 * slot], .after = m_buffers[2 * slot + 1], .family = m_origin.family, .slot = slot};
}

void Stamps::giveBack(const Stamp& stamp) { m_free |= 1U << stamp.slot; }

std::optional<Stamps::Ticks> Stamps::read(const Stamp& stamp) const {
  std::array<std::uint64_t, 2> values{};
  const VkResult result =
      m_origin.table->GetQueryPoolResults(m_origin.device, m_queries, 2 * stamp.slot, 2, sizeof values, values.data(),
                                          sizeof values[0], VK_QUERY_RESULT_64_BIT);
  if (result != VK_SUCCESS) return std::nullopt;
  return Ticks{.begin = values[0], .end = values[1]};
}

}  // namespace lull::governor
