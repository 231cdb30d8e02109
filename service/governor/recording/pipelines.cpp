// SPDX-License-Identifier: Apache-2.0
#include "governor/recording/pipelines.h"

#include "governor/recording/entry_points.h"

namespace lull::governor {

namespace {

std::uint64_t word(const void* handle) { return reinterpret_cast<std::uintptr_t>(handle); }

// FNV-1a, never 0.
std::uint64_t hashOf(std::span<const VkPushConstantRange> ranges) {
  std::uint64_t hash = 0xcbf29ce484222325ULL;
  const auto mix = [&hash](std::uint32_t value) { hash = (hash ^ value) * 0x100000001b3ULL; };
  for (const VkPushConstantRange& range : ranges) {
    mix(range.stageFlags);
    mix(range.offset);
    mix(range.size);
  }
  return hash | 1U;
}

}  // namespace

Axes axesOf(std::span<const std::uint32_t> words, std::string_view entryPoint) {
  const ShaderFacts facts = shaderFacts(words, entryPoint);
  return facts.mayWait ? Axes{false, false, false} : facts.divisible;
}

Pipelines::~Pipelines() {
  m_programs.clear();
  m_layouts.clear();
}

void Pipelines::addModule(VkShaderModule module, std::span<const std::uint32_t> words) noexcept {
  try {
    std::vector<EntryPoint> entries;
    for (const std::string_view name : computeEntryPoints(words)) {
      entries.push_back({.name = std::string(name), .axes = governor::axesOf(words, name)});
    }
    if (entries.empty()) return;
    const std::lock_guard lock(m_mutex);
    m_modules[module] = std::move(entries);
  } catch (...) {
    removeModule(module);
  }
}

void Pipelines::removeModule(VkShaderModule module) noexcept {
  const std::lock_guard lock(m_mutex);
  m_modules.erase(module);
}

Axes Pipelines::axesOf(VkShaderModule module, std::string_view entryPoint) noexcept {
  const std::lock_guard lock(m_mutex);
  const auto found = m_modules.find(module);
  if (found == m_modules.end()) return {};
  for (const EntryPoint& entry : found->second) {
    if (entry.name == entryPoint) return entry.axes;
  }
  return {};
}

void Pipelines::add(VkPipeline pipeline, Axes axes, bool twin) noexcept {
  std::uint64_t value = m_nextSerial.fetch_add(1, std::memory_order_relaxed) << 4U | (twin ? 8U : 0U);
  for (std::size_t axis = 0; axis < axes.size(); ++axis) value |= std::uint64_t{axes[axis]} << axis;
  static_cast<void>(m_programs.insert(word(pipeline), value));
}

std::uint64_t Pipelines::remove(VkPipeline pipeline) noexcept { return m_programs.erase(word(pipeline)) >> 4U; }

ComputeProgram Pipelines::find(VkPipeline pipeline) const {
  const std::uint64_t value = m_programs.find(word(pipeline));
  return {.serial = value >> 4U,
          .axes = {(value & 1U) != 0, (value & 2U) != 0, (value & 4U) != 0},
          .twin = (value & 8U) != 0};
}

void Pipelines::addLayout(VkPipelineLayout layout, std::span<const VkPushConstantRange> ranges) noexcept {
  static_cast<void>(m_layouts.insert(word(layout), hashOf(ranges)));
}

void Pipelines::removeLayout(VkPipelineLayout layout) noexcept { m_layouts.erase(word(layout)); }

std::uint64_t Pipelines::pushName(VkPipelineLayout layout) const {
  const std::uint64_t name = m_layouts.find(word(layout));
  return name != 0 ? name : word(layout);
}

}  // namespace lull::governor
