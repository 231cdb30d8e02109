// SPDX-License-Identifier: Apache-2.0
#include "runtimes/spirv/gpu.h"

#include "governor/gpu_id.h"

#include <optional>
#include <vector>

namespace lull::spirv {

namespace {

Attempt<VkInstance> createInstance() {
  VkApplicationInfo application{};
  application.sType = VK_STRUCTURE_TYPE_APPLICATION_INFO;
  application.pApplicationName = "lull-spirv";
  application.apiVersion = VK_API_VERSION_1_2;
  VkInstanceCreateInfo info{};
  info.sType = VK_STRUCTURE_TYPE_INSTANCE_CREATE_INFO;
  info.pApplicationInfo = &application;
  VkInstance instance = VK_NULL_HANDLE;
  const VkResult result = vkCreateInstance(&info, nullptr, &instance);
  if (result != VK_SUCCESS) return fromVulkan(result, "vkCreateInstance");
  return instance;
}

std::string idOf(VkPhysicalDevice physical) {
  VkPhysicalDeviceIDProperties ids{};
  ids.sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_ID_PROPERTIES;
  VkPhysicalDeviceProperties2 properties{};
  properties.sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_PROPERTIES_2;
  properties.pNext = &ids;
  vkGetPhysicalDeviceProperties2(physical, &properties);
  return gpuId(properties.properties, ids);
}

// A queue that does not draw is a better neighbour to the desktop.
std::optional<std::uint32_t> computeFamily(VkPhysicalDevice physical) {
  std::uint32_t count = 0;
  vkGetPhysicalDeviceQueueFamilyProperties(physical, &count, nullptr);
  std::vector<VkQueueFamilyProperties> families(count);
  vkGetPhysicalDeviceQueueFamilyProperties(physical, &count, families.data());
  std::optional<std::uint32_t> any;
  for (std::uint32_t i = 0; i < count; ++i) {
    if ((families[i].queueFlags & VK_QUEUE_COMPUTE_BIT) == 0) continue;
    if ((families[i].queueFlags & VK_QUEUE_GRAPHICS_BIT) == 0) return i;
    if (!any) any = i;
  }
  return any;
}

void readOffer(FoundGpu& gpu) {
  VkPhysicalDeviceSubgroupProperties subgroups{};
  subgroups.sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_SUBGROUP_PROPERTIES;
  VkPhysicalDeviceProperties2 properties{};
  properties.sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_PROPERTIES_2;
  properties.pNext = &subgroups;
  vkGetPhysicalDeviceProperties2(gpu.physical, &properties);
  gpu.properties = properties.properties;
  if ((subgroups.supportedStages & VK_SHADER_STAGE_COMPUTE_BIT) != 0) {
    gpu.offer.subgroups = subgroups.supportedOperations;
  }
  vkGetPhysicalDeviceFeatures2(gpu.physical, gpu.offer.features.chain(gpu.properties.apiVersion));
  vkGetPhysicalDeviceMemoryProperties(gpu.physical, &gpu.memory);
}

}  // namespace

Attempt<FoundGpu> findGpu(const std::string& id) {
  const auto instance = createInstance();
  if (!instance) return instance.failure();
  std::uint32_t count = 0;
  vkEnumeratePhysicalDevices(*instance, &count, nullptr);
  std::vector<VkPhysicalDevice> all(count);
  const VkResult listed = vkEnumeratePhysicalDevices(*instance, &count, all.data());
  if (listed < 0) return fromVulkan(listed, "vkEnumeratePhysicalDevices");
  for (VkPhysicalDevice physical : all) {
    VkPhysicalDeviceProperties properties{};
    vkGetPhysicalDeviceProperties(physical, &properties);
    if (properties.apiVersion < VK_API_VERSION_1_1 || idOf(physical) != id) continue;
    const auto family = computeFamily(physical);
    if (!family) continue;
    FoundGpu gpu;
    gpu.instance = *instance;
    gpu.physical = physical;
    gpu.queueFamily = *family;
    readOffer(gpu);
    return gpu;
  }
  return failure(Failure::KIND_DRIVER, "The GPU of this task is not there any more, or its driver does not answer.",
                 "no Vulkan 1.1 compute device with id " + id + " among " + std::to_string(count));
}

Attempt<Gpu> openGpu(const FoundGpu& found, Features features) {
  const float priority = 0;
  VkDeviceQueueCreateInfo queue{};
  queue.sType = VK_STRUCTURE_TYPE_DEVICE_QUEUE_CREATE_INFO;
  queue.queueFamilyIndex = found.queueFamily;
  queue.queueCount = 1;
  queue.pQueuePriorities = &priority;
  VkDeviceCreateInfo info{};
  info.sType = VK_STRUCTURE_TYPE_DEVICE_CREATE_INFO;
  info.pNext = features.chain(found.properties.apiVersion);
  info.queueCreateInfoCount = 1;
  info.pQueueCreateInfos = &queue;
  Gpu gpu;
  gpu.found = found;
  const VkResult result = vkCreateDevice(found.physical, &info, nullptr, &gpu.device);
  if (result != VK_SUCCESS) return fromVulkan(result, "vkCreateDevice");
  vkGetDeviceQueue(gpu.device, found.queueFamily, 0, &gpu.queue);
  return gpu;
}

}  // namespace lull::spirv
