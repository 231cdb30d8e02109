// SPDX-License-Identifier: Apache-2.0
// What cases are built of: Vulkan objects that go with their scope, and the few lines that every program repeats.
#pragma once

#include "gpu.h"

#include <array>
#include <initializer_list>
#include <utility>

namespace semantics {

template <typename Handle, auto Destroy>
class Owned {
public:
  Owned() = default;
  Owned(VkDevice device, Handle handle) : m_device(device), m_handle(handle) {}
  Owned(Owned&& other) noexcept : m_device(other.m_device), m_handle(std::exchange(other.m_handle, VK_NULL_HANDLE)) {}
  Owned& operator=(Owned&& other) noexcept {
    std::swap(m_device, other.m_device);
    std::swap(m_handle, other.m_handle);
    return *this;
  }
  ~Owned() { reset(); }
  void reset() {
    if (m_handle != VK_NULL_HANDLE) Destroy(m_device, std::exchange(m_handle, VK_NULL_HANDLE), nullptr);
  }
  operator Handle() const { return m_handle; }
  [[nodiscard]] const Handle* address() const { return &m_handle; }

private:
  VkDevice m_device = VK_NULL_HANDLE;
  Handle m_handle = VK_NULL_HANDLE;
};

using Memory = Owned<VkDeviceMemory, vkFreeMemory>;
using Fence = Owned<VkFence, vkDestroyFence>;
using Semaphore = Owned<VkSemaphore, vkDestroySemaphore>;
using Event = Owned<VkEvent, vkDestroyEvent>;
using QueryPool = Owned<VkQueryPool, vkDestroyQueryPool>;
using ShaderModule = Owned<VkShaderModule, vkDestroyShaderModule>;
using Pipeline = Owned<VkPipeline, vkDestroyPipeline>;
using PipelineLayout = Owned<VkPipelineLayout, vkDestroyPipelineLayout>;
using SetLayout = Owned<VkDescriptorSetLayout, vkDestroyDescriptorSetLayout>;
using DescriptorPool = Owned<VkDescriptorPool, vkDestroyDescriptorPool>;
using CommandPool = Owned<VkCommandPool, vkDestroyCommandPool>;
using ImageView = Owned<VkImageView, vkDestroyImageView>;

[[nodiscard]] Fence makeFence(const Gpu& gpu, VkFenceCreateFlags flags = 0);
[[nodiscard]] Semaphore makeSemaphore(const Gpu& gpu);
[[nodiscard]] Semaphore makeTimeline(const Gpu& gpu, std::uint64_t value = 0);
[[nodiscard]] QueryPool makeQueries(const Gpu& gpu, VkQueryType type, std::uint32_t count,
                                    VkQueryPipelineStatisticFlags statistics = 0);
[[nodiscard]] Event makeEvent(const Gpu& gpu);
[[nodiscard]] CommandPool makePool(const Gpu& gpu, VkCommandPoolCreateFlags flags = 0);
[[nodiscard]] CommandPool makePoolOf(const Gpu& gpu, std::uint32_t family, VkCommandPoolCreateFlags flags = 0);
[[nodiscard]] ShaderModule makeModule(const Gpu& gpu, std::span<const std::uint32_t> code);

// A buffer for every use, in memory that the host sees; zeroed.
class Buffer {
public:
  static constexpr VkBufferUsageFlags kUsual = VK_BUFFER_USAGE_STORAGE_BUFFER_BIT | VK_BUFFER_USAGE_UNIFORM_BUFFER_BIT |
                                               VK_BUFFER_USAGE_TRANSFER_SRC_BIT | VK_BUFFER_USAGE_TRANSFER_DST_BIT |
                                               VK_BUFFER_USAGE_INDIRECT_BUFFER_BIT;
  Buffer(const Gpu& gpu, std::size_t words, VkBufferUsageFlags more = 0);

  operator VkBuffer() const { return m_buffer; }
  [[nodiscard]] const VkBuffer* address() const { return m_buffer.address(); }
  [[nodiscard]] std::span<std::uint32_t> words() const { return m_words; }
  [[nodiscard]] std::uint32_t& operator[](std::size_t index) const { return m_words[index]; }
  [[nodiscard]] VkDeviceSize bytes() const { return m_words.size() * sizeof(std::uint32_t); }

private:
  Owned<VkBuffer, vkDestroyBuffer> m_buffer;
  Memory m_memory;
  std::span<std::uint32_t> m_words;
};

// A 2D image of RGBA bytes, with a view.
class Image {
public:
  Image(const Gpu& gpu, VkExtent2D size, VkImageUsageFlags usage);
  operator VkImage() const { return m_image; }
  [[nodiscard]] VkImageView view() const { return m_view; }
  [[nodiscard]] VkExtent2D size() const { return m_size; }
  static constexpr VkFormat kFormat = VK_FORMAT_R8G8B8A8_UNORM;
  static constexpr VkImageSubresourceRange kAll{VK_IMAGE_ASPECT_COLOR_BIT, 0, 1, 0, 1};
  static constexpr VkImageSubresourceLayers kLayer{VK_IMAGE_ASPECT_COLOR_BIT, 0, 0, 1};

private:
  Owned<VkImage, vkDestroyImage> m_image;
  Memory m_memory;
  ImageView m_view;
  VkExtent2D m_size;
};

// A layout of `count` descriptors of one kind, each a binding of its own.
[[nodiscard]] SetLayout makeSetLayout(const Gpu& gpu, std::uint32_t count,
                                      VkDescriptorType type = VK_DESCRIPTOR_TYPE_STORAGE_BUFFER,
                                      VkDescriptorSetLayoutCreateFlags flags = 0);
[[nodiscard]] PipelineLayout makeLayout(const Gpu& gpu, std::span<const VkDescriptorSetLayout> sets,
                                        std::span<const VkPushConstantRange> ranges);
[[nodiscard]] PipelineLayout makeLayout(const Gpu& gpu, std::span<const VkDescriptorSetLayout> sets,
                                        std::uint32_t pushBytes = 0);

struct PipelineOptions {
  VkPipelineCreateFlags flags = 0;
  const VkSpecializationInfo* constants = nullptr;
  VkPipelineCache cache = VK_NULL_HANDLE;
};
[[nodiscard]] Pipeline makePipeline(const Gpu& gpu, VkPipelineLayout layout, std::span<const std::uint32_t> code,
                                    const PipelineOptions& options = {});

// A set from a pool of its own: of buffers, or not written yet.
class DescriptorSet {
public:
  DescriptorSet(const Gpu& gpu, VkDescriptorSetLayout layout, std::span<const VkDescriptorPoolSize> sizes,
                VkDescriptorPoolCreateFlags flags = 0, const void* next = nullptr);
  DescriptorSet(const Gpu& gpu, VkDescriptorSetLayout layout, std::initializer_list<VkBuffer> buffers,
                VkDescriptorType type = VK_DESCRIPTOR_TYPE_STORAGE_BUFFER, VkDeviceSize range = VK_WHOLE_SIZE);
  operator VkDescriptorSet() const { return m_set; }
  [[nodiscard]] const VkDescriptorSet* address() const { return &m_set; }

private:
  DescriptorPool m_pool;
  VkDescriptorSet m_set = VK_NULL_HANDLE;
};

// The usual compute shader: storage buffers in set 0, push constants.
class Kernel {
public:
  Kernel(const Gpu& gpu, std::span<const std::uint32_t> code, std::uint32_t buffers, std::uint32_t pushBytes = 0,
         const PipelineOptions& options = {});
  [[nodiscard]] VkPipeline pipeline() const { return m_pipeline; }
  [[nodiscard]] VkPipelineLayout layout() const { return m_layout; }
  [[nodiscard]] VkDescriptorSetLayout setLayout() const { return m_setLayout; }

private:
  SetLayout m_setLayout;
  PipelineLayout m_layout;
  Pipeline m_pipeline;
};

}  // namespace semantics
