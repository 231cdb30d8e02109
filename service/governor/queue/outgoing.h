// SPDX-License-Identifier: Apache-2.0
// One slice in the driver's wording: batches, or the beginning, middle or end of one. Waits go with a batch's first
// part, signals with its last.
#pragma once

#include "governor/dispatch.h"
#include "governor/metering/stamps.h"
#include "governor/queue/item.h"

#include <vector>

namespace lull::governor {

class Outgoing {
public:
  // The item from where it stands up to `end`. May throw bad_alloc. The item stays until it is sent.
  void build(const Item& item, const Item::Position& end, const std::optional<Stamp>& stamp);
  // Whether time stamps can be put around these parts: not among protected ones, nor where a device group is addressed.
  [[nodiscard]] static bool canStamp(const Item& item, const Item::Position& end);
  [[nodiscard]] VkResult send(const DeviceTable& vk, VkQueue queue, VkFence fence) const;

private:
  // What of a batch belongs to the slice.
  struct Share {
    std::span<const SemaphoreWait> waits;
    std::span<const Part> parts;
    std::span<const SemaphoreSignal> signals;
    VkCommandBuffer before = VK_NULL_HANDLE;
    VkCommandBuffer after = VK_NULL_HANDLE;
  };
  void reserve(const Item& item, const Item::Position& end);
  template <typename Entry>
  [[nodiscard]] const VkSemaphore* addSemaphores(std::span<const Entry> entries);
  template <typename Entry>
  [[nodiscard]] const VkSemaphoreSubmitInfo* addSemaphoreInfos(std::span<const Entry> entries);
  void add(const Batch& batch, const Share& share);
  void add2(const Batch& batch, const Share& share);
  void addBind(const Batch& batch, const VkBindSparseInfo& info, const Share& share);
  [[nodiscard]] const void* chainFor(const Batch& batch, const Share& share, std::size_t firstValue);

  // Reserved before anything points into them.
  struct Chain {
    VkTimelineSemaphoreSubmitInfo timeline;
    VkDeviceGroupSubmitInfo group;
    VkDeviceGroupBindSparseInfo bindGroup;
    VkProtectedSubmitInfo guard;
    VkPerformanceQuerySubmitInfoKHR performance;
  };
  Item::Form m_form = Item::Form::Submit;
  std::vector<VkSubmitInfo> m_infos;
  std::vector<VkSubmitInfo2> m_infos2;
  std::vector<VkBindSparseInfo> m_binds;
  std::vector<Chain> m_chains;
  std::vector<VkSemaphore> m_semaphores;
  std::vector<std::uint64_t> m_values;
  std::vector<std::uint32_t> m_devices;
  std::vector<VkPipelineStageFlags> m_stages;
  std::vector<VkCommandBuffer> m_buffers;
  std::vector<VkSemaphoreSubmitInfo> m_semaphoreInfos;
  std::vector<VkCommandBufferSubmitInfo> m_bufferInfos;
};

}  // namespace lull::governor
