// SPDX-License-Identifier: Apache-2.0
// An instance and a device with all that the driver offers of what the cases use.
#pragma once

#include "case.h"

#include <mutex>
#include <string_view>
#include <vector>

namespace semantics {

// How many validation messages were heard so far, in all instances of the process.
[[nodiscard]] std::uint32_t messagesHeard();

class Instance {
public:
  explicit Instance(std::uint32_t apiVersion = VK_API_VERSION_1_3);
  ~Instance();
  Instance(const Instance&) = delete;
  Instance& operator=(const Instance&) = delete;

  [[nodiscard]] VkInstance handle() const { return m_handle; }
  [[nodiscard]] VkPhysicalDevice physical() const;  // the first one
  [[nodiscard]] bool isLabelling() const { return m_messenger != VK_NULL_HANDLE; }
  void abandon() { m_handle = VK_NULL_HANDLE; }  // leaves it behind, as many programs do

private:
  void listen();
  VkInstance m_handle = VK_NULL_HANDLE;
  VkDebugUtilsMessengerEXT m_messenger = VK_NULL_HANDLE;
};

// What the driver was asked for and has.
struct Features {
  VkPhysicalDeviceConditionalRenderingFeaturesEXT conditional{};
  VkPhysicalDeviceTransformFeedbackFeaturesEXT feedback{};
  VkPhysicalDeviceGraphicsPipelineLibraryFeaturesEXT library{};
  VkPhysicalDeviceVulkan13Features v13{};
  VkPhysicalDeviceVulkan12Features v12{};
  VkPhysicalDeviceVulkan11Features v11{};
  VkPhysicalDeviceFeatures2 core{};
};

class Gpu {
public:
  // Plain: no extension and no feature, as a program of Vulkan 1.0 would ask. AllQueues: every queue there is.
  enum class Ask { Everything, Plain, AllQueues };
  struct Queue {
    VkQueue handle = VK_NULL_HANDLE;
    std::uint32_t family = 0;
    VkQueueFlags flags = 0;
  };
  // `queues`: of its family, but for AllQueues.
  explicit Gpu(const Instance& instance, Ask ask = Ask::Everything, std::uint32_t queues = 1);
  ~Gpu();
  Gpu(const Gpu&) = delete;
  Gpu& operator=(const Gpu&) = delete;

  [[nodiscard]] const Instance& instance() const { return m_instance; }
  [[nodiscard]] VkPhysicalDevice physical() const { return m_physical; }
  [[nodiscard]] VkDevice device() const { return m_device; }
  [[nodiscard]] VkQueue queue() const { return m_queue; }
  [[nodiscard]] std::uint32_t family() const { return m_family; }
  [[nodiscard]] const std::vector<Queue>& queues() const { return m_queues; }  // all that were asked for
  [[nodiscard]] const Features& features() const { return m_features; }
  [[nodiscard]] const VkPhysicalDeviceProperties& properties() const { return m_properties; }
  [[nodiscard]] std::uint32_t timestampBits() const { return m_timestampBits; }
  [[nodiscard]] bool has(std::string_view extension) const;
  void need(const char* extension) const;  // ends the case as skipped where it is missing
  [[nodiscard]] std::uint32_t memoryType(std::uint32_t allowed, VkMemoryPropertyFlags wanted) const;
  void waitIdle() const;
  void abandon() { m_device = VK_NULL_HANDLE; }

  // A function as a program with its own loader gets it: without the loader's detour.
  template <typename F>
  [[nodiscard]] F function(const char* name) const {
    const PFN_vkVoidFunction found = vkGetDeviceProcAddr(m_device, name);
    if (found == nullptr) throw Failure{std::string(name) + " is missing"};
    return reinterpret_cast<F>(found);
  }

  // VkQueue is externally synchronised: threads of a case hold this one around its calls.
  [[nodiscard]] std::mutex& queueMutex() const { return m_queueMutex; }

private:
  void chooseExtensions();
  void askFeatures();
  void chooseFamily();
  void createDevice(Ask ask, std::uint32_t queues);
  const Instance& m_instance;
  VkPhysicalDevice m_physical = VK_NULL_HANDLE;
  VkDevice m_device = VK_NULL_HANDLE;
  VkQueue m_queue = VK_NULL_HANDLE;
  std::uint32_t m_family = 0;
  std::vector<VkQueueFamilyProperties> m_families;
  std::vector<Queue> m_queues;
  std::uint32_t m_timestampBits = 0;
  VkPhysicalDeviceProperties m_properties{};
  VkPhysicalDeviceMemoryProperties m_memory{};
  Features m_features;
  std::vector<const char*> m_extensions;
  mutable std::mutex m_queueMutex;
};

}  // namespace semantics
