// SPDX-License-Identifier: Apache-2.0
#include "governor/recording/templates.h"

#include <memory>

namespace lull::governor {

namespace {

std::uint64_t word(VkDescriptorUpdateTemplate handle) { return reinterpret_cast<std::uintptr_t>(handle); }

}  // namespace

void Templates::add(VkDescriptorUpdateTemplate handle, const VkDescriptorUpdateTemplateCreateInfo& info) noexcept {
  if (info.templateType != VK_DESCRIPTOR_UPDATE_TEMPLATE_TYPE_PUSH_DESCRIPTORS_KHR) return;
  try {
    auto known = std::make_unique<PushTemplate>();
    known->point = info.pipelineBindPoint;
    const auto* entries = info.pDescriptorUpdateEntries;
    known->entries.assign(entries, entries + info.descriptorUpdateEntryCount);
    if (m_known.insert(word(handle), reinterpret_cast<std::uintptr_t>(known.get()))) static_cast<void>(known.release());
  } catch (...) {
    // It stays unknown.
  }
}

void Templates::remove(VkDescriptorUpdateTemplate handle) noexcept {
  delete reinterpret_cast<PushTemplate*>(m_known.erase(word(handle)));
}

const PushTemplate* Templates::find(VkDescriptorUpdateTemplate handle) const {
  return reinterpret_cast<const PushTemplate*>(m_known.find(word(handle)));
}

}  // namespace lull::governor
