// SPDX-License-Identifier: Apache-2.0
// Instances, devices, and what they say they offer.
#include "fakes/pretended_gpu/pretended_gpu.h"

#include <algorithm>
#include <cstring>
#include <shared_mutex>

namespace lull::pretended {

namespace {

constexpr std::uint32_t kVulkan14 = VK_MAKE_API_VERSION(0, 1, 4, 0);

// Never destroyed, as programs leave how they like.
struct Known {
  std::shared_mutex mutex;
  std::map<const void*, InstanceTable> instances;
  std::map<const void*, std::unique_ptr<Device>> devices;
};
Known& known() {
  static auto* const all = new Known;
  return *all;
}
const void* keyOf(const void* dispatchable) { return *static_cast<const void* const*>(dispatchable); }

template <typename Link>
Link* findLink(const void* chain, VkStructureType type, VkLayerFunction function) {
  for (const auto* s = static_cast<const VkBaseInStructure*>(chain); s != nullptr; s = s->pNext) {
    auto* link = const_cast<Link*>(reinterpret_cast<const Link*>(s));
    if (s->sType == type && link->function == function) return link;
  }
  return nullptr;
}

VKAPI_ATTR VkResult VKAPI_CALL createInstance(const VkInstanceCreateInfo* info, const VkAllocationCallbacks* allocator,
                                              VkInstance* instance) {
  auto* link = findLink<VkLayerInstanceCreateInfo>(info->pNext, VK_STRUCTURE_TYPE_LOADER_INSTANCE_CREATE_INFO,
                                                   VK_LAYER_LINK_INFO);
  const auto next = link->u.pLayerInfo->pfnNextGetInstanceProcAddr;
  link->u.pLayerInfo = link->u.pLayerInfo->pNext;
  const auto create = reinterpret_cast<PFN_vkCreateInstance>(next(VK_NULL_HANDLE, "vkCreateInstance"));
  const VkResult result = create(info, allocator, instance);
  if (result != VK_SUCCESS) return result;
  InstanceTable table;
  table.GetInstanceProcAddr = next;
#define LULL_LOAD(name) table.name = reinterpret_cast<PFN_vk##name>(next(*instance, "vk" #name));
  LULL_PRETENDED_INSTANCE(LULL_LOAD)
#undef LULL_LOAD
  const std::unique_lock lock(known().mutex);
  known().instances[keyOf(*instance)] = table;
  return VK_SUCCESS;
}

VKAPI_ATTR void VKAPI_CALL destroyInstance(VkInstance instance, const VkAllocationCallbacks* allocator) {
  if (instance == VK_NULL_HANDLE) return;
  const auto destroy = instanceOf(instance).DestroyInstance;
  {
    const std::unique_lock lock(known().mutex);
    known().instances.erase(keyOf(instance));
  }
  destroy(instance, allocator);
}

std::string nameOf(VkQueueGlobalPriorityKHR priority) {
  if (priority == VK_QUEUE_GLOBAL_PRIORITY_LOW_KHR) return "low";
  return priority == VK_QUEUE_GLOBAL_PRIORITY_MEDIUM_KHR ? "medium" : "high";
}

// The global priority, "none" without one; then "+" and the type of each other structure.
std::string chainOf(const VkDeviceQueueCreateInfo& info) {
  std::string priority = "none";
  std::string others;
  for (const auto* s = static_cast<const VkBaseInStructure*>(info.pNext); s != nullptr; s = s->pNext) {
    if (s->sType == VK_STRUCTURE_TYPE_DEVICE_QUEUE_GLOBAL_PRIORITY_CREATE_INFO_KHR) {
      priority = nameOf(reinterpret_cast<const VkDeviceQueueGlobalPriorityCreateInfoKHR*>(s)->globalPriority);
    } else {
      others += "+" + std::to_string(s->sType);
    }
  }
  return priority + others;
}

std::string described(const VkDeviceCreateInfo& info, VkResult result) {
  std::string extensions;
  for (std::uint32_t i = 0; i < info.enabledExtensionCount; ++i) {
    extensions += std::string(i == 0 ? "" : ",") + info.ppEnabledExtensionNames[i];
  }
  std::string queues;
  for (std::uint32_t i = 0; i < info.queueCreateInfoCount; ++i) {
    const auto& queue = info.pQueueCreateInfos[i];
    queues += (i == 0 ? "" : ",") + std::to_string(queue.queueFamilyIndex) + "x" + std::to_string(queue.queueCount) +
              ":" + chainOf(queue);
  }
  return "device result=" + std::to_string(result) + " extensions=" + extensions + " queues=" + queues;
}

bool asksForPriority(const VkDeviceCreateInfo& info) {
  return std::any_of(info.pQueueCreateInfos, info.pQueueCreateInfos + info.queueCreateInfoCount,
                     [](const VkDeviceQueueCreateInfo& queue) { return !chainOf(queue).starts_with("none"); });
}

bool isPretended(const char* extension) {
  const auto& all = wishes().extensions;
  return std::any_of(all.begin(), all.end(), [extension](const std::string& e) { return e == extension; });
}

VkResult createInDriver(PFN_vkCreateDevice create, VkPhysicalDevice physical, const VkDeviceCreateInfo& info,
                        VkDevice* handle) {
  std::vector<const char*> extensions;
  for (std::uint32_t i = 0; i < info.enabledExtensionCount; ++i) {
    if (!isPretended(info.ppEnabledExtensionNames[i])) extensions.push_back(info.ppEnabledExtensionNames[i]);
  }
  const float priority = 1;
  VkDeviceQueueCreateInfo queue{};
  queue.sType = VK_STRUCTURE_TYPE_DEVICE_QUEUE_CREATE_INFO;
  queue.queueCount = 1;
  queue.pQueuePriorities = &priority;
  VkDeviceCreateInfo plain = info;
  plain.queueCreateInfoCount = 1;
  plain.pQueueCreateInfos = &queue;
  plain.enabledExtensionCount = static_cast<std::uint32_t>(extensions.size());
  plain.ppEnabledExtensionNames = extensions.data();
  return create(physical, &plain, nullptr, handle);
}

// What no family offers is not created, as a driver would have it.
bool areOffered(const VkDeviceCreateInfo& info) {
  const auto& families = wishes().families;
  return std::all_of(info.pQueueCreateInfos, info.pQueueCreateInfos + info.queueCreateInfoCount, [&](const auto& q) {
    return q.queueFamilyIndex < families.size() && q.queueCount <= families[q.queueFamilyIndex].queues;
  });
}

void adopt(VkPhysicalDevice physical, VkDevice handle, PFN_vkGetDeviceProcAddr nextDevice,
           PFN_vkSetDeviceLoaderData setLoaderData) {
  auto device = std::make_unique<Device>();
  device->handle = handle;
  device->table.GetDeviceProcAddr = nextDevice;
#define LULL_LOAD(name) device->table.name = reinterpret_cast<PFN_vk##name>(nextDevice(handle, "vk" #name));
  LULL_PRETENDED_DEVICE(LULL_LOAD)
#undef LULL_LOAD
  VkPhysicalDeviceMemoryProperties memory{};
  instanceOf(physical).GetPhysicalDeviceMemoryProperties(physical, &memory);
  device->memoryTypes = memory.memoryTypeCount;
  makeQueues(*device, setLoaderData);
  const std::unique_lock lock(known().mutex);
  known().devices[keyOf(handle)] = std::move(device);
}

VKAPI_ATTR VkResult VKAPI_CALL createDevice(VkPhysicalDevice physical, const VkDeviceCreateInfo* info,
                                            const VkAllocationCallbacks*, VkDevice* handle) {
  constexpr auto kType = VK_STRUCTURE_TYPE_LOADER_DEVICE_CREATE_INFO;
  auto* link = findLink<VkLayerDeviceCreateInfo>(info->pNext, kType, VK_LAYER_LINK_INFO);
  const auto* loader = findLink<VkLayerDeviceCreateInfo>(info->pNext, kType, VK_LOADER_DATA_CALLBACK);
  const auto nextInstance = link->u.pLayerInfo->pfnNextGetInstanceProcAddr;
  const auto nextDevice = link->u.pLayerInfo->pfnNextGetDeviceProcAddr;
  link->u.pLayerInfo = link->u.pLayerInfo->pNext;
  VkResult result = areOffered(*info) ? VK_SUCCESS : VK_ERROR_INITIALIZATION_FAILED;
  if (wishes().refusal != VK_SUCCESS && asksForPriority(*info)) result = wishes().refusal;
  if (result == VK_SUCCESS) {
    const auto create = reinterpret_cast<PFN_vkCreateDevice>(nextInstance(VK_NULL_HANDLE, "vkCreateDevice"));
    result = createInDriver(create, physical, *info, handle);
  }
  record(described(*info, result));
  if (result != VK_SUCCESS) {
    *handle = VK_NULL_HANDLE;  // as drivers do: who tries again must not rely on what stood there
    return result;
  }
  adopt(physical, *handle, nextDevice, loader->u.pfnSetDeviceLoaderData);
  return VK_SUCCESS;
}

VKAPI_ATTR void VKAPI_CALL destroyDevice(VkDevice handle, const VkAllocationCallbacks*) {
  if (handle == VK_NULL_HANDLE) return;
  std::unique_ptr<Device> device;
  {
    const std::unique_lock lock(known().mutex);
    device = std::move(known().devices[keyOf(handle)]);
    known().devices.erase(keyOf(handle));
  }
  for (const auto& [semaphore, shared] : device->shared) device->table.DestroySemaphore(handle, shared.line, nullptr);
  device->table.DestroyDevice(handle, nullptr);
}

VKAPI_ATTR VkResult VKAPI_CALL enumerateExtensions(VkPhysicalDevice physical, const char* layer, std::uint32_t* count,
                                                   VkExtensionProperties* out) {
  const auto next = instanceOf(physical).EnumerateDeviceExtensionProperties;
  if (layer != nullptr) return next(physical, layer, count, out);
  std::uint32_t total = 0;
  next(physical, nullptr, &total, nullptr);
  std::vector<VkExtensionProperties> all(total);
  next(physical, nullptr, &total, all.data());
  for (const auto& name : wishes().extensions) {
    VkExtensionProperties extension{};
    std::strncpy(extension.extensionName, name.c_str(), VK_MAX_EXTENSION_NAME_SIZE - 1);
    extension.specVersion = 1;
    all.push_back(extension);
  }
  const auto offered = static_cast<std::uint32_t>(all.size());
  const std::uint32_t given = out == nullptr ? offered : std::min(*count, offered);
  if (out != nullptr) std::copy_n(all.begin(), given, out);
  *count = given;
  return given < offered ? VK_INCOMPLETE : VK_SUCCESS;
}

VKAPI_ATTR void VKAPI_CALL getProperties(VkPhysicalDevice physical, VkPhysicalDeviceProperties* out) {
  instanceOf(physical).GetPhysicalDeviceProperties(physical, out);
  if (wishes().core14) out->apiVersion = kVulkan14;
}
VKAPI_ATTR void VKAPI_CALL getProperties2(VkPhysicalDevice physical, VkPhysicalDeviceProperties2* out) {
  instanceOf(physical).GetPhysicalDeviceProperties2(physical, out);
  if (wishes().core14) out->properties.apiVersion = kVulkan14;
}

}  // namespace

const InstanceTable& instanceOf(const void* dispatchable) {
  const std::shared_lock lock(known().mutex);
  return known().instances.at(keyOf(dispatchable));
}

Device& deviceOf(const void* dispatchable) {
  const std::shared_lock lock(known().mutex);
  return *known().devices.at(keyOf(dispatchable));
}

std::vector<std::uint64_t> heldBytes() {
  std::vector<std::uint64_t> held(VK_MAX_MEMORY_HEAPS);
  const std::shared_lock lock(known().mutex);
  for (const auto& [key, device] : known().devices) {
    const std::lock_guard own(device->mutex);
    for (const auto& [memory, part] : device->memory) held[part.first] += part.second;
  }
  return held;
}

PFN_vkVoidFunction creationHook(const char* name) {
  static const std::map<std::string_view, PFN_vkVoidFunction> hooks{
      {"vkCreateInstance", hooked(&createInstance)},
      {"vkDestroyInstance", hooked(&destroyInstance)},
      {"vkCreateDevice", hooked(&createDevice)},
      {"vkDestroyDevice", hooked(&destroyDevice)},
      {"vkEnumerateDeviceExtensionProperties", hooked(&enumerateExtensions)},
      {"vkGetPhysicalDeviceProperties", hooked(&getProperties)},
      {"vkGetPhysicalDeviceProperties2", hooked(&getProperties2)},
      {"vkGetPhysicalDeviceProperties2KHR", hooked(&getProperties2)},
  };
  const auto found = hooks.find(name);
  return found == hooks.end() ? nullptr : found->second;
}

}  // namespace lull::pretended
