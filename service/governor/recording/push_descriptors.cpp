// SPDX-License-Identifier: Apache-2.0
// Descriptors pushed into the command buffer: state whose arguments point to more than one level. What is pushed by a
// template is kept as plain writes, since the template may be gone when it is replayed.
#include "governor/generated/commands_by_hand.h"
#include "governor/recording/kept.h"

#include <cstring>

namespace lull::governor::byhand {

namespace {

struct KeptWrite {
  VkPipelineBindPoint point{};
  VkPipelineLayout layout{};
  std::uint32_t set = 0;
  VkWriteDescriptorSet write{};  // its pointers are void
  std::uint32_t data = 0;        // offset of what one of them pointed to
};

// The descriptors of a write, as they lie in the program's memory.
struct Descriptors {
  const std::byte* first = nullptr;
  std::size_t stride = 0;
};

enum class Kind { Images, Buffers, Texels, Unknown };

Kind kindOf(VkDescriptorType type) {
  switch (type) {
    case VK_DESCRIPTOR_TYPE_SAMPLER:
    case VK_DESCRIPTOR_TYPE_COMBINED_IMAGE_SAMPLER:
    case VK_DESCRIPTOR_TYPE_SAMPLED_IMAGE:
    case VK_DESCRIPTOR_TYPE_STORAGE_IMAGE:
    case VK_DESCRIPTOR_TYPE_INPUT_ATTACHMENT:
      return Kind::Images;
    case VK_DESCRIPTOR_TYPE_UNIFORM_BUFFER:
    case VK_DESCRIPTOR_TYPE_STORAGE_BUFFER:
      return Kind::Buffers;
    case VK_DESCRIPTOR_TYPE_UNIFORM_TEXEL_BUFFER:
    case VK_DESCRIPTOR_TYPE_STORAGE_TEXEL_BUFFER:
      return Kind::Texels;
    default:
      return Kind::Unknown;
  }
}

std::size_t sizeOf(Kind kind) {
  switch (kind) {
    case Kind::Images:
      return sizeof(VkDescriptorImageInfo);
    case Kind::Buffers:
      return sizeof(VkDescriptorBufferInfo);
    case Kind::Texels:
      return sizeof(VkBufferView);
    case Kind::Unknown:
      break;
  }
  return 0;
}

Descriptors descriptorsOf(const VkWriteDescriptorSet& write) {
  const Kind kind = kindOf(write.descriptorType);
  const void* first = nullptr;
  if (kind == Kind::Images) first = write.pImageInfo;
  if (kind == Kind::Buffers) first = write.pBufferInfo;
  if (kind == Kind::Texels) first = write.pTexelBufferView;
  return {.first = static_cast<const std::byte*>(first), .stride = sizeOf(kind)};
}

// Writes that overlap in part are all kept, and overwrite each other again.
StateKey keyOf(const KeptWrite& kept) {
  return {.command = static_cast<std::uint32_t>(Command::CmdPushDescriptorSetKHR),
          .group = std::uint64_t{kept.write.dstBinding} << 32U | std::uint64_t{kept.set} << 8U |
                   (static_cast<std::uint64_t>(kept.point) & 0xffU),
          .first = kept.write.dstArrayElement,
          .count = kept.write.descriptorCount};
}

// False: it cannot be kept.
bool keep(StateLog& log, KeptWrite kept, Descriptors from) {
  const std::size_t size = sizeOf(kindOf(kept.write.descriptorType));
  if (size == 0 || from.first == nullptr || kept.write.pNext != nullptr) return false;
  std::size_t bytes = aligned(sizeof kept);
  kept.data = place(from.first, kept.write.descriptorCount * size, bytes);
  std::byte* room = log.put(keyOf(kept), bytes);
  if (room == nullptr) return false;
  std::memcpy(room, &kept, sizeof kept);
  for (std::size_t i = 0; i < kept.write.descriptorCount; ++i) {
    std::memcpy(room + kept.data + i * size, from.first + i * from.stride, size);
  }
  return true;
}

}  // namespace

void VKAPI_CALL CmdPushDescriptorSetKHR(VkCommandBuffer commandBuffer, VkPipelineBindPoint point,
                                        VkPipelineLayout layout, uint32_t set, uint32_t count,
                                        const VkWriteDescriptorSet* writes) noexcept {
  const Target to = targetOf(commandBuffer);
  to.table->CmdPushDescriptorSetKHR(to.commands, point, layout, set, count, writes);
  StateLog* log = to.log();
  for (std::uint32_t i = 0; log != nullptr && i < count; ++i) {
    const KeptWrite kept{.point = point, .layout = layout, .set = set, .write = writes[i]};
    if (!keep(*log, kept, descriptorsOf(writes[i]))) return stateLost(to);
  }
}

void VKAPI_CALL CmdPushDescriptorSetWithTemplateKHR(VkCommandBuffer commandBuffer,
                                                    VkDescriptorUpdateTemplate descriptors, VkPipelineLayout layout,
                                                    uint32_t set, const void* data) noexcept {
  const Target to = targetOf(commandBuffer);
  to.table->CmdPushDescriptorSetWithTemplateKHR(to.commands, descriptors, layout, set, data);
  StateLog* log = to.log();
  if (log == nullptr) return;
  const PushTemplate* known = to.recording->pool().owner().templates().find(descriptors);
  if (known == nullptr || to.table->CmdPushDescriptorSetKHR == nullptr) return stateLost(to);
  for (const VkDescriptorUpdateTemplateEntry& entry : known->entries) {
    KeptWrite kept{.point = known->point, .layout = layout, .set = set};
    kept.write.sType = VK_STRUCTURE_TYPE_WRITE_DESCRIPTOR_SET;
    kept.write.dstBinding = entry.dstBinding;
    kept.write.dstArrayElement = entry.dstArrayElement;
    kept.write.descriptorCount = entry.descriptorCount;
    kept.write.descriptorType = entry.descriptorType;
    const auto* first = static_cast<const std::byte*>(data) + entry.offset;
    if (!keep(*log, kept, {.first = first, .stride = entry.stride})) return stateLost(to);
  }
}

void replay(const DeviceTable& table, VkCommandBuffer commands, Command command, const std::byte* arguments) {
  if (command != Command::CmdPushDescriptorSetKHR) return;
  KeptWrite kept;
  std::memcpy(&kept, arguments, sizeof kept);
  const Kind kind = kindOf(kept.write.descriptorType);
  if (kind == Kind::Images) kept.write.pImageInfo = stored<VkDescriptorImageInfo>(arguments, kept.data);
  if (kind == Kind::Buffers) kept.write.pBufferInfo = stored<VkDescriptorBufferInfo>(arguments, kept.data);
  if (kind == Kind::Texels) kept.write.pTexelBufferView = stored<VkBufferView>(arguments, kept.data);
  table.CmdPushDescriptorSetKHR(commands, kept.point, kept.layout, kept.set, 1, &kept.write);
}

}  // namespace lull::governor::byhand
