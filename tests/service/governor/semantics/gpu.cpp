// SPDX-License-Identifier: Apache-2.0
#include "gpu.h"

#include <algorithm>
#include <atomic>
#include <cstdio>

namespace semantics {

namespace {

std::atomic<std::uint32_t> g_messages{0};

VkBool32 VKAPI_CALL hear(VkDebugUtilsMessageSeverityFlagBitsEXT, VkDebugUtilsMessageTypeFlagsEXT,
                         const VkDebugUtilsMessengerCallbackDataEXT* data, void*) {
  const char* id = data->pMessageIdName != nullptr ? data->pMessageIdName : "unnamed";
  std::printf("MESSAGE %s\n", id);
  std::fprintf(stderr, "%s\n", data->pMessage);
  std::fflush(stdout);
  ++g_messages;
  return VK_FALSE;
}

// Everything that a case uses beyond the core.
constexpr const char* kWanted[] = {
    VK_KHR_PUSH_DESCRIPTOR_EXTENSION_NAME,    VK_EXT_CONDITIONAL_RENDERING_EXTENSION_NAME,
    VK_KHR_PIPELINE_LIBRARY_EXTENSION_NAME,   VK_EXT_GRAPHICS_PIPELINE_LIBRARY_EXTENSION_NAME,
    VK_KHR_EXTERNAL_FENCE_FD_EXTENSION_NAME,  VK_KHR_EXTERNAL_SEMAPHORE_FD_EXTENSION_NAME,
    VK_KHR_EXTERNAL_MEMORY_FD_EXTENSION_NAME, VK_EXT_TRANSFORM_FEEDBACK_EXTENSION_NAME,
};

}  // namespace

std::uint32_t messagesHeard() { return g_messages; }

Instance::Instance(std::uint32_t apiVersion) {
  const VkApplicationInfo application{
      .sType = VK_STRUCTURE_TYPE_APPLICATION_INFO, .pApplicationName = "lull-semantics", .apiVersion = apiVersion};
  std::uint32_t count = 0;
  require(vkEnumerateInstanceExtensionProperties(nullptr, &count, nullptr), "vkEnumerateInstanceExtensionProperties");
  std::vector<VkExtensionProperties> offered(count);
  require(vkEnumerateInstanceExtensionProperties(nullptr, &count, offered.data()),
          "vkEnumerateInstanceExtensionProperties");
  const char* utilities = VK_EXT_DEBUG_UTILS_EXTENSION_NAME;
  const bool canListen = std::any_of(offered.begin(), offered.end(), [&](const VkExtensionProperties& extension) {
    return std::string_view(extension.extensionName) == utilities;
  });
  const VkInstanceCreateInfo info{.sType = VK_STRUCTURE_TYPE_INSTANCE_CREATE_INFO,
                                  .pApplicationInfo = &application,
                                  .enabledExtensionCount = canListen ? 1U : 0U,
                                  .ppEnabledExtensionNames = &utilities};
  require(vkCreateInstance(&info, nullptr, &m_handle), "vkCreateInstance");
  if (canListen) listen();
}

void Instance::listen() {
  const auto create = reinterpret_cast<PFN_vkCreateDebugUtilsMessengerEXT>(
      vkGetInstanceProcAddr(m_handle, "vkCreateDebugUtilsMessengerEXT"));
  const VkDebugUtilsMessengerCreateInfoEXT info{.sType = VK_STRUCTURE_TYPE_DEBUG_UTILS_MESSENGER_CREATE_INFO_EXT,
                                                .messageSeverity = VK_DEBUG_UTILS_MESSAGE_SEVERITY_WARNING_BIT_EXT |
                                                                   VK_DEBUG_UTILS_MESSAGE_SEVERITY_ERROR_BIT_EXT,
                                                .messageType = VK_DEBUG_UTILS_MESSAGE_TYPE_VALIDATION_BIT_EXT,
                                                .pfnUserCallback = hear};
  require(create(m_handle, &info, nullptr, &m_messenger), "vkCreateDebugUtilsMessengerEXT");
}

Instance::~Instance() {
  if (m_handle == VK_NULL_HANDLE) return;
  if (m_messenger != VK_NULL_HANDLE) {
    const auto destroy = reinterpret_cast<PFN_vkDestroyDebugUtilsMessengerEXT>(
        vkGetInstanceProcAddr(m_handle, "vkDestroyDebugUtilsMessengerEXT"));
    destroy(m_handle, m_messenger, nullptr);
  }
  vkDestroyInstance(m_handle, nullptr);
}

VkPhysicalDevice Instance::physical() const {
  std::uint32_t count = 1;
  VkPhysicalDevice physical = VK_NULL_HANDLE;
  const VkResult result = vkEnumeratePhysicalDevices(m_handle, &count, &physical);
  check(result == VK_SUCCESS || result == VK_INCOMPLETE, "vkEnumeratePhysicalDevices failed");
  check(count == 1, "there is no Vulkan device");
  return physical;
}

Gpu::Gpu(const Instance& instance, Ask ask, std::uint32_t queues)
    : m_instance(instance), m_physical(instance.physical()) {
  vkGetPhysicalDeviceProperties(m_physical, &m_properties);
  vkGetPhysicalDeviceMemoryProperties(m_physical, &m_memory);
  chooseFamily();
  if (ask != Ask::Plain) {
    chooseExtensions();
    askFeatures();
  }
  createDevice(ask, queues);
  vkGetDeviceQueue(m_device, m_family, 0, &m_queue);
}

void Gpu::createDevice(Ask ask, std::uint32_t queues) {
  std::vector<VkDeviceQueueCreateInfo> wanted;
  const std::vector<float> priorities(64, 1.0F);
  for (std::uint32_t i = 0; i < m_families.size(); ++i) {
    if (ask != Ask::AllQueues && i != m_family) continue;
    wanted.push_back({.sType = VK_STRUCTURE_TYPE_DEVICE_QUEUE_CREATE_INFO,
                      .queueFamilyIndex = i,
                      .queueCount = ask == Ask::AllQueues ? std::min(m_families[i].queueCount, 64U) : queues,
                      .pQueuePriorities = priorities.data()});
  }
  const VkDeviceCreateInfo info{.sType = VK_STRUCTURE_TYPE_DEVICE_CREATE_INFO,
                                .pNext = ask != Ask::Plain ? &m_features.core : nullptr,
                                .queueCreateInfoCount = static_cast<std::uint32_t>(wanted.size()),
                                .pQueueCreateInfos = wanted.data(),
                                .enabledExtensionCount = static_cast<std::uint32_t>(m_extensions.size()),
                                .ppEnabledExtensionNames = m_extensions.data()};
  require(vkCreateDevice(m_physical, &info, nullptr, &m_device), "vkCreateDevice");
  for (const auto& family : wanted) {
    for (std::uint32_t i = 0; i < family.queueCount; ++i) {
      Queue queue{.family = family.queueFamilyIndex, .flags = m_families[family.queueFamilyIndex].queueFlags};
      vkGetDeviceQueue(m_device, queue.family, i, &queue.handle);
      m_queues.push_back(queue);
    }
  }
}

Gpu::~Gpu() {
  if (m_device != VK_NULL_HANDLE) vkDestroyDevice(m_device, nullptr);
}

void Gpu::chooseFamily() {
  std::uint32_t count = 0;
  vkGetPhysicalDeviceQueueFamilyProperties(m_physical, &count, nullptr);
  m_families.resize(count);
  vkGetPhysicalDeviceQueueFamilyProperties(m_physical, &count, m_families.data());
  for (std::uint32_t i = 0; i < count; ++i) {
    constexpr VkQueueFlags kBoth = VK_QUEUE_COMPUTE_BIT | VK_QUEUE_GRAPHICS_BIT;
    if ((m_families[i].queueFlags & kBoth) != kBoth) continue;
    m_family = i;
    m_timestampBits = m_families[i].timestampValidBits;
    return;
  }
  throw Failure{"no queue family does both graphics and compute"};
}

void Gpu::chooseExtensions() {
  check(m_properties.apiVersion >= VK_API_VERSION_1_3, "the driver is older than Vulkan 1.3");
  std::uint32_t count = 0;
  vkEnumerateDeviceExtensionProperties(m_physical, nullptr, &count, nullptr);
  std::vector<VkExtensionProperties> offered(count);
  vkEnumerateDeviceExtensionProperties(m_physical, nullptr, &count, offered.data());
  for (const char* wanted : kWanted) {
    for (const auto& extension : offered) {
      if (std::string_view(extension.extensionName) == wanted) m_extensions.push_back(wanted);
    }
  }
}

void Gpu::askFeatures() {
  m_features.core.sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_FEATURES_2;
  m_features.v11.sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_VULKAN_1_1_FEATURES;
  m_features.v12.sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_VULKAN_1_2_FEATURES;
  m_features.v13.sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_VULKAN_1_3_FEATURES;
  m_features.library.sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_GRAPHICS_PIPELINE_LIBRARY_FEATURES_EXT;
  m_features.conditional.sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_CONDITIONAL_RENDERING_FEATURES_EXT;
  m_features.feedback.sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_TRANSFORM_FEEDBACK_FEATURES_EXT;
  m_features.core.pNext = &m_features.v11;
  m_features.v11.pNext = &m_features.v12;
  m_features.v12.pNext = &m_features.v13;
  void** tail = &m_features.v13.pNext;
  const auto link = [&](const char* extension, auto& structure) {
    if (!has(extension)) return;
    *tail = &structure;
    tail = &structure.pNext;
  };
  link(VK_EXT_GRAPHICS_PIPELINE_LIBRARY_EXTENSION_NAME, m_features.library);
  link(VK_EXT_CONDITIONAL_RENDERING_EXTENSION_NAME, m_features.conditional);
  link(VK_EXT_TRANSFORM_FEEDBACK_EXTENSION_NAME, m_features.feedback);
  vkGetPhysicalDeviceFeatures2(m_physical, &m_features.core);
  m_features.core.features.robustBufferAccess = VK_FALSE;
}

bool Gpu::has(std::string_view extension) const {
  return std::any_of(m_extensions.begin(), m_extensions.end(), [&](const char* name) { return extension == name; });
}

void Gpu::need(const char* extension) const {
  if (!has(extension)) throw Skip{std::string("the driver has no ") + extension};
}

std::uint32_t Gpu::memoryType(std::uint32_t allowed, VkMemoryPropertyFlags wanted) const {
  for (std::uint32_t i = 0; i < m_memory.memoryTypeCount; ++i) {
    const bool fits = (m_memory.memoryTypes[i].propertyFlags & wanted) == wanted;
    if (fits && ((allowed >> i) & 1U) != 0) return i;
  }
  throw Failure{"no fitting memory type"};
}

void Gpu::waitIdle() const { require(vkDeviceWaitIdle(m_device), "vkDeviceWaitIdle"); }

}  // namespace semantics
