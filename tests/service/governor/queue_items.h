// SPDX-License-Identifier: Apache-2.0
// Handles that nobody follows, and items of a queue's list put together by hand.
#pragma once

#include "governor/pacing/costs.h"
#include "governor/queue/item.h"
#include "governor/queue/semaphores.h"

#include <memory>
#include <vector>

namespace lull::governor {

template <typename Handle>
[[nodiscard]] Handle handle(std::uintptr_t number) {
  return reinterpret_cast<Handle>(number);  // NOLINT: never followed
}
[[nodiscard]] inline VkFence fence(std::uintptr_t number) { return handle<VkFence>(number); }
[[nodiscard]] inline VkSemaphore semaphore(std::uintptr_t number) { return handle<VkSemaphore>(number); }
[[nodiscard]] inline VkCommandBuffer buffer(std::uintptr_t number) { return handle<VkCommandBuffer>(number); }

[[nodiscard]] inline std::shared_ptr<Payload> timelineAt(std::uint64_t value) {
  auto payload = std::make_shared<Payload>();
  payload->timeline = true;
  payload->assured.store(value);
  return payload;
}

// An item put together by hand: `batches` of buffers, each known to take so many ns (0: not known).
struct Made {
  Item item;
  explicit Made(const std::vector<std::vector<std::uint64_t>>& batches, Costs& costs) {
    std::uintptr_t number = 100;
    for (const auto& lengths : batches) {
      add();
      for (const std::uint64_t ns : lengths) {
        WorkList work;
        if (ns > 0) {
          const Work one{.program = 1000 + ns, .units = 1};
          work = std::make_shared<const std::vector<Work>>(1, one);
          for (int i = 0; i < 20; ++i) costs.learn(*work, ns);
        }
        item.parts.push_back({.chunk = {.commands = buffer(number++), .work = work}, .deviceMask = 0});
      }
    }
  }
  void add() {
    Batch batch;
    batch.waits = item.waits.size();
    batch.parts = item.parts.size();
    batch.signals = item.signals.size();
    item.batches.push_back(batch);
  }
};

}  // namespace lull::governor
