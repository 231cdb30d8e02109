// SPDX-License-Identifier: Apache-2.0
// What is known of a device's compute pipelines: a name for each that is never used again, and whether its dispatches
// may be split. Thread-safe.
#pragma once

#include "governor/pacing/split.h"
#include "governor/recording/handle_map.h"
#include "governor/spirv/shader_facts.h"

#include <vulkan/vulkan_core.h>

#include <atomic>
#include <cstdint>
#include <mutex>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace lull::governor {

// Programs (Work::program) below this one are commands, see work_programs.h.
inline constexpr std::uint64_t kFirstPipelineProgram = 4096;

struct ComputeProgram {
  std::uint64_t serial = 0;        // 0: a pipeline that is not known
  Axes axes{false, false, false};  // along which it may be split
  bool twin = false;               // there may be one that may be split along all of them: see twins.h
  [[nodiscard]] bool divisible() const { return axes[0] || axes[1] || axes[2]; }
};

class Pipelines {
public:
  Pipelines() = default;
  ~Pipelines();
  Pipelines(const Pipelines&) = delete;
  Pipelines& operator=(const Pipelines&) = delete;

  // No exception leaves these: without memory the pipeline stays unknown.
  void addModule(VkShaderModule module, std::span<const std::uint32_t> words) noexcept;
  void removeModule(VkShaderModule module) noexcept;
  [[nodiscard]] Axes axesOf(VkShaderModule module, std::string_view entryPoint) noexcept;

  void add(VkPipeline pipeline, Axes axes, bool twin) noexcept;
  // Its serial; 0: it was not known.
  std::uint64_t remove(VkPipeline pipeline) noexcept;
  [[nodiscard]] ComputeProgram find(VkPipeline pipeline) const;

  // Layouts with the same push constant ranges have the same name, since what is pushed through one holds for the
  // other.
  void addLayout(VkPipelineLayout layout, std::span<const VkPushConstantRange> ranges) noexcept;
  void removeLayout(VkPipelineLayout layout) noexcept;
  [[nodiscard]] std::uint64_t pushName(VkPipelineLayout layout) const;

private:
  struct EntryPoint {
    std::string name;
    Axes axes{};
  };
  std::atomic<std::uint64_t> m_nextSerial{kFirstPipelineProgram};
  HandleMap m_programs;  // serial << 4 | twin << 3 | axes
  HandleMap m_layouts;
  std::mutex m_mutex;
  std::unordered_map<VkShaderModule, std::vector<EntryPoint>> m_modules;
};

// Of a module that is given with the pipeline itself.
[[nodiscard]] Axes axesOf(std::span<const std::uint32_t> words, std::string_view entryPoint);

}  // namespace lull::governor
