// SPDX-License-Identifier: Apache-2.0
// Devices: how they are created and destroyed.
#include "governor/chain.h"
#include "governor/hooks.h"
#include "governor/link.h"
#include "governor/priority.h"
#include "governor/process.h"

#include <algorithm>
#include <cstdlib>
#include <span>
#include <string_view>
#include <thread>
#include <utility>

namespace lull::governor {

namespace {

// Set by tests: time stamps even on a software device.
constexpr const char* kStampsVariable = "LULL_GOVERNOR_STAMPS";

std::vector<VkQueueFamilyProperties> familiesOf(const InstanceTable& vk, VkPhysicalDevice physical) {
  uint32_t count = 0;
  vk.GetPhysicalDeviceQueueFamilyProperties(physical, &count, nullptr);
  std::vector<VkQueueFamilyProperties> families(count);
  vk.GetPhysicalDeviceQueueFamilyProperties(physical, &count, families.data());
  return families;
}

// Queries are reset on the queue itself, which transfer queues cannot.
bool canStamp(const VkQueueFamilyProperties& family) {
  return family.timestampValidBits > 0 && (family.queueFlags & (VK_QUEUE_GRAPHICS_BIT | VK_QUEUE_COMPUTE_BIT)) != 0;
}

// Time stamps for the queues that have them; completions as the CPU sees them for the others.
void chooseMeter(const InstanceTable& vk, VkPhysicalDevice physical, const VkDeviceCreateInfo& info,
                 Device::Origin& origin) {
  VkPhysicalDeviceProperties properties{};
  vk.GetPhysicalDeviceProperties(physical, &properties);
  // There a time stamp costs a walk over the driver's threads, 7 % in all with 4 ms pieces, and completions are exact.
  const bool software = properties.deviceType == VK_PHYSICAL_DEVICE_TYPE_CPU;
  if (software && std::getenv(kStampsVariable) == nullptr) return;
  const auto families = familiesOf(vk, physical);
  std::uint32_t bits = 64;
  bool any = false;
  for (uint32_t i = 0; i < info.queueCreateInfoCount; ++i) {
    const uint32_t index = info.pQueueCreateInfos[i].queueFamilyIndex;
    const bool stamps = index < families.size() && canStamp(families[index]);
    origin.families.push_back({.index = index, .stamps = stamps});
    if (!stamps) continue;
    any = true;
    bits = std::min(bits, families[index].timestampValidBits);
  }
  origin.timestampBits = any ? bits : 0;
  origin.nsPerTick = static_cast<double>(properties.limits.timestampPeriod);
}

// Extensions by which push constants are spoken of without a layout of ours knowing.
bool pushesWithoutLayouts(const VkDeviceCreateInfo& info) {
  constexpr std::string_view kOnes[] = {"VK_EXT_shader_object", "VK_NV_device_generated_commands",
                                        "VK_NV_device_generated_commands_compute", "VK_EXT_device_generated_commands"};
  const std::span names(info.ppEnabledExtensionNames, info.enabledExtensionCount);
  return std::any_of(names.begin(), names.end(), [&kOnes](const char* name) {
    return std::find(std::begin(kOnes), std::end(kOnes), name) != std::end(kOnes);
  });
}

// What the recorder wants to know.
void describe(const InstanceTable& vk, const VkDeviceCreateInfo& info, Device::Origin& origin) {
  const auto* group = inChain<VkDeviceGroupDeviceCreateInfo>(info.pNext);
  origin.grouped = group != nullptr && group->physicalDeviceCount > 1;
  VkPhysicalDeviceProperties properties{};
  vk.GetPhysicalDeviceProperties(origin.physical, &properties);
  // Layouts reach that far on all devices of today; one that offers more is not asked for more with every layout.
  constexpr std::uint32_t kMostPushed = 256;
  if (!pushesWithoutLayouts(info)) origin.mostPushed = std::min(kMostPushed, properties.limits.maxPushConstantsSize);
  origin.wide = properties.deviceType != VK_PHYSICAL_DEVICE_TYPE_CPU;
  // The smallest GPUs run about so many at once.
  constexpr std::uint64_t kLeastOnHardware = 64;
  origin.leastUnits = origin.wide ? kLeastOnHardware : std::max(1U, std::thread::hardware_concurrency());
}

// On failure nothing of ours is left and the program gets the error.
VkResult adopt(VkPhysicalDevice physical, const VkDeviceCreateInfo& info, Device::Origin origin) {
  Process& process = Process::get();
  Device* device = nullptr;
  try {
    const InstanceTable& vk = *process.instance(physical);
    vk.GetPhysicalDeviceMemoryProperties(physical, &origin.memory);
    describe(vk, info, origin);
    // Stamps of a group would be taken, and read, on one of its devices only.
    if (!origin.grouped) chooseMeter(vk, physical, info, origin);
    device = new Device(std::move(origin));
    process.addDevice(device);
    return VK_SUCCESS;
  } catch (...) {
    delete device;
    return VK_ERROR_OUT_OF_HOST_MEMORY;
  }
}

// What the program asked for.
struct Request {
  VkLayerDeviceCreateInfo* link = nullptr;
  const VkDeviceCreateInfo* info = nullptr;
  const VkAllocationCallbacks* allocator = nullptr;
  VkDevice* handle = nullptr;
};

// A device whose queues have LOW priority. False: none is offered, or the driver would not, whatever its reason; then
// all that the program gave is as it was.
bool createLow(PFN_vkCreateDevice create, VkPhysicalDevice physical, const Request& request) {
  Process& process = Process::get();
  const InstanceTable* vk = process.instance(physical);
  if (process.account() == nullptr || vk == nullptr) return false;
  const VkDevice handleBefore = *request.handle;  // the loader's own structure comes down in it
  VkLayerDeviceLink* const linkBefore = request.link->u.pLayerInfo;
  try {
    const LowPriority low(*request.info, priorityOffer(*vk, physical, *request.info, process.facts(physical)));
    if (!low.asks()) return false;
    if (create(physical, &low.info(), request.allocator, request.handle) == VK_SUCCESS) return true;
  } catch (...) {
  }
  *request.handle = handleBefore;
  request.link->u.pLayerInfo = linkBefore;  // the layers below moved it on
  return false;
}

VkResult createClaimed(VkPhysicalDevice physical, const VkDeviceCreateInfo* info,
                       const VkAllocationCallbacks* allocator, VkDevice* handle) noexcept {
  auto* link =
      findLink<VkLayerDeviceCreateInfo>(info->pNext, VK_STRUCTURE_TYPE_LOADER_DEVICE_CREATE_INFO, VK_LAYER_LINK_INFO);
  const auto* loader = findLink<VkLayerDeviceCreateInfo>(info->pNext, VK_STRUCTURE_TYPE_LOADER_DEVICE_CREATE_INFO,
                                                         VK_LOADER_DATA_CALLBACK);
  if (link == nullptr || link->u.pLayerInfo == nullptr || loader == nullptr) return VK_ERROR_INITIALIZATION_FAILED;
  Gate* gate = Process::get().gate();
  if (gate == nullptr) return VK_ERROR_OUT_OF_HOST_MEMORY;
  const auto nextInstance = link->u.pLayerInfo->pfnNextGetInstanceProcAddr;
  const auto nextDevice = link->u.pLayerInfo->pfnNextGetDeviceProcAddr;
  link->u.pLayerInfo = link->u.pLayerInfo->pNext;
  const auto setLoaderData = loader->u.pfnSetDeviceLoaderData;
  const auto create = reinterpret_cast<PFN_vkCreateDevice>(nextInstance(VK_NULL_HANDLE, "vkCreateDevice"));
  if (create == nullptr) return VK_ERROR_INITIALIZATION_FAILED;
  const bool low = createLow(create, physical, {.link = link, .info = info, .allocator = allocator, .handle = handle});
  const VkResult result = low ? VK_SUCCESS : create(physical, info, allocator, handle);
  if (result != VK_SUCCESS) return result;
  const DeviceTable table = deviceTable(*handle, nextDevice);
  const VkResult adopted = adopt(physical, *info,
                                 {.physical = physical,
                                  .device = *handle,
                                  .table = table,
                                  .setLoaderData = setLoaderData,
                                  .gate = gate,
                                  .account = Process::get().account(),
                                  .families = {}});
  if (adopted != VK_SUCCESS) table.DestroyDevice(*handle, allocator);
  return adopted;
}

VKAPI_ATTR VkResult VKAPI_CALL createDevice(VkPhysicalDevice physical, const VkDeviceCreateInfo* info,
                                            const VkAllocationCallbacks* allocator, VkDevice* handle) noexcept {
  if (!Process::get().claim()) return VK_ERROR_INITIALIZATION_FAILED;
  const VkResult result = createClaimed(physical, info, allocator, handle);
  if (result != VK_SUCCESS) Process::get().unclaim();
  return result;
}

VKAPI_ATTR void VKAPI_CALL destroyDevice(VkDevice handle, const VkAllocationCallbacks* allocator) noexcept {
  if (handle == VK_NULL_HANDLE) return;
  Device* device = Process::get().takeDevice(handle);
  if (device == nullptr) return;
  const auto destroy = device->table().DestroyDevice;
  delete device;
  destroy(handle, allocator);
  Process::get().unclaim();
}

}  // namespace

Hooks creationHooks() {
  static const Hook hooks[] = {{"vkCreateDevice", hooked(&createDevice)}};
  return hooks;
}

Hooks deviceHooks() {
  static const Hook hooks[] = {{"vkDestroyDevice", hooked(&destroyDevice)}};
  return hooks;
}

}  // namespace lull::governor
