// SPDX-License-Identifier: Apache-2.0
#include "governor/queue/outgoing.h"

#include "governor/chain.h"

#include <algorithm>

namespace lull::governor {

namespace {

VkCommandBufferSubmitInfo bufferInfo(VkCommandBuffer commands, std::uint32_t mask) {
  VkCommandBufferSubmitInfo info{};
  info.sType = VK_STRUCTURE_TYPE_COMMAND_BUFFER_SUBMIT_INFO;
  info.commandBuffer = commands;
  info.deviceMask = mask;
  return info;
}

template <typename Structure>
const void* link(Structure& structure, const void* next) {
  structure.sType = kTypeOf<Structure>;
  structure.pNext = next;
  return &structure;
}

// The batches that the slice touches.
std::size_t touchedEnd(const Item::Position& end) { return end.entered ? end.batch + 1 : end.batch; }

}  // namespace

bool Outgoing::canStamp(const Item& item, const Item::Position& end) {
  if (item.form == Item::Form::Bind || end.part == item.at.part) return false;
  for (std::size_t batch = item.at.batch; batch < touchedEnd(end); ++batch) {
    if (item.batches[batch].deviceGroup || item.batches[batch].isProtected.value_or(false)) return false;
  }
  return true;
}

void Outgoing::build(const Item& item, const Item::Position& end, const std::optional<Stamp>& stamp) {
  reserve(item, end);
  const Item::Position& at = item.at;
  for (std::size_t i = at.batch; i < touchedEnd(end); ++i) {
    const Batch& batch = item.batches[i];
    const std::size_t from = std::max(batch.parts, at.part);
    const std::size_t to = std::min(item.partsEnd(i), end.part);
    Share share;
    if (i > at.batch || !at.entered) share.waits = item.waitsOf(i);
    if (to > from) share.parts = {item.parts.data() + from, to - from};
    if (i < end.batch) share.signals = item.signalsOf(i);
    if (stamp && to > from && from == at.part) share.before = stamp->before;
    if (stamp && to > from && to == end.part) share.after = stamp->after;
    if (m_form == Item::Form::Bind) {
      addBind(batch, i < end.batch ? item.binds.at(i) : VkBindSparseInfo{.sType = VK_STRUCTURE_TYPE_BIND_SPARSE_INFO},
              share);
    } else if (m_form == Item::Form::Submit) {
      add(batch, share);
    } else {
      add2(batch, share);
    }
  }
}

void Outgoing::reserve(const Item& item, const Item::Position& end) {
  m_form = item.form;
  const std::size_t batches = touchedEnd(end) - item.at.batch;
  const std::size_t semaphores = item.waits.size() + item.signals.size();
  const std::size_t parts = end.part - item.at.part + 2;
  const auto clean = [](auto& list, std::size_t most) {
    list.clear();
    list.reserve(most);
  };
  clean(m_infos, batches);
  clean(m_infos2, batches);
  clean(m_binds, batches);
  clean(m_chains, batches);
  clean(m_semaphores, semaphores);
  clean(m_values, semaphores);
  clean(m_stages, semaphores);
  clean(m_semaphoreInfos, semaphores);
  clean(m_devices, semaphores + parts);
  clean(m_buffers, parts);
  clean(m_bufferInfos, parts);
}

const void* Outgoing::chainFor(const Batch& batch, const Share& share, std::size_t firstValue) {
  Chain& chain = m_chains.emplace_back();
  const void* next = nullptr;
  if (batch.timeline) {
    chain.timeline.waitSemaphoreValueCount = static_cast<std::uint32_t>(share.waits.size());
    chain.timeline.pWaitSemaphoreValues = m_values.data() + firstValue;
    chain.timeline.signalSemaphoreValueCount = static_cast<std::uint32_t>(share.signals.size());
    chain.timeline.pSignalSemaphoreValues = m_values.data() + firstValue + share.waits.size();
    next = link(chain.timeline, next);
  }
  if (m_form == Item::Form::Bind && batch.deviceGroup) {
    chain.bindGroup.resourceDeviceIndex = batch.resourceDevice;
    chain.bindGroup.memoryDeviceIndex = batch.memoryDevice;
    next = link(chain.bindGroup, next);
  } else if (batch.deviceGroup) {
    const std::uint32_t* devices = m_devices.data() + m_devices.size();
    for (const auto& wait : share.waits) m_devices.push_back(wait.deviceIndex);
    for (const auto& part : share.parts) m_devices.push_back(part.deviceMask);
    for (const auto& signal : share.signals) m_devices.push_back(signal.deviceIndex);
    chain.group.waitSemaphoreCount = static_cast<std::uint32_t>(share.waits.size());
    chain.group.pWaitSemaphoreDeviceIndices = devices;
    chain.group.commandBufferCount = static_cast<std::uint32_t>(share.parts.size());
    chain.group.pCommandBufferDeviceMasks = devices + share.waits.size();
    chain.group.signalSemaphoreCount = static_cast<std::uint32_t>(share.signals.size());
    chain.group.pSignalSemaphoreDeviceIndices = devices + share.waits.size() + share.parts.size();
    next = link(chain.group, next);
  }
  if (batch.isProtected && m_form == Item::Form::Submit) {
    chain.guard.protectedSubmit = *batch.isProtected ? VK_TRUE : VK_FALSE;
    next = link(chain.guard, next);
  }
  if (batch.performancePass) {
    chain.performance.counterPassIndex = *batch.performancePass;
    next = link(chain.performance, next);
  }
  return next;
}

// Returns where they lie.
template <typename Entry>
const VkSemaphore* Outgoing::addSemaphores(std::span<const Entry> entries) {
  const VkSemaphore* first = m_semaphores.data() + m_semaphores.size();
  for (const Entry& entry : entries) {
    m_semaphores.push_back(entry.semaphore);
    m_values.push_back(entry.value);
  }
  return first;
}

template <typename Entry>
const VkSemaphoreSubmitInfo* Outgoing::addSemaphoreInfos(std::span<const Entry> entries) {
  const VkSemaphoreSubmitInfo* first = m_semaphoreInfos.data() + m_semaphoreInfos.size();
  for (const Entry& entry : entries) {
    VkSemaphoreSubmitInfo& info = m_semaphoreInfos.emplace_back();
    info.sType = VK_STRUCTURE_TYPE_SEMAPHORE_SUBMIT_INFO;
    info.semaphore = entry.semaphore;
    info.value = entry.value;
    info.stageMask = entry.stages;
    info.deviceIndex = entry.deviceIndex;
  }
  return first;
}

void Outgoing::add(const Batch& batch, const Share& share) {
  const std::size_t firstValue = m_values.size();
  const std::size_t firstBuffer = m_buffers.size();
  VkSubmitInfo info{};
  info.sType = VK_STRUCTURE_TYPE_SUBMIT_INFO;
  info.waitSemaphoreCount = static_cast<std::uint32_t>(share.waits.size());
  info.pWaitSemaphores = addSemaphores(share.waits);
  info.pWaitDstStageMask = m_stages.data() + m_stages.size();
  info.pCommandBuffers = m_buffers.data() + firstBuffer;
  for (const auto& wait : share.waits) m_stages.push_back(static_cast<VkPipelineStageFlags>(wait.stages));
  if (share.before != VK_NULL_HANDLE) m_buffers.push_back(share.before);
  for (const auto& part : share.parts) m_buffers.push_back(part.chunk.commands);
  if (share.after != VK_NULL_HANDLE) m_buffers.push_back(share.after);
  info.commandBufferCount = static_cast<std::uint32_t>(m_buffers.size() - firstBuffer);
  info.signalSemaphoreCount = static_cast<std::uint32_t>(share.signals.size());
  info.pSignalSemaphores = addSemaphores(share.signals);
  info.pNext = chainFor(batch, share, firstValue);
  m_infos.push_back(info);
}

void Outgoing::add2(const Batch& batch, const Share& share) {
  VkSubmitInfo2 info{};
  info.sType = VK_STRUCTURE_TYPE_SUBMIT_INFO_2;
  info.flags = batch.isProtected.value_or(false) ? VkSubmitFlags{VK_SUBMIT_PROTECTED_BIT} : 0;
  info.waitSemaphoreInfoCount = static_cast<std::uint32_t>(share.waits.size());
  info.pWaitSemaphoreInfos = addSemaphoreInfos(share.waits);
  info.pCommandBufferInfos = m_bufferInfos.data() + m_bufferInfos.size();
  const std::size_t firstBuffer = m_bufferInfos.size();
  if (share.before != VK_NULL_HANDLE) m_bufferInfos.push_back(bufferInfo(share.before, 0));
  for (const auto& part : share.parts) m_bufferInfos.push_back(bufferInfo(part.chunk.commands, part.deviceMask));
  if (share.after != VK_NULL_HANDLE) m_bufferInfos.push_back(bufferInfo(share.after, 0));
  info.commandBufferInfoCount = static_cast<std::uint32_t>(m_bufferInfos.size() - firstBuffer);
  info.signalSemaphoreInfoCount = static_cast<std::uint32_t>(share.signals.size());
  info.pSignalSemaphoreInfos = addSemaphoreInfos(share.signals);
  info.pNext = chainFor(batch, share, 0);
  m_infos2.push_back(info);
}

void Outgoing::addBind(const Batch& batch, const VkBindSparseInfo& copy, const Share& share) {
  VkBindSparseInfo info = copy;
  const std::size_t firstValue = m_values.size();
  info.pWaitSemaphores = addSemaphores(share.waits);
  info.pSignalSemaphores = addSemaphores(share.signals);
  info.waitSemaphoreCount = static_cast<std::uint32_t>(share.waits.size());
  info.signalSemaphoreCount = static_cast<std::uint32_t>(share.signals.size());
  info.pNext = chainFor(batch, share, firstValue);
  m_binds.push_back(info);
}

VkResult Outgoing::send(const DeviceTable& vk, VkQueue queue, VkFence fence) const {
  const auto count = [](const auto& list) { return static_cast<std::uint32_t>(list.size()); };
  switch (m_form) {
    case Item::Form::Submit:
      return vk.QueueSubmit(queue, count(m_infos), m_infos.data(), fence);
    case Item::Form::Submit2:
      return vk.QueueSubmit2(queue, count(m_infos2), m_infos2.data(), fence);
    case Item::Form::Submit2Khr:
      return vk.QueueSubmit2KHR(queue, count(m_infos2), m_infos2.data(), fence);
    case Item::Form::Bind:
      return vk.QueueBindSparse(queue, count(m_binds), m_binds.data(), fence);
  }
  return VK_ERROR_UNKNOWN;
}

}  // namespace lull::governor
