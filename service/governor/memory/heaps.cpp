// SPDX-License-Identifier: Apache-2.0
// What the program sees of the GPU's memory.
#include "governor/chain.h"
#include "governor/hooks.h"
#include "governor/memory/shares.h"
#include "governor/process.h"

namespace lull::governor {

namespace {

bool isLocal(const VkMemoryHeap& heap) { return (heap.flags & VK_MEMORY_HEAP_DEVICE_LOCAL_BIT) != 0; }

// 0: none, and the program sees what the driver says.
std::uint64_t currentLimit() {
  const Account* account = Process::get().account();
  return account != nullptr ? account->limit() : 0;
}

void clampSizes(VkPhysicalDeviceMemoryProperties& memory, std::uint64_t limit) {
  std::array<std::uint64_t, VK_MAX_MEMORY_HEAPS> sizes{};
  std::size_t count = 0;
  for (std::uint32_t i = 0; i < memory.memoryHeapCount; ++i) {
    if (isLocal(memory.memoryHeaps[i])) sizes[count++] = memory.memoryHeaps[i].size;
  }
  shareOut({sizes.data(), count}, limit);
  count = 0;
  for (std::uint32_t i = 0; i < memory.memoryHeapCount; ++i) {
    if (isLocal(memory.memoryHeaps[i])) memory.memoryHeaps[i].size = sizes[count++];
  }
}

// `memory` with its sizes already clamped. Heaps of host memory keep the driver's figures.
void clampBudget(const VkPhysicalDeviceMemoryProperties& memory, const HeapBytes& held, std::int64_t left,
                 VkPhysicalDeviceMemoryBudgetPropertiesEXT& out) {
  for (std::uint32_t i = 0; i < memory.memoryHeapCount; ++i) {
    // No driver that knows the structure leaves a budget at 0.
    if (!isLocal(memory.memoryHeaps[i]) || out.heapBudget[i] == 0) continue;
    const Budget budget = budgetOf({.driver = {.budget = out.heapBudget[i], .usage = out.heapUsage[i]},
                                    .share = memory.memoryHeaps[i].size,
                                    .held = held[i]},
                                   left);
    out.heapBudget[i] = budget.budget;
    out.heapUsage[i] = budget.usage;
  }
}

VKAPI_ATTR void VKAPI_CALL getMemoryProperties(VkPhysicalDevice physical,
                                               VkPhysicalDeviceMemoryProperties* memory) noexcept {
  const InstanceTable* vk = Process::get().instance(physical);
  if (vk == nullptr) return;
  vk->GetPhysicalDeviceMemoryProperties(physical, memory);
  if (const std::uint64_t limit = currentLimit()) clampSizes(*memory, limit);
}

// By either of its names, as the program called it: an instance may offer only one.
template <PFN_vkGetPhysicalDeviceMemoryProperties2 InstanceTable::*Next>
VKAPI_ATTR void VKAPI_CALL getMemoryProperties2(VkPhysicalDevice physical,
                                                VkPhysicalDeviceMemoryProperties2* out) noexcept {
  const InstanceTable* vk = Process::get().instance(physical);
  if (vk == nullptr) return;
  (vk->*Next)(physical, out);
  const std::uint64_t limit = currentLimit();
  if (limit == 0) return;
  clampSizes(out->memoryProperties, limit);
  auto* budget = inChain<VkPhysicalDeviceMemoryBudgetPropertiesEXT>(out->pNext);
  if (budget == nullptr) return;
  Process& process = Process::get();
  const std::int64_t left = signedDifference(limit, process.account()->held());
  clampBudget(out->memoryProperties, process.heldOn(physical), left, *budget);
}

}  // namespace

Hooks heapHooks() {
  static const Hook hooks[] = {
      {"vkGetPhysicalDeviceMemoryProperties", hooked(&getMemoryProperties)},
      {"vkGetPhysicalDeviceMemoryProperties2",
       hooked(&getMemoryProperties2<&InstanceTable::GetPhysicalDeviceMemoryProperties2>)},
      {"vkGetPhysicalDeviceMemoryProperties2KHR",
       hooked(&getMemoryProperties2<&InstanceTable::GetPhysicalDeviceMemoryProperties2KHR>)},
  };
  return hooks;
}

}  // namespace lull::governor
