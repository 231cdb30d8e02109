// SPDX-License-Identifier: Apache-2.0
// A small program's work on one GPU, as any Vulkan program would do it: enough to see the governor at work.
#pragma once

#include <vulkan/vulkan.h>

#include <chrono>
#include <cstdint>
#include <string>

namespace lull::governor {

class Trial {
public:
  explicit Trial(VkPhysicalDevice physical) : m_physical(physical) {}
  Trial(const Trial&) = delete;
  Trial& operator=(const Trial&) = delete;
  ~Trial();  // what was started is waited for

  // Each is false with whyNot() in words.
  [[nodiscard]] bool open();                                // a device, a pipeline, a buffer
  [[nodiscard]] bool submit(std::uint32_t turns);           // kGroups work groups of so many turns
  [[nodiscard]] bool wait(std::chrono::nanoseconds limit);  // for all that was submitted

  [[nodiscard]] std::uint32_t groupsDone() const { return *static_cast<const volatile std::uint32_t*>(m_counts); }
  [[nodiscard]] const std::string& whyNot() const { return m_whyNot; }

  static constexpr std::uint32_t kGroups = 64;

private:
  [[nodiscard]] bool did(VkResult result, const char* what);
  [[nodiscard]] bool findFamily();
  [[nodiscard]] bool openDevice();
  [[nodiscard]] bool makeBuffer();
  [[nodiscard]] bool allocate();
  [[nodiscard]] bool makePipeline();
  [[nodiscard]] bool makeSet();
  [[nodiscard]] bool record(VkCommandBuffer commands, std::uint32_t turns);

  VkPhysicalDevice m_physical;
  std::uint32_t m_family = 0;
  VkDevice m_device = VK_NULL_HANDLE;
  VkQueue m_queue = VK_NULL_HANDLE;
  VkBuffer m_buffer = VK_NULL_HANDLE;
  VkDeviceMemory m_memory = VK_NULL_HANDLE;
  const void* m_counts = nullptr;
  VkDescriptorSetLayout m_setLayout = VK_NULL_HANDLE;
  VkDescriptorPool m_descriptors = VK_NULL_HANDLE;
  VkDescriptorSet m_set = VK_NULL_HANDLE;
  VkPipelineLayout m_layout = VK_NULL_HANDLE;
  VkShaderModule m_shader = VK_NULL_HANDLE;
  VkPipeline m_pipeline = VK_NULL_HANDLE;
  VkCommandPool m_commands = VK_NULL_HANDLE;
  VkFence m_fence = VK_NULL_HANDLE;
  std::string m_whyNot;
};

}  // namespace lull::governor
