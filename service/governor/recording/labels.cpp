// SPDX-License-Identifier: Apache-2.0
#include "governor/recording/labels.h"

#include "governor/generated/commands_by_hand.h"
#include "governor/recording/target.h"

#include <algorithm>

namespace lull::governor {

namespace {

constexpr std::size_t kMostOpen = 64;

}  // namespace

bool Labels::push(Kind kind, const char* name, const float (&color)[4]) noexcept {
  if (m_depth >= kMostOpen) return false;
  try {
    if (m_depth == m_entries.size()) m_entries.emplace_back();
    Entry& entry = m_entries[m_depth];
    entry.kind = kind;
    entry.name = name;
    std::copy_n(color, entry.color.size(), entry.color.begin());
    ++m_depth;
    return true;
  } catch (...) {
    return false;
  }
}

void Labels::close(const DeviceTable& table, VkCommandBuffer commands) const {
  for (std::size_t i = m_depth; i-- > 0;) {
    if (m_entries[i].kind == Kind::Label) {
      table.CmdEndDebugUtilsLabelEXT(commands);
    } else {
      table.CmdDebugMarkerEndEXT(commands);
    }
  }
}

void Labels::open(const DeviceTable& table, VkCommandBuffer commands) const {
  for (std::size_t i = 0; i < m_depth; ++i) {
    const Entry& entry = m_entries[i];
    if (entry.kind == Kind::Label) {
      VkDebugUtilsLabelEXT label{};
      label.sType = VK_STRUCTURE_TYPE_DEBUG_UTILS_LABEL_EXT;
      label.pLabelName = entry.name.c_str();
      std::copy(entry.color.begin(), entry.color.end(), label.color);
      table.CmdBeginDebugUtilsLabelEXT(commands, &label);
    } else {
      VkDebugMarkerMarkerInfoEXT marker{};
      marker.sType = VK_STRUCTURE_TYPE_DEBUG_MARKER_MARKER_INFO_EXT;
      marker.pMarkerName = entry.name.c_str();
      std::copy(entry.color.begin(), entry.color.end(), marker.color);
      table.CmdDebugMarkerBeginEXT(commands, &marker);
    }
  }
}

namespace byhand {

namespace {

template <auto Begin, typename Info>
void begin(VkCommandBuffer commands, Labels::Kind kind, const Info& info, const char* name) {
  const Target to = targetOf(commands);
  (to.table->*Begin)(to.commands, &info);
  if (to.recording == nullptr || !to.recording->tracks()) return;
  const bool kept = info.pNext == nullptr && to.recording->labels().push(kind, name, info.color);
  if (!kept) stateLost(to);
}

template <auto End>
void end(VkCommandBuffer commands) {
  const Target to = targetOf(commands);
  (to.table->*End)(to.commands);
  if (to.recording != nullptr) to.recording->labels().pop();
}

}  // namespace

void VKAPI_CALL CmdBeginDebugUtilsLabelEXT(VkCommandBuffer commandBuffer, const VkDebugUtilsLabelEXT* info) noexcept {
  begin<&DeviceTable::CmdBeginDebugUtilsLabelEXT>(commandBuffer, Labels::Kind::Label, *info, info->pLabelName);
}

void VKAPI_CALL CmdEndDebugUtilsLabelEXT(VkCommandBuffer commandBuffer) noexcept {
  end<&DeviceTable::CmdEndDebugUtilsLabelEXT>(commandBuffer);
}

void VKAPI_CALL CmdDebugMarkerBeginEXT(VkCommandBuffer commandBuffer, const VkDebugMarkerMarkerInfoEXT* info) noexcept {
  begin<&DeviceTable::CmdDebugMarkerBeginEXT>(commandBuffer, Labels::Kind::Marker, *info, info->pMarkerName);
}

void VKAPI_CALL CmdDebugMarkerEndEXT(VkCommandBuffer commandBuffer) noexcept {
  end<&DeviceTable::CmdDebugMarkerEndEXT>(commandBuffer);
}

}  // namespace byhand

}  // namespace lull::governor
