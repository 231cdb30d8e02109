// SPDX-License-Identifier: Apache-2.0
#include "objects.h"

#include <algorithm>

namespace semantics {

Fence makeFence(const Gpu& gpu, VkFenceCreateFlags flags) {
  const VkFenceCreateInfo info{.sType = VK_STRUCTURE_TYPE_FENCE_CREATE_INFO, .flags = flags};
  VkFence fence = VK_NULL_HANDLE;
  require(vkCreateFence(gpu.device(), &info, nullptr, &fence), "vkCreateFence");
  return {gpu.device(), fence};
}

Semaphore makeSemaphore(const Gpu& gpu) {
  const VkSemaphoreCreateInfo info{.sType = VK_STRUCTURE_TYPE_SEMAPHORE_CREATE_INFO};
  VkSemaphore semaphore = VK_NULL_HANDLE;
  require(vkCreateSemaphore(gpu.device(), &info, nullptr, &semaphore), "vkCreateSemaphore");
  return {gpu.device(), semaphore};
}

Semaphore makeTimeline(const Gpu& gpu, std::uint64_t value) {
  if (gpu.features().v12.timelineSemaphore == VK_FALSE) throw Skip{"the driver has no timeline semaphores"};
  const VkSemaphoreTypeCreateInfo type{.sType = VK_STRUCTURE_TYPE_SEMAPHORE_TYPE_CREATE_INFO,
                                       .semaphoreType = VK_SEMAPHORE_TYPE_TIMELINE,
                                       .initialValue = value};
  const VkSemaphoreCreateInfo info{.sType = VK_STRUCTURE_TYPE_SEMAPHORE_CREATE_INFO, .pNext = &type};
  VkSemaphore semaphore = VK_NULL_HANDLE;
  require(vkCreateSemaphore(gpu.device(), &info, nullptr, &semaphore), "vkCreateSemaphore");
  return {gpu.device(), semaphore};
}

QueryPool makeQueries(const Gpu& gpu, VkQueryType type, std::uint32_t count, VkQueryPipelineStatisticFlags statistics) {
  const VkQueryPoolCreateInfo info{.sType = VK_STRUCTURE_TYPE_QUERY_POOL_CREATE_INFO,
                                   .queryType = type,
                                   .queryCount = count,
                                   .pipelineStatistics = statistics};
  VkQueryPool pool = VK_NULL_HANDLE;
  require(vkCreateQueryPool(gpu.device(), &info, nullptr, &pool), "vkCreateQueryPool");
  return {gpu.device(), pool};
}

Event makeEvent(const Gpu& gpu) {
  const VkEventCreateInfo info{.sType = VK_STRUCTURE_TYPE_EVENT_CREATE_INFO};
  VkEvent event = VK_NULL_HANDLE;
  require(vkCreateEvent(gpu.device(), &info, nullptr, &event), "vkCreateEvent");
  return {gpu.device(), event};
}

CommandPool makePool(const Gpu& gpu, VkCommandPoolCreateFlags flags) { return makePoolOf(gpu, gpu.family(), flags); }

CommandPool makePoolOf(const Gpu& gpu, std::uint32_t family, VkCommandPoolCreateFlags flags) {
  const VkCommandPoolCreateInfo info{
      .sType = VK_STRUCTURE_TYPE_COMMAND_POOL_CREATE_INFO, .flags = flags, .queueFamilyIndex = family};
  VkCommandPool pool = VK_NULL_HANDLE;
  require(vkCreateCommandPool(gpu.device(), &info, nullptr, &pool), "vkCreateCommandPool");
  return {gpu.device(), pool};
}

ShaderModule makeModule(const Gpu& gpu, std::span<const std::uint32_t> code) {
  const VkShaderModuleCreateInfo info{
      .sType = VK_STRUCTURE_TYPE_SHADER_MODULE_CREATE_INFO, .codeSize = code.size_bytes(), .pCode = code.data()};
  VkShaderModule module = VK_NULL_HANDLE;
  require(vkCreateShaderModule(gpu.device(), &info, nullptr, &module), "vkCreateShaderModule");
  return {gpu.device(), module};
}

Buffer::Buffer(const Gpu& gpu, std::size_t words, VkBufferUsageFlags more) {
  const VkBufferCreateInfo info{
      .sType = VK_STRUCTURE_TYPE_BUFFER_CREATE_INFO, .size = words * sizeof(std::uint32_t), .usage = kUsual | more};
  VkBuffer buffer = VK_NULL_HANDLE;
  require(vkCreateBuffer(gpu.device(), &info, nullptr, &buffer), "vkCreateBuffer");
  m_buffer = {gpu.device(), buffer};
  VkMemoryRequirements needs{};
  vkGetBufferMemoryRequirements(gpu.device(), buffer, &needs);
  const bool addressed = (more & VK_BUFFER_USAGE_SHADER_DEVICE_ADDRESS_BIT) != 0;
  const VkMemoryAllocateFlagsInfo flags{.sType = VK_STRUCTURE_TYPE_MEMORY_ALLOCATE_FLAGS_INFO,
                                        .flags = VK_MEMORY_ALLOCATE_DEVICE_ADDRESS_BIT};
  const VkMemoryAllocateInfo allocation{
      .sType = VK_STRUCTURE_TYPE_MEMORY_ALLOCATE_INFO,
      .pNext = addressed ? &flags : nullptr,
      .allocationSize = needs.size,
      .memoryTypeIndex = gpu.memoryType(needs.memoryTypeBits,
                                        VK_MEMORY_PROPERTY_HOST_VISIBLE_BIT | VK_MEMORY_PROPERTY_HOST_COHERENT_BIT)};
  VkDeviceMemory memory = VK_NULL_HANDLE;
  require(vkAllocateMemory(gpu.device(), &allocation, nullptr, &memory), "vkAllocateMemory");
  m_memory = {gpu.device(), memory};
  require(vkBindBufferMemory(gpu.device(), buffer, memory, 0), "vkBindBufferMemory");
  void* mapped = nullptr;
  require(vkMapMemory(gpu.device(), memory, 0, VK_WHOLE_SIZE, 0, &mapped), "vkMapMemory");
  m_words = {static_cast<std::uint32_t*>(mapped), words};
  std::fill(m_words.begin(), m_words.end(), 0U);
}

Image::Image(const Gpu& gpu, VkExtent2D size, VkImageUsageFlags usage) : m_size(size) {
  const VkImageCreateInfo info{.sType = VK_STRUCTURE_TYPE_IMAGE_CREATE_INFO,
                               .imageType = VK_IMAGE_TYPE_2D,
                               .format = kFormat,
                               .extent = {size.width, size.height, 1},
                               .mipLevels = 1,
                               .arrayLayers = 1,
                               .samples = VK_SAMPLE_COUNT_1_BIT,
                               .usage = usage};
  VkImage image = VK_NULL_HANDLE;
  require(vkCreateImage(gpu.device(), &info, nullptr, &image), "vkCreateImage");
  m_image = {gpu.device(), image};
  VkMemoryRequirements needs{};
  vkGetImageMemoryRequirements(gpu.device(), image, &needs);
  const VkMemoryAllocateInfo allocation{
      .sType = VK_STRUCTURE_TYPE_MEMORY_ALLOCATE_INFO,
      .allocationSize = needs.size,
      .memoryTypeIndex = gpu.memoryType(needs.memoryTypeBits, VK_MEMORY_PROPERTY_DEVICE_LOCAL_BIT)};
  VkDeviceMemory memory = VK_NULL_HANDLE;
  require(vkAllocateMemory(gpu.device(), &allocation, nullptr, &memory), "vkAllocateMemory");
  m_memory = {gpu.device(), memory};
  require(vkBindImageMemory(gpu.device(), image, memory, 0), "vkBindImageMemory");
  constexpr VkImageUsageFlags kViewed =
      VK_IMAGE_USAGE_STORAGE_BIT | VK_IMAGE_USAGE_SAMPLED_BIT | VK_IMAGE_USAGE_COLOR_ATTACHMENT_BIT;
  if ((usage & kViewed) == 0) return;
  const VkImageViewCreateInfo viewInfo{.sType = VK_STRUCTURE_TYPE_IMAGE_VIEW_CREATE_INFO,
                                       .image = image,
                                       .viewType = VK_IMAGE_VIEW_TYPE_2D,
                                       .format = kFormat,
                                       .subresourceRange = kAll};
  VkImageView view = VK_NULL_HANDLE;
  require(vkCreateImageView(gpu.device(), &viewInfo, nullptr, &view), "vkCreateImageView");
  m_view = {gpu.device(), view};
}

SetLayout makeSetLayout(const Gpu& gpu, std::uint32_t count, VkDescriptorType type,
                        VkDescriptorSetLayoutCreateFlags flags) {
  std::vector<VkDescriptorSetLayoutBinding> bindings;
  for (std::uint32_t i = 0; i < count; ++i) {
    bindings.push_back(
        {.binding = i, .descriptorType = type, .descriptorCount = 1, .stageFlags = VK_SHADER_STAGE_COMPUTE_BIT});
  }
  const VkDescriptorSetLayoutCreateInfo info{.sType = VK_STRUCTURE_TYPE_DESCRIPTOR_SET_LAYOUT_CREATE_INFO,
                                             .flags = flags,
                                             .bindingCount = count,
                                             .pBindings = bindings.data()};
  VkDescriptorSetLayout layout = VK_NULL_HANDLE;
  require(vkCreateDescriptorSetLayout(gpu.device(), &info, nullptr, &layout), "vkCreateDescriptorSetLayout");
  return {gpu.device(), layout};
}

PipelineLayout makeLayout(const Gpu& gpu, std::span<const VkDescriptorSetLayout> sets,
                          std::span<const VkPushConstantRange> ranges) {
  const VkPipelineLayoutCreateInfo info{.sType = VK_STRUCTURE_TYPE_PIPELINE_LAYOUT_CREATE_INFO,
                                        .setLayoutCount = static_cast<std::uint32_t>(sets.size()),
                                        .pSetLayouts = sets.data(),
                                        .pushConstantRangeCount = static_cast<std::uint32_t>(ranges.size()),
                                        .pPushConstantRanges = ranges.data()};
  VkPipelineLayout layout = VK_NULL_HANDLE;
  require(vkCreatePipelineLayout(gpu.device(), &info, nullptr, &layout), "vkCreatePipelineLayout");
  return {gpu.device(), layout};
}

PipelineLayout makeLayout(const Gpu& gpu, std::span<const VkDescriptorSetLayout> sets, std::uint32_t pushBytes) {
  const VkPushConstantRange range{VK_SHADER_STAGE_COMPUTE_BIT, 0, pushBytes};
  return makeLayout(gpu, sets, std::span(&range, pushBytes > 0 ? 1 : 0));
}

Pipeline makePipeline(const Gpu& gpu, VkPipelineLayout layout, std::span<const std::uint32_t> code,
                      const PipelineOptions& options) {
  const ShaderModule module = makeModule(gpu, code);
  const VkComputePipelineCreateInfo info{.sType = VK_STRUCTURE_TYPE_COMPUTE_PIPELINE_CREATE_INFO,
                                         .flags = options.flags,
                                         .stage = {.sType = VK_STRUCTURE_TYPE_PIPELINE_SHADER_STAGE_CREATE_INFO,
                                                   .stage = VK_SHADER_STAGE_COMPUTE_BIT,
                                                   .module = module,
                                                   .pName = "main",
                                                   .pSpecializationInfo = options.constants},
                                         .layout = layout};
  VkPipeline pipeline = VK_NULL_HANDLE;
  require(vkCreateComputePipelines(gpu.device(), options.cache, 1, &info, nullptr, &pipeline),
          "vkCreateComputePipelines");
  return {gpu.device(), pipeline};
}

DescriptorSet::DescriptorSet(const Gpu& gpu, VkDescriptorSetLayout layout, std::span<const VkDescriptorPoolSize> sizes,
                             VkDescriptorPoolCreateFlags flags, const void* next) {
  const VkDescriptorPoolCreateInfo poolInfo{.sType = VK_STRUCTURE_TYPE_DESCRIPTOR_POOL_CREATE_INFO,
                                            .pNext = next,
                                            .flags = flags,
                                            .maxSets = 1,
                                            .poolSizeCount = static_cast<std::uint32_t>(sizes.size()),
                                            .pPoolSizes = sizes.data()};
  VkDescriptorPool pool = VK_NULL_HANDLE;
  require(vkCreateDescriptorPool(gpu.device(), &poolInfo, nullptr, &pool), "vkCreateDescriptorPool");
  m_pool = {gpu.device(), pool};
  const VkDescriptorSetAllocateInfo allocation{.sType = VK_STRUCTURE_TYPE_DESCRIPTOR_SET_ALLOCATE_INFO,
                                               .descriptorPool = pool,
                                               .descriptorSetCount = 1,
                                               .pSetLayouts = &layout};
  require(vkAllocateDescriptorSets(gpu.device(), &allocation, &m_set), "vkAllocateDescriptorSets");
}

DescriptorSet::DescriptorSet(const Gpu& gpu, VkDescriptorSetLayout layout, std::initializer_list<VkBuffer> buffers,
                             VkDescriptorType type, VkDeviceSize range)
    : DescriptorSet(gpu, layout, std::array{VkDescriptorPoolSize{type, static_cast<std::uint32_t>(buffers.size())}}) {
  std::uint32_t binding = 0;
  for (VkBuffer buffer : buffers) {
    const VkDescriptorBufferInfo info{buffer, 0, range};
    const VkWriteDescriptorSet write{.sType = VK_STRUCTURE_TYPE_WRITE_DESCRIPTOR_SET,
                                     .dstSet = m_set,
                                     .dstBinding = binding++,
                                     .descriptorCount = 1,
                                     .descriptorType = type,
                                     .pBufferInfo = &info};
    vkUpdateDescriptorSets(gpu.device(), 1, &write, 0, nullptr);
  }
}

Kernel::Kernel(const Gpu& gpu, std::span<const std::uint32_t> code, std::uint32_t buffers, std::uint32_t pushBytes,
               const PipelineOptions& options)
    : m_setLayout(makeSetLayout(gpu, buffers)),
      m_layout(makeLayout(gpu, std::span(m_setLayout.address(), 1), pushBytes)),
      m_pipeline(makePipeline(gpu, m_layout, code, options)) {}

}  // namespace semantics
