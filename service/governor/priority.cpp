// SPDX-License-Identifier: Apache-2.0
#include "governor/priority.h"

#include "governor/chain.h"

#include <algorithm>
#include <span>
#include <string_view>

namespace lull::governor {

namespace {

constexpr std::uint32_t kVulkan14 = VK_MAKE_API_VERSION(0, 1, 4, 0);  // has global priorities without an extension

using Extensions = std::vector<VkExtensionProperties>;

Extensions extensionsOf(const InstanceTable& vk, VkPhysicalDevice physical) {
  std::uint32_t count = 0;
  if (vk.EnumerateDeviceExtensionProperties(physical, nullptr, &count, nullptr) != VK_SUCCESS) return {};
  Extensions all(count);
  vk.EnumerateDeviceExtensionProperties(physical, nullptr, &count, all.data());
  all.resize(std::min<std::size_t>(count, all.size()));
  return all;
}

bool has(const Extensions& extensions, std::string_view name) {
  return std::any_of(extensions.begin(), extensions.end(),
                     [name](const VkExtensionProperties& e) { return name == e.extensionName; });
}

bool enables(const VkDeviceCreateInfo& info, std::string_view name) {
  const std::span enabled(info.ppEnabledExtensionNames, info.enabledExtensionCount);
  return std::any_of(enabled.begin(), enabled.end(), [name](const char* e) { return name == e; });
}

// nullptr: not to be called.
PFN_vkGetPhysicalDeviceQueueFamilyProperties2 familyQuery(const InstanceTable& vk, InstanceFacts instance) {
  if (!instance.properties2) return nullptr;
  const bool core = instance.apiVersion >= VK_API_VERSION_1_1;
  return core ? vk.GetPhysicalDeviceQueueFamilyProperties2 : vk.GetPhysicalDeviceQueueFamilyProperties2KHR;
}

bool allowsLow(const VkQueueFamilyGlobalPriorityPropertiesKHR& family) {
  const std::span all(family.priorities, std::min(family.priorityCount, VK_MAX_GLOBAL_PRIORITY_SIZE_KHR));
  return std::find(all.begin(), all.end(), VK_QUEUE_GLOBAL_PRIORITY_LOW_KHR) != all.end();
}

std::vector<bool> familiesWithLow(PFN_vkGetPhysicalDeviceQueueFamilyProperties2 query, VkPhysicalDevice physical) {
  std::uint32_t count = 0;
  query(physical, &count, nullptr);
  std::vector<VkQueueFamilyGlobalPriorityPropertiesKHR> priorities(count);
  std::vector<VkQueueFamilyProperties2> families(count);
  for (std::uint32_t i = 0; i < count; ++i) {
    priorities[i].sType = VK_STRUCTURE_TYPE_QUEUE_FAMILY_GLOBAL_PRIORITY_PROPERTIES_KHR;
    families[i].sType = VK_STRUCTURE_TYPE_QUEUE_FAMILY_PROPERTIES_2;
    families[i].pNext = &priorities[i];
  }
  query(physical, &count, families.data());
  std::vector<bool> low;
  for (const auto& family : priorities) low.push_back(allowsLow(family));
  return low;
}

// Queues of one family must all have the same priority, even if they are created in two steps.
bool givesPriority(const VkDeviceCreateInfo& info, std::uint32_t family) {
  const std::span queues(info.pQueueCreateInfos, info.queueCreateInfoCount);
  return std::any_of(queues.begin(), queues.end(), [family](const VkDeviceQueueCreateInfo& queue) {
    return queue.queueFamilyIndex == family &&
           inChain<VkDeviceQueueGlobalPriorityCreateInfoKHR>(queue.pNext) != nullptr;
  });
}

}  // namespace

PriorityOffer priorityOffer(const InstanceTable& vk, VkPhysicalDevice physical, const VkDeviceCreateInfo& info,
                            InstanceFacts instance) {
  const Extensions extensions = extensionsOf(vk, physical);
  const auto query = familyQuery(vk, instance);
  VkPhysicalDeviceProperties properties{};
  vk.GetPhysicalDeviceProperties(physical, &properties);
  const bool core = std::min(properties.apiVersion, instance.apiVersion) >= kVulkan14;
  const bool khr = query != nullptr && has(extensions, VK_KHR_GLOBAL_PRIORITY_EXTENSION_NAME);
  const bool ext = has(extensions, VK_EXT_GLOBAL_PRIORITY_EXTENSION_NAME);
  PriorityOffer out{.offered = core || khr || ext};
  if (!out.offered) return out;
  const bool enabled =
      enables(info, VK_KHR_GLOBAL_PRIORITY_EXTENSION_NAME) || enables(info, VK_EXT_GLOBAL_PRIORITY_EXTENSION_NAME);
  if (!core && !enabled) {
    out.extension = khr ? VK_KHR_GLOBAL_PRIORITY_EXTENSION_NAME : VK_EXT_GLOBAL_PRIORITY_EXTENSION_NAME;
  }
  const bool told = core || khr || has(extensions, VK_EXT_GLOBAL_PRIORITY_QUERY_EXTENSION_NAME);
  if (told && query != nullptr) {
    out.families = familiesWithLow(query, physical);
  } else {
    std::uint32_t count = 0;
    vk.GetPhysicalDeviceQueueFamilyProperties(physical, &count, nullptr);
    out.families.assign(count, true);
  }
  return out;
}

LowPriority::LowPriority(const VkDeviceCreateInfo& own, const PriorityOffer& offer)
    : m_info(own), m_queues(own.pQueueCreateInfos, own.pQueueCreateInfos + own.queueCreateInfoCount) {
  if (!offer.offered) return;
  for (VkDeviceQueueCreateInfo& queue : m_queues) {
    const std::uint32_t family = queue.queueFamilyIndex;
    const bool may = family < offer.families.size() && offer.families[family];
    if (!may || givesPriority(own, family)) continue;
    VkDeviceQueueGlobalPriorityCreateInfoKHR priority{};
    priority.sType = VK_STRUCTURE_TYPE_DEVICE_QUEUE_GLOBAL_PRIORITY_CREATE_INFO_KHR;
    priority.pNext = queue.pNext;
    priority.globalPriority = VK_QUEUE_GLOBAL_PRIORITY_LOW_KHR;
    queue.pNext = &m_priorities.emplace_back(priority);
  }
  m_info.pQueueCreateInfos = m_queues.data();
  if (!asks() || offer.extension == nullptr) return;
  m_extensions.assign(own.ppEnabledExtensionNames, own.ppEnabledExtensionNames + own.enabledExtensionCount);
  m_extensions.push_back(offer.extension);
  m_info.enabledExtensionCount = static_cast<std::uint32_t>(m_extensions.size());
  m_info.ppEnabledExtensionNames = m_extensions.data();
}

}  // namespace lull::governor
