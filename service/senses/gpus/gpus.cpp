// SPDX-License-Identifier: Apache-2.0
#include "senses/gpus/gpus.h"

#include "governor/gpu_id.h"
#include "senses/gpus/nodes.h"
#include "senses/gpus/words.h"
#include "senses/plain_text.h"

#include <vulkan/vulkan.h>

#include <fmt/core.h>

#include <algorithm>
#include <cstring>
#include <optional>
#include <set>
#include <string>
#include <tuple>
#include <vector>

namespace lull::gpus {

namespace {

// What one device tells of itself. Parts that its version or extensions lack stay zero.
struct Told {
  VkPhysicalDeviceProperties properties{};
  VkPhysicalDeviceIDProperties ids{};
  VkPhysicalDeviceDriverProperties driver{};
  std::optional<VkPhysicalDevicePCIBusInfoPropertiesEXT> bus;
  std::optional<VkPhysicalDeviceDrmPropertiesEXT> drm;
};

// Vulkan's habit: the count first, then the items.
template <typename Item, typename Call>
std::vector<Item> listed(Call call) {
  std::uint32_t count = 0;
  if (call(&count, nullptr) != VK_SUCCESS || count == 0) return {};
  std::vector<Item> items(count);
  const VkResult result = call(&count, items.data());
  items.resize(result == VK_SUCCESS || result == VK_INCOMPLETE ? count : 0);
  return items;
}

bool offers(VkPhysicalDevice device, const char* extension) {
  const auto all = listed<VkExtensionProperties>([device](std::uint32_t* count, VkExtensionProperties* items) {
    return vkEnumerateDeviceExtensionProperties(device, nullptr, count, items);
  });
  return std::any_of(all.begin(), all.end(),
                     [extension](const auto& e) { return std::strcmp(e.extensionName, extension) == 0; });
}

template <typename Part>
void chain(VkPhysicalDeviceProperties2& all, Part& part, VkStructureType type) {
  part.sType = type;
  part.pNext = all.pNext;
  all.pNext = &part;
}

Told ask(VkPhysicalDevice device) {
  Told told;
  vkGetPhysicalDeviceProperties(device, &told.properties);
  const std::uint32_t version = told.properties.apiVersion;
  if (version < VK_API_VERSION_1_1) return told;
  VkPhysicalDeviceProperties2 all{};
  all.sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_PROPERTIES_2;
  chain(all, told.ids, VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_ID_PROPERTIES);
  if (version >= VK_API_VERSION_1_2 || offers(device, VK_KHR_DRIVER_PROPERTIES_EXTENSION_NAME)) {
    chain(all, told.driver, VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_DRIVER_PROPERTIES);
  }
  VkPhysicalDevicePCIBusInfoPropertiesEXT bus{};
  const bool hasBus = offers(device, VK_EXT_PCI_BUS_INFO_EXTENSION_NAME);
  if (hasBus) chain(all, bus, VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_PCI_BUS_INFO_PROPERTIES_EXT);
  VkPhysicalDeviceDrmPropertiesEXT drm{};
  const bool hasDrm = offers(device, VK_EXT_PHYSICAL_DEVICE_DRM_EXTENSION_NAME);
  if (hasDrm) chain(all, drm, VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_DRM_PROPERTIES_EXT);
  vkGetPhysicalDeviceProperties2(device, &all);
  if (hasDrm) told.drm = drm;
  if (hasBus) told.bus = bus;
  return told;
}

bool computes(VkPhysicalDevice device) {
  std::uint32_t count = 0;
  vkGetPhysicalDeviceQueueFamilyProperties(device, &count, nullptr);
  std::vector<VkQueueFamilyProperties> families(count);
  vkGetPhysicalDeviceQueueFamilyProperties(device, &count, families.data());
  return std::any_of(families.begin(), families.end(), [](const auto& family) {
    return family.queueCount > 0 && (family.queueFlags & VK_QUEUE_COMPUTE_BIT) != 0;
  });
}

std::uint64_t localMemory(VkPhysicalDevice device) {
  VkPhysicalDeviceMemoryProperties memory{};
  vkGetPhysicalDeviceMemoryProperties(device, &memory);
  std::uint64_t bytes = 0;
  for (std::uint32_t i = 0; i < std::min<std::uint32_t>(memory.memoryHeapCount, VK_MAX_MEMORY_HEAPS); ++i) {
    if ((memory.memoryHeaps[i].flags & VK_MEMORY_HEAP_DEVICE_LOCAL_BIT) != 0) bytes += memory.memoryHeaps[i].size;
  }
  return bytes;
}

std::string whyNot(VkPhysicalDevice device, const VkPhysicalDeviceProperties& properties) {
  const std::uint32_t version = properties.apiVersion;
  if (version < VK_API_VERSION_1_1) {
    return fmt::format("its driver offers Vulkan {}.{}; Lull needs 1.1 or newer", VK_API_VERSION_MAJOR(version),
                       VK_API_VERSION_MINOR(version));
  }
  return computes(device) ? std::string() : "its driver offers no compute queue";
}

Whereabouts whereaboutsOf(const Told& told) {
  Whereabouts out;
  if (told.bus) {
    out.pciAddress = fmt::format("{:04x}:{:02x}:{:02x}.{:x}", told.bus->pciDomain, told.bus->pciBus,
                                 told.bus->pciDevice, told.bus->pciFunction);
  }
  if (told.drm && told.drm->hasRender == VK_TRUE) {
    out.renderNode = {static_cast<unsigned>(told.drm->renderMajor), static_cast<unsigned>(told.drm->renderMinor)};
  }
  return out;
}

v1::Gpu describe(VkPhysicalDevice device, const Told& told) {
  v1::Gpu gpu;
  gpu.set_id(gpuId(told.properties, told.ids));
  gpu.set_name(senses::plainText(told.properties.deviceName));
  gpu.set_vendor(vendorText(told.properties.vendorID));
  gpu.set_type(typeText(told.properties, told.driver.driverID));
  gpu.set_driver(senses::plainText(driverText(told.properties, told.driver)));
  gpu.set_memory_bytes(localMemory(device));
  gpu.set_why_not(whyNot(device, told.properties));
  gpu.set_usable(gpu.why_not().empty());
  for (auto& node : nodesOf(whereaboutsOf(told))) gpu.add_nodes(std::move(node));
  return gpu;
}

Result<VkInstance> createInstance() {
  VkApplicationInfo application{};
  application.sType = VK_STRUCTURE_TYPE_APPLICATION_INFO;
  application.pApplicationName = "lull-gpus";
  application.apiVersion = VK_API_VERSION_1_1;
  VkInstanceCreateInfo info{};
  info.sType = VK_STRUCTURE_TYPE_INSTANCE_CREATE_INFO;
  info.pApplicationInfo = &application;
  VkInstance instance = VK_NULL_HANDLE;
  const VkResult result = vkCreateInstance(&info, nullptr, &instance);
  if (result != VK_SUCCESS) return Error(Error::Kind::Unavailable, resultText(result));
  return instance;
}

// Which devices were listed already, by any of their names.
class Known {
public:
  bool isNew(const Told& told, const std::string& id) {
    bool fresh = m_ids.insert(id).second;
    if (!told.bus) return fresh;
    fresh &= m_buses.insert({told.bus->pciDomain, told.bus->pciBus, told.bus->pciDevice, told.bus->pciFunction}).second;
    return fresh;
  }

private:
  std::set<std::string> m_ids;
  std::set<std::tuple<std::uint32_t, std::uint32_t, std::uint32_t, std::uint32_t>> m_buses;
};

}  // namespace

Result<std::vector<v1::Gpu>> enumerate() {
  const auto instance = createInstance();
  if (!instance) return instance.error();
  const auto devices = listed<VkPhysicalDevice>([&instance](std::uint32_t* count, VkPhysicalDevice* items) {
    return vkEnumeratePhysicalDevices(*instance, count, items);
  });
  std::vector<v1::Gpu> gpus;
  Known known;
  for (VkPhysicalDevice device : devices) {
    const Told told = ask(device);
    v1::Gpu gpu = describe(device, told);
    if (known.isNew(told, gpu.id())) gpus.push_back(std::move(gpu));
  }
  return gpus;
}

}  // namespace lull::gpus
