// SPDX-License-Identifier: Apache-2.0
// Asks for queues that give way to everybody else's, where the driver offers them. Only a wish: nothing relies on it.
#pragma once

#include "governor/process.h"

#include <deque>
#include <vector>

namespace lull::governor {

// What a physical device offers for it.
struct PriorityOffer {
  bool offered = false;
  const char* extension = nullptr;  // to be enabled; nullptr: core, or the program enables it itself
  std::vector<bool> families;       // by index: queues of this family may be LOW
};
// May throw std::bad_alloc.
[[nodiscard]] PriorityOffer priorityOffer(const InstanceTable& vk, VkPhysicalDevice physical,
                                          const VkDeviceCreateInfo& info, InstanceFacts instance);

// The program's create info with LOW for the queues of each family that it gave no global priority itself. Its own
// structures, which this keeps pointing to, stay as they are. May throw std::bad_alloc.
class LowPriority {
public:
  LowPriority(const VkDeviceCreateInfo& own, const PriorityOffer& offer);
  LowPriority(const LowPriority&) = delete;
  LowPriority& operator=(const LowPriority&) = delete;

  // False: there is nothing to ask for.
  [[nodiscard]] bool asks() const { return !m_priorities.empty(); }
  [[nodiscard]] const VkDeviceCreateInfo& info() const { return m_info; }

private:
  VkDeviceCreateInfo m_info;
  std::vector<VkDeviceQueueCreateInfo> m_queues;
  std::deque<VkDeviceQueueGlobalPriorityCreateInfoKHR> m_priorities;  // pointed to
  std::vector<const char*> m_extensions;
};

}  // namespace lull::governor
