// SPDX-License-Identifier: Apache-2.0
// Descriptor update templates by which descriptors are pushed. Thread-safe.
#pragma once

#include "governor/recording/handle_map.h"

#include <vulkan/vulkan_core.h>

#include <vector>

namespace lull::governor {

struct PushTemplate {
  VkPipelineBindPoint point{};
  std::vector<VkDescriptorUpdateTemplateEntry> entries;
};

class Templates {
public:
  Templates() = default;
  ~Templates() { m_known.clear(); }  // what a program did not destroy before its device stays behind
  Templates(const Templates&) = delete;
  Templates& operator=(const Templates&) = delete;

  // Without memory it stays unknown.
  void add(VkDescriptorUpdateTemplate handle, const VkDescriptorUpdateTemplateCreateInfo& info) noexcept;
  void remove(VkDescriptorUpdateTemplate handle) noexcept;
  // nullptr: not known.
  [[nodiscard]] const PushTemplate* find(VkDescriptorUpdateTemplate handle) const;

private:
  HandleMap m_known;
};

}  // namespace lull::governor
