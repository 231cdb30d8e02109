// SPDX-License-Identifier: Apache-2.0
#include "runtimes/spirv/buffers.h"

#include <algorithm>
#include <cstring>

namespace lull::spirv {

namespace {

constexpr VkMemoryPropertyFlags kHost = VK_MEMORY_PROPERTY_HOST_VISIBLE_BIT | VK_MEMORY_PROPERTY_HOST_COHERENT_BIT;

std::string megabytes(std::uint64_t bytes) { return std::to_string((bytes + 999'999) / 1'000'000) + " MB"; }

Step checkFits(const v1::SpirvTask& task, const FoundGpu& gpu, std::uint64_t limit, bool staged) {
  std::uint64_t sum = staged ? kStagingBytes : 0;
  for (const auto& buffer : task.buffers()) sum += buffer.size();
  std::uint64_t heap = 0;
  for (std::uint32_t i = 0; i < gpu.memory.memoryHeapCount; ++i) {
    const bool local = (gpu.memory.memoryHeaps[i].flags & VK_MEMORY_HEAP_DEVICE_LOCAL_BIT) != 0;
    if (local) heap = std::max(heap, gpu.memory.memoryHeaps[i].size);
  }
  if (limit != 0 && sum > limit) {
    return tooBig("The task needs more GPU memory than it may take.", megabytes(sum) + ", at most " + megabytes(limit));
  }
  if (sum > heap) {
    return tooBig("The task needs more memory than this GPU has.", megabytes(sum) + ", the GPU has " + megabytes(heap));
  }
  return Done{};
}

}  // namespace

Attempt<std::unique_ptr<Buffers>> Buffers::create(Submitter& submitter, const v1::SpirvTask& task,
                                                  const Options& options) {
  const FoundGpu& gpu = submitter.gpu().found;
  const bool staged = options.access == Access::Staged || !gpu.unifiedMemory();
  if (auto fits = checkFits(task, gpu, options.memoryLimit, staged); !fits) return fits.failure();
  std::unique_ptr<Buffers> out(new Buffers(submitter));
  if (staged) {
    if (auto made = out->makeStaging(); !made) return made.failure();
  }
  for (const auto& buffer : task.buffers()) {
    auto memory = staged ? out->allocate(buffer.size(), 0, VK_MEMORY_PROPERTY_DEVICE_LOCAL_BIT)
                         : out->allocate(buffer.size(), kHost,
                                         VK_MEMORY_PROPERTY_DEVICE_LOCAL_BIT | VK_MEMORY_PROPERTY_HOST_CACHED_BIT);
    if (!memory) return memory.failure();
    out->m_all.push_back(*memory);
  }
  return out;
}

Attempt<Buffers::Memory> Buffers::allocate(std::uint64_t bytes, VkMemoryPropertyFlags needed,
                                           VkMemoryPropertyFlags liked) {
  const Gpu& gpu = m_submitter.gpu();
  Memory out{.bytes = bytes};
  VkBufferCreateInfo info{};
  info.sType = VK_STRUCTURE_TYPE_BUFFER_CREATE_INFO;
  info.size = bytes;
  info.usage = VK_BUFFER_USAGE_STORAGE_BUFFER_BIT | VK_BUFFER_USAGE_TRANSFER_SRC_BIT | VK_BUFFER_USAGE_TRANSFER_DST_BIT;
  VkResult result = vkCreateBuffer(gpu.device, &info, nullptr, &out.buffer);
  if (result != VK_SUCCESS) return fromVulkan(result, "vkCreateBuffer");
  VkMemoryRequirements asked{};
  vkGetBufferMemoryRequirements(gpu.device, out.buffer, &asked);

  int bestScore = -1;
  VkMemoryAllocateInfo allocate{};
  allocate.sType = VK_STRUCTURE_TYPE_MEMORY_ALLOCATE_INFO;
  allocate.allocationSize = asked.size;
  for (std::uint32_t i = 0; i < gpu.found.memory.memoryTypeCount; ++i) {
    const VkMemoryPropertyFlags flags = gpu.found.memory.memoryTypes[i].propertyFlags;
    const bool usable = (asked.memoryTypeBits >> i & 1U) != 0 && (flags & needed) == needed;
    const int score = usable ? __builtin_popcount(flags & liked) : -1;
    if (score > bestScore) allocate.memoryTypeIndex = i;
    bestScore = std::max(bestScore, score);
  }
  if (bestScore < 0) return failure(Failure::KIND_DRIVER, "The graphics driver has no memory for buffers.", "");
  result = vkAllocateMemory(gpu.device, &allocate, nullptr, &out.memory);
  if (result == VK_SUCCESS) result = vkBindBufferMemory(gpu.device, out.buffer, out.memory, 0);
  if (result != VK_SUCCESS) return fromVulkan(result, "vkAllocateMemory");
  m_memoryBytes += asked.size;
  if ((needed & VK_MEMORY_PROPERTY_HOST_VISIBLE_BIT) == 0) return out;
  void* mapped = nullptr;
  result = vkMapMemory(gpu.device, out.memory, 0, VK_WHOLE_SIZE, 0, &mapped);
  if (result != VK_SUCCESS) return fromVulkan(result, "vkMapMemory");
  out.mapped = static_cast<std::byte*>(mapped);
  return out;
}

Step Buffers::makeStaging() {
  auto memory = allocate(kStagingBytes, kHost, VK_MEMORY_PROPERTY_HOST_CACHED_BIT);
  if (!memory) return memory.failure();
  m_staging = *memory;
  const Gpu& gpu = m_submitter.gpu();
  VkCommandPoolCreateInfo pool{};
  pool.sType = VK_STRUCTURE_TYPE_COMMAND_POOL_CREATE_INFO;
  pool.flags = VK_COMMAND_POOL_CREATE_RESET_COMMAND_BUFFER_BIT;
  pool.queueFamilyIndex = gpu.found.queueFamily;
  VkResult result = vkCreateCommandPool(gpu.device, &pool, nullptr, &m_pool);
  if (result != VK_SUCCESS) return fromVulkan(result, "vkCreateCommandPool");
  VkCommandBufferAllocateInfo allocate{};
  allocate.sType = VK_STRUCTURE_TYPE_COMMAND_BUFFER_ALLOCATE_INFO;
  allocate.commandPool = m_pool;
  allocate.commandBufferCount = 1;
  result = vkAllocateCommandBuffers(gpu.device, &allocate, &m_commands);
  if (result != VK_SUCCESS) return fromVulkan(result, "vkAllocateCommandBuffers");
  VkFenceCreateInfo fence{};
  fence.sType = VK_STRUCTURE_TYPE_FENCE_CREATE_INFO;
  result = vkCreateFence(gpu.device, &fence, nullptr, &m_fence);
  if (result != VK_SUCCESS) return fromVulkan(result, "vkCreateFence");
  return Done{};
}

// Made whole before and after: copies follow shaders and the CPU, and are followed by them.
Step Buffers::copy(VkBuffer from, VkBuffer to, const VkBufferCopy& region) {
  VkCommandBufferBeginInfo begin{};
  begin.sType = VK_STRUCTURE_TYPE_COMMAND_BUFFER_BEGIN_INFO;
  begin.flags = VK_COMMAND_BUFFER_USAGE_ONE_TIME_SUBMIT_BIT;
  VkResult result = vkBeginCommandBuffer(m_commands, &begin);
  if (result != VK_SUCCESS) return fromVulkan(result, "vkBeginCommandBuffer");
  vkCmdCopyBuffer(m_commands, from, to, 1, &region);
  VkMemoryBarrier after{};
  after.sType = VK_STRUCTURE_TYPE_MEMORY_BARRIER;
  after.srcAccessMask = VK_ACCESS_TRANSFER_WRITE_BIT;
  after.dstAccessMask = VK_ACCESS_SHADER_READ_BIT | VK_ACCESS_SHADER_WRITE_BIT | VK_ACCESS_HOST_READ_BIT |
                        VK_ACCESS_TRANSFER_READ_BIT | VK_ACCESS_TRANSFER_WRITE_BIT;
  vkCmdPipelineBarrier(
      m_commands, VK_PIPELINE_STAGE_TRANSFER_BIT,
      VK_PIPELINE_STAGE_COMPUTE_SHADER_BIT | VK_PIPELINE_STAGE_HOST_BIT | VK_PIPELINE_STAGE_TRANSFER_BIT, 0, 1, &after,
      0, nullptr, 0, nullptr);
  result = vkEndCommandBuffer(m_commands);
  if (result != VK_SUCCESS) return fromVulkan(result, "vkEndCommandBuffer");
  return m_submitter.runToEnd(m_commands, m_fence);
}

Step Buffers::write(std::size_t index, std::uint64_t at, std::string_view bytes) {
  if (inPlace()) {
    std::memcpy(m_all[index].mapped + at, bytes.data(), bytes.size());
    return Done{};
  }
  while (!bytes.empty()) {
    const std::uint64_t n = std::min<std::uint64_t>(bytes.size(), kStagingBytes);
    std::memcpy(m_staging.mapped, bytes.data(), n);
    if (auto copied = copy(m_staging.buffer, m_all[index].buffer, {0, at, n}); !copied) return copied;
    bytes.remove_prefix(n);
    at += n;
  }
  return Done{};
}

Step Buffers::clear(std::size_t index, std::uint64_t from) {
  const std::uint64_t end = m_all[index].bytes;
  if (inPlace()) {
    std::memset(m_all[index].mapped + from, 0, end - from);
    return Done{};
  }
  std::memset(m_staging.mapped, 0, std::min(end - from, kStagingBytes));
  while (from < end) {
    const std::uint64_t n = std::min(end - from, kStagingBytes);
    if (auto copied = copy(m_staging.buffer, m_all[index].buffer, {0, from, n}); !copied) return copied;
    from += n;
  }
  return Done{};
}

Step Buffers::read(std::size_t index, const Take& take) {
  const Memory& buffer = m_all[index];
  for (std::uint64_t at = 0; at < buffer.bytes;) {
    const std::uint64_t n = std::min(buffer.bytes - at, kStagingBytes);
    const std::byte* from = buffer.mapped;
    if (inPlace()) {
      from += at;
    } else {
      if (auto copied = copy(buffer.buffer, m_staging.buffer, {at, 0, n}); !copied) return copied;
      from = m_staging.mapped;
    }
    if (auto taken = take({reinterpret_cast<const char*>(from), n}); !taken) return taken;
    at += n;
  }
  return Done{};
}

}  // namespace lull::spirv
