// SPDX-License-Identifier: Apache-2.0
// A program's batches with our time stamps around their command buffers, in the same call: copies of the structures,
// pNext chains untouched, on the stack. Where that cannot be done the program's own batches go out.
#pragma once

#include "governor/metering/stamps.h"

#include <algorithm>
#include <array>
#include <optional>

namespace lull::governor {

// The two generations of vkQueueSubmit in one wording.
struct SubmitForm1 {
  using Info = VkSubmitInfo;
  using Buffer = VkCommandBuffer;
  static uint32_t count(const Info& info) { return info.commandBufferCount; }
  static const Buffer* buffers(const Info& info) { return info.pCommandBuffers; }
  static bool waits(const Info& info) { return info.waitSemaphoreCount > 0; }
  static Buffer wrap(VkCommandBuffer buffer) { return buffer; }
  static void set(Info& info, const Buffer* buffers, uint32_t count) {
    info.pCommandBuffers = buffers;
    info.commandBufferCount = count;
  }
};
struct SubmitForm2 {
  using Info = VkSubmitInfo2;
  using Buffer = VkCommandBufferSubmitInfo;
  static uint32_t count(const Info& info) { return info.commandBufferInfoCount; }
  static const Buffer* buffers(const Info& info) { return info.pCommandBufferInfos; }
  static bool waits(const Info& info) { return info.waitSemaphoreInfoCount > 0; }
  static Buffer wrap(VkCommandBuffer buffer) {
    Buffer info{};
    info.sType = VK_STRUCTURE_TYPE_COMMAND_BUFFER_SUBMIT_INFO;
    info.commandBuffer = buffer;
    return info;
  }
  static void set(Info& info, const Buffer* buffers, uint32_t count) {
    info.pCommandBufferInfos = buffers;
    info.commandBufferInfoCount = count;
  }
};

template <typename Form>
class Stamped {
public:
  using Info = typename Form::Info;
  Stamped(const Info* infos, uint32_t count, const std::optional<Stamp>& stamp) : m_infos(infos) {
    if (!stamp || count > kMostBatches) return;
    uint32_t first = 0;
    while (first < count && Form::count(infos[first]) == 0) ++first;
    uint32_t last = count;
    while (last > first && Form::count(infos[last - 1]) == 0) --last;
    if (first == last) return;
    --last;
    if (!mayExtend(infos[first]) || !mayExtend(infos[last])) return;
    const uint32_t needed = Form::count(infos[first]) + Form::count(infos[last]) + 2;
    if (needed > kMostBuffers) return;
    std::copy(infos, infos + count, m_copy.begin());
    Info& opening = m_copy[first];
    uint32_t used = append(Form::wrap(stamp->before), 0);
    used = append(infos[first], used);
    if (first != last) {
      Form::set(opening, m_buffers.data(), used);
      const uint32_t begin = used;
      used = append(infos[last], used);
      used = append(Form::wrap(stamp->after), used);
      Form::set(m_copy[last], m_buffers.data() + begin, used - begin);
    } else {
      used = append(Form::wrap(stamp->after), used);
      Form::set(opening, m_buffers.data(), used);
    }
    m_infos = m_copy.data();
    m_stamped = true;
  }
  Stamped(const Stamped&) = delete;
  Stamped& operator=(const Stamped&) = delete;

  [[nodiscard]] const Info* infos() const { return m_infos; }
  [[nodiscard]] bool stamped() const { return m_stamped; }

private:
  static constexpr uint32_t kMostBatches = 16;
  static constexpr uint32_t kMostBuffers = 128;

  // Batches whose extensions speak about their command buffers one by one, or allow only protected ones.
  static bool mayExtend(const Info& info) {
    for (const auto* s = static_cast<const VkBaseInStructure*>(info.pNext); s != nullptr; s = s->pNext) {
      if (s->sType == VK_STRUCTURE_TYPE_DEVICE_GROUP_SUBMIT_INFO) return false;
      if (s->sType == VK_STRUCTURE_TYPE_PROTECTED_SUBMIT_INFO) return false;
    }
    return true;
  }
  uint32_t append(typename Form::Buffer buffer, uint32_t at) {
    m_buffers[at] = buffer;
    return at + 1;
  }
  uint32_t append(const Info& info, uint32_t at) {
    std::copy(Form::buffers(info), Form::buffers(info) + Form::count(info), m_buffers.begin() + at);
    return at + Form::count(info);
  }

  const Info* m_infos;
  bool m_stamped = false;
  std::array<Info, kMostBatches> m_copy;
  std::array<typename Form::Buffer, kMostBuffers> m_buffers;
};

}  // namespace lull::governor
