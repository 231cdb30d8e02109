// SPDX-License-Identifier: Apache-2.0
// One call of vkQueueSubmit, vkQueueSubmit2 or vkQueueBindSparse on a queue's list: a copy in one wording of everything
// that the driver will be told, since the call has returned when it is.
#pragma once

#include "governor/queue/semaphores.h"
#include "governor/recording/recordings.h"

#include <vulkan/vulkan_core.h>

#include <algorithm>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <vector>

namespace lull::governor {

struct SemaphoreWait {
  VkSemaphore semaphore = VK_NULL_HANDLE;
  std::uint64_t value = 0;
  VkPipelineStageFlags2 stages = 0;
  std::uint32_t deviceIndex = 0;
  Need need;
};
struct SemaphoreSignal {
  VkSemaphore semaphore = VK_NULL_HANDLE;
  std::uint64_t value = 0;
  VkPipelineStageFlags2 stages = 0;
  std::uint32_t deviceIndex = 0;
  std::shared_ptr<Payload> payload;
};
struct Part {
  Chunk chunk;
  std::uint32_t deviceMask = 0;
};

// A VkSubmitInfo, VkSubmitInfo2 or VkBindSparseInfo. Each range ends where the next batch's begins.
struct Batch {
  std::size_t waits = 0;
  std::size_t parts = 0;
  std::size_t signals = 0;
  std::optional<bool> isProtected;  // set where the program said it
  bool deviceGroup = false;         // device indices and masks were given
  bool timeline = false;            // semaphore values were given
  std::optional<std::uint32_t> performancePass;
  std::uint32_t resourceDevice = 0;  // binds in a device group
  std::uint32_t memoryDevice = 0;
};

// What VkBindSparseInfo points to, copied.
class Binds {
public:
  void copy(std::span<const VkBindSparseInfo> infos);  // may throw bad_alloc
  [[nodiscard]] const VkBindSparseInfo& at(std::size_t batch) const { return m_infos[batch]; }
  void clear();

private:
  std::vector<VkBindSparseInfo> m_infos;
  std::vector<std::unique_ptr<VkSparseMemoryBind[]>> m_memory;
  std::vector<std::unique_ptr<VkSparseImageMemoryBind[]>> m_images;
  std::vector<std::unique_ptr<VkSparseBufferMemoryBindInfo[]>> m_bufferInfos;
  std::vector<std::unique_ptr<VkSparseImageOpaqueMemoryBindInfo[]>> m_opaqueInfos;
  std::vector<std::unique_ptr<VkSparseImageMemoryBindInfo[]>> m_imageInfos;
};

struct Item {
  enum class Form { Submit, Submit2, Submit2Khr, Bind };
  // How far it has been handed over.
  struct Position {
    std::size_t batch = 0;  // the first one that is not wholly handed over
    std::size_t part = 0;   // of all parts
    bool entered = false;   // that batch's waits were handed over
  };

  Form form = Form::Submit;
  VkFence fence = VK_NULL_HANDLE;
  std::vector<Batch> batches;
  std::vector<SemaphoreWait> waits;
  std::vector<Part> parts;
  std::vector<SemaphoreSignal> signals;
  Binds binds;

  std::uint64_t serial = 0;  // of what was on the list before it; batch i has serial + i + 1
  std::uint64_t listedNs = 0;
  bool opened = false;  // its first slice was admitted
  Position at;
  Item* next = nullptr;

  [[nodiscard]] bool isDone() const { return at.batch == batches.size(); }
  [[nodiscard]] bool carriesWork() const { return !parts.empty() || (form == Form::Bind && !batches.empty()); }
  [[nodiscard]] std::span<const SemaphoreWait> waitsOf(std::size_t batch) const;
  [[nodiscard]] std::span<const SemaphoreSignal> signalsOf(std::size_t batch) const;
  [[nodiscard]] std::size_t partsEnd(std::size_t batch) const;
  // Of its last batch. One without batches counts as one.
  [[nodiscard]] std::uint64_t lastSerial() const { return serial + std::max<std::size_t>(1, batches.size()); }
  void clear();
};

// What copying needs to know.
struct Copying {
  const Recordings& recordings;
  Semaphores& semaphores;
  const std::atomic<std::uint64_t>& handed;  // of the queue that the item is made for
};

// False: some structure is not known here, so the batches cannot be copied.
[[nodiscard]] bool canCopy(std::span<const VkSubmitInfo> infos);
[[nodiscard]] bool canCopy(std::span<const VkSubmitInfo2> infos);
[[nodiscard]] bool canCopy(std::span<const VkBindSparseInfo> infos);
// May throw bad_alloc; nothing is lost then but the item.
void copyInto(Item& item, std::span<const VkSubmitInfo> infos, const Copying& copying);
void copyInto(Item& item, std::span<const VkSubmitInfo2> infos, const Copying& copying);
void copyInto(Item& item, std::span<const VkBindSparseInfo> infos, const Copying& copying);

}  // namespace lull::governor
