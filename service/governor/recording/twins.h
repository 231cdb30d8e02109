// SPDX-License-Identifier: Apache-2.0
// A twin of a compute pipeline whose shader reads NumWorkgroups: it does the same, but takes the counts from push
// constants, so that its dispatches may be split along all axes. It is made when a dispatch is first known to be too
// long (most pipelines never get one), and only the pieces of split dispatches run it: all else stays the program's
// own.
//
// For that, each pipeline layout that has no push constants, or only those of compute shaders, gets room for the counts
// at the very end of what the device allows. The same ranges always get the same room, so layouts that were compatible
// stay so; and no program that the room was made for can reach it. Thread-safe; no exception leaves it.
#pragma once

#include "governor/dispatch.h"
#include "governor/recording/twin_recipe.h"

#include <memory>
#include <mutex>
#include <span>
#include <unordered_map>

namespace lull::governor {

struct Twin {
  VkPipeline pipeline = VK_NULL_HANDLE;
  VkPipelineLayout layout = VK_NULL_HANDLE;
};

class Twins {
public:
  static constexpr std::uint32_t kNowhere = UINT32_MAX;
  struct Origin {
    VkDevice device = VK_NULL_HANDLE;
    const DeviceTable* table = nullptr;
    std::uint32_t countsAt = kNowhere;  // where the counts stand; kNowhere: nothing is done here
  };
  explicit Twins(const Origin& origin);
  ~Twins();
  Twins(const Twins&) = delete;
  Twins& operator=(const Twins&) = delete;

  // Creates the program's layout, with room for the counts where there can be.
  [[nodiscard]] VkResult create(const VkPipelineLayoutCreateInfo& info, const VkAllocationCallbacks* allocator,
                                VkPipelineLayout* layout) noexcept;
  void add(VkShaderModule module, std::span<const std::uint32_t> words) noexcept;
  // `info`: as the program gave it. True: it may have a twin.
  [[nodiscard]] bool add(VkPipeline pipeline, const VkComputePipelineCreateInfo& info) noexcept;
  void remove(VkPipelineLayout layout) noexcept;
  void remove(VkShaderModule module) noexcept;
  void remove(VkPipeline pipeline) noexcept;

  // Makes it now, if need be, which takes as long as creating any pipeline. No pipeline: there is none, or another
  // thread is about to make it.
  [[nodiscard]] Twin of(VkPipeline pipeline) noexcept;
  [[nodiscard]] std::uint32_t countsAt() const { return m_origin.countsAt; }

private:
  struct Entry {
    std::shared_ptr<const TwinRecipe> recipe;  // nullptr: it was used
    std::shared_ptr<const OwnLayout> layout;
    VkPipeline made = VK_NULL_HANDLE;
  };
  [[nodiscard]] std::shared_ptr<const TwinRecipe> takeRecipe(VkPipeline pipeline, Twin& found);
  [[nodiscard]] VkPipeline make(const TwinRecipe& recipe) const;

  const Origin m_origin;
  std::mutex m_mutex;
  std::unordered_map<VkPipelineLayout, std::shared_ptr<const OwnLayout>> m_layouts;
  std::unordered_map<VkShaderModule, std::shared_ptr<const ShaderWords>> m_modules;  // of which twins can be made
  std::unordered_map<VkPipeline, Entry> m_entries;
};

}  // namespace lull::governor
