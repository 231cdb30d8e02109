// SPDX-License-Identifier: Apache-2.0
// The task's storage buffers on the GPU. Where CPU and GPU share memory they are written and read in place; elsewhere
// through one small staging buffer, in submissions of their own that pass the gate like any other.
// read() and write() expect that no piece is in flight.
#pragma once

#include "runtimes/spirv/failure.h"
#include "runtimes/spirv/submitter.h"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string_view>
#include <vector>

namespace lull::spirv {

inline constexpr std::uint64_t kStagingBytes = 16ULL << 20U;

class Buffers {
public:
  enum class Access { Best, Staged };  // Staged: through the staging buffer even where it is not needed
  struct Options {
    std::uint64_t memoryLimit = 0;  // bytes; 0 = none
    Access access = Access::Best;
  };
  [[nodiscard]] static Attempt<std::unique_ptr<Buffers>> create(Submitter& submitter, const v1::SpirvTask& task,
                                                                const Options& options);

  [[nodiscard]] std::size_t count() const { return m_all.size(); }
  [[nodiscard]] VkBuffer handle(std::size_t index) const { return m_all[index].buffer; }
  [[nodiscard]] std::uint64_t size(std::size_t index) const { return m_all[index].bytes; }
  [[nodiscard]] std::uint64_t memoryBytes() const { return m_memoryBytes; }
  // True: reading and writing needs no GPU work, so it can be done while the gate is closed.
  [[nodiscard]] bool inPlace() const { return m_staging.mapped == nullptr; }

  [[nodiscard]] Step write(std::size_t index, std::uint64_t at, std::string_view bytes);
  [[nodiscard]] Step clear(std::size_t index, std::uint64_t from);
  // Gives out the whole buffer in runs, in order. Stops at the first failure of `take`.
  using Take = std::function<Step(std::string_view)>;
  [[nodiscard]] Step read(std::size_t index, const Take& take);

private:
  struct Memory {
    VkBuffer buffer = VK_NULL_HANDLE;
    VkDeviceMemory memory = VK_NULL_HANDLE;
    std::uint64_t bytes = 0;
    std::byte* mapped = nullptr;
  };
  explicit Buffers(Submitter& submitter) : m_submitter(submitter) {}
  [[nodiscard]] Attempt<Memory> allocate(std::uint64_t bytes, VkMemoryPropertyFlags needed,
                                         VkMemoryPropertyFlags liked);
  [[nodiscard]] Step makeStaging();
  [[nodiscard]] Step copy(VkBuffer from, VkBuffer to, const VkBufferCopy& region);

  Submitter& m_submitter;
  std::vector<Memory> m_all;
  Memory m_staging;
  std::uint64_t m_memoryBytes = 0;
  VkCommandPool m_pool = VK_NULL_HANDLE;
  VkCommandBuffer m_commands = VK_NULL_HANDLE;
  VkFence m_fence = VK_NULL_HANDLE;
};

}  // namespace lull::spirv
