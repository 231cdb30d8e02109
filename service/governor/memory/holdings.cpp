// SPDX-License-Identifier: Apache-2.0
#include "governor/memory/holdings.h"

#include "governor/chain.h"

namespace lull::governor {

namespace {

// Those that come with a platform's header have no name here.
constexpr auto kImportWin32Handle = static_cast<VkStructureType>(1000073000);
constexpr auto kImportAndroidBuffer = static_cast<VkStructureType>(1000129003);
constexpr auto kImportZirconHandle = static_cast<VkStructureType>(1000364000);

bool isImport(VkStructureType type) {
  return type == VK_STRUCTURE_TYPE_IMPORT_MEMORY_FD_INFO_KHR ||
         type == VK_STRUCTURE_TYPE_IMPORT_MEMORY_HOST_POINTER_INFO_EXT || type == kImportWin32Handle ||
         type == kImportAndroidBuffer || type == kImportZirconHandle;
}

bool isImported(const VkMemoryAllocateInfo& info) {
  for (const auto& structure : Structures(info.pNext)) {
    const auto* fd = as<VkImportMemoryFdInfoKHR>(structure);
    const bool empty = fd != nullptr && fd->handleType == 0;  // it says nothing then
    if (isImport(structure.sType) && !empty) return true;
  }
  return false;
}

}  // namespace

Holdings::Holdings(Account* account, const VkPhysicalDeviceMemoryProperties& memory)
    : m_account(account), m_memory(memory) {}

Holdings::~Holdings() {
  for (const auto& [memory, part] : m_parts) giveBack(part);
}

bool Holdings::take(const VkMemoryAllocateInfo& info, Part& part) {
  if (m_account == nullptr || info.memoryTypeIndex >= m_memory.memoryTypeCount) return true;
  part.heap = m_memory.memoryTypes[info.memoryTypeIndex].heapIndex;
  const bool local = (m_memory.memoryHeaps[part.heap].flags & VK_MEMORY_HEAP_DEVICE_LOCAL_BIT) != 0;
  if (!local || isImported(info)) return true;
  part.bytes = info.allocationSize;
  return m_account->take(part.bytes);
}

void Holdings::giveBack(const Part& part) {
  if (part.bytes > 0) m_account->giveBack(part.bytes);
}

void Holdings::remember(VkDeviceMemory memory, const Part& part) {
  if (part.bytes == 0) return;
  const std::lock_guard lock(m_mutex);
  m_parts.emplace(memory, part);
}

void Holdings::forget(VkDeviceMemory memory) {
  if (m_account == nullptr) return;
  const std::lock_guard lock(m_mutex);
  const auto found = m_parts.find(memory);
  if (found == m_parts.end()) return;
  giveBack(found->second);
  m_parts.erase(found);
}

void Holdings::addTo(HeapBytes& sums) {
  const std::lock_guard lock(m_mutex);
  for (const auto& [memory, part] : m_parts) sums[part.heap] += part.bytes;
}

}  // namespace lull::governor
