// SPDX-License-Identifier: Apache-2.0
// A Vulkan layer that makes the software GPU look like a bigger one, for tests: further queues and queue families,
// global priorities, several heaps, a memory budget. It pretends only what the environment names.
//
// Use: vulkanEnvironment({governor::kLayerName, fakes::kPretendedGpu}), which puts it below the governor; and make the
// test depend on the target VkLayer_lull_pretended_gpu. (By hand: Debian 12's loader stacks layers in the order of the
// folders in VK_LAYER_PATH, whatever VK_INSTANCE_LAYERS says, later ones by the latter. So
//   VK_INSTANCE_LAYERS=VK_LAYER_LULL_governor:VK_LAYER_LULL_pretended_gpu
//   VK_LAYER_PATH=<build>/lib:<build>/lib/pretended_gpu)
//
//   LULL_PRETEND_QUEUES=2,compute:1,transfer:1    family 0 has two queues; then come a family for compute and transfer
//       with one queue, and one for transfer alone (which has no time stamps). All are the driver's one queue, in the
//       order of their calls: a submission that waits for what another queue submits later stops both for ever.
//       So these tests also hold that the governor hands over only what can run.
//   LULL_PRETEND_PRIORITY=khr,ext                 which extensions are offered; "core": neither, but Vulkan 1.4
//   LULL_PRETEND_FAMILY_PRIORITIES=low,medium     what families say they allow; by default all four
//   LULL_PRETEND_REFUSE=-1000174001               a device with any global priority is refused with this VkResult
//   LULL_PRETEND_HEAPS=local:8192,host:4096       the heaps in MiB, "local": device-local. The driver's memory types
//       lie in the first; each further one has a type of its own, whose memory is really the driver's.
//   LULL_PRETEND_MEMORY_FAILS=1                   the driver has no memory left, whoever asks
//   LULL_PRETEND_SHARING=1                        semaphores and fences can be shared by file descriptors, which lead
//   to
//       nobody: who shares a binary semaphore signals it by vkPretendSignalLULL. A submission's pNext may then hold
//       timeline values and structures before them. vkQueuePresentKHR waits for its semaphores and shows nothing.
//       And the device is lost after vkPretendLossLULL: no queue takes anything any more.
//   LULL_PRETEND_RECORD=FILE                      a line there for each call that is worth telling: "device result=0
//       extensions=a,b queues=0x1:low,1x2:none", with "+TYPE" for each other structure behind a queue; "allocate 4096
//       type=0"
#pragma once

#include <vulkan/vk_layer.h>
#include <vulkan/vulkan_core.h>

#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <span>
#include <string>
#include <vector>

namespace lull::pretended {

// The functions that it calls in the driver.
#define LULL_PRETENDED_INSTANCE(X)          \
  X(DestroyInstance)                        \
  X(EnumerateDeviceExtensionProperties)     \
  X(GetPhysicalDeviceMemoryProperties)      \
  X(GetPhysicalDeviceMemoryProperties2)     \
  X(GetPhysicalDeviceProperties)            \
  X(GetPhysicalDeviceProperties2)           \
  X(GetPhysicalDeviceQueueFamilyProperties) \
  X(GetPhysicalDeviceQueueFamilyProperties2)
#define LULL_PRETENDED_DEVICE(X) \
  X(AllocateMemory)              \
  X(CreateCommandPool)           \
  X(CreateSemaphore)             \
  X(DestroyDevice)               \
  X(DestroySemaphore)            \
  X(DeviceWaitIdle)              \
  X(FreeMemory)                  \
  X(GetDeviceQueue)              \
  X(GetDeviceQueue2)             \
  X(QueueBindSparse)             \
  X(QueueSubmit)                 \
  X(QueueSubmit2)                \
  X(QueueSubmit2KHR)             \
  X(QueueWaitIdle)               \
  X(SignalSemaphore)

#define LULL_MEMBER(name) PFN_vk##name name = nullptr;
struct InstanceTable {
  PFN_vkGetInstanceProcAddr GetInstanceProcAddr = nullptr;
  LULL_PRETENDED_INSTANCE(LULL_MEMBER)
};
struct DeviceTable {
  PFN_vkGetDeviceProcAddr GetDeviceProcAddr = nullptr;
  LULL_PRETENDED_DEVICE(LULL_MEMBER)
};
#undef LULL_MEMBER

struct Family {
  VkQueueFlags flags = 0;  // 0: as the driver's first
  std::uint32_t queues = 1;
};
struct Heap {
  std::uint64_t bytes = 0;
  bool deviceLocal = true;
};

// What the environment asks for; read once.
struct Wishes {
  std::vector<Family> families;
  std::vector<std::string> extensions;
  bool core14 = false;
  std::vector<VkQueueGlobalPriorityKHR> familyPriorities;
  VkResult refusal = VK_SUCCESS;
  std::vector<Heap> heaps;
  bool memoryFails = false;
  bool sharing = false;
  std::string record;
};
[[nodiscard]] const Wishes& wishes();
// One line, atomically; nothing where no file is named.
void record(const std::string& line);

// A dispatchable object of ours: the loader owns the first word.
struct Queue {
  const void* loaderData = nullptr;
  VkQueue real = VK_NULL_HANDLE;
};

// A binary semaphore that others have, too: a timeline in the driver, whose values count.
struct Shared {
  VkSemaphore line = VK_NULL_HANDLE;
  std::uint64_t waited = 0;
  std::uint64_t signalled = 0;
};

struct Device {
  VkDevice handle = VK_NULL_HANDLE;
  DeviceTable table;
  VkQueue real = VK_NULL_HANDLE;
  std::uint32_t memoryTypes = 0;                            // that the driver has
  std::vector<std::vector<std::unique_ptr<Queue>>> queues;  // by family and index; [0][0] is the driver's own
  std::mutex mutex;                                         // VkQueue is externally synchronised, and all are one
  std::map<VkDeviceMemory, std::pair<std::uint32_t, std::uint64_t>> memory;  // heap and bytes
  std::map<VkSemaphore, Shared> shared;
  std::set<VkFence> fences;  // that were submitted
  bool lost = false;
};

// By what the loader put first into a dispatchable object.
[[nodiscard]] const InstanceTable& instanceOf(const void* dispatchable);
[[nodiscard]] Device& deviceOf(const void* dispatchable);
// Bytes that the program holds in each heap.
[[nodiscard]] std::vector<std::uint64_t> heldBytes();

// nullptr: not pretended. By topic: creation.cpp, queues.cpp, heaps.cpp, sharing.cpp.
[[nodiscard]] PFN_vkVoidFunction creationHook(const char* name);
[[nodiscard]] PFN_vkVoidFunction queueHook(const char* name);
[[nodiscard]] PFN_vkVoidFunction heapHook(const char* name);
[[nodiscard]] PFN_vkVoidFunction sharingHook(const char* name);  // also of what the driver does not have

// To the driver's queue, with timelines in the place of shared semaphores; the device's mutex is held.
[[nodiscard]] VkResult submitShared(Device& device, VkQueue real, std::span<const VkSubmitInfo> infos, VkFence fence);

// The queues of a new device.
void makeQueues(Device& device, PFN_vkSetDeviceLoaderData setLoaderData);

template <typename F>
[[nodiscard]] PFN_vkVoidFunction hooked(F* function) {
  return reinterpret_cast<PFN_vkVoidFunction>(function);
}
// In a pNext chain; nullptr where there is none.
template <typename T>
[[nodiscard]] T* findIn(void* chain, VkStructureType type) {
  for (auto* s = static_cast<VkBaseOutStructure*>(chain); s != nullptr; s = s->pNext) {
    if (s->sType == type) return reinterpret_cast<T*>(s);
  }
  return nullptr;
}

}  // namespace lull::pretended
