// SPDX-License-Identifier: Apache-2.0
// Copies between buffers and fills: time that goes with their bytes, and bytes that may be copied in parts.
#include "governor/generated/commands_by_hand.h"
#include "governor/recording/target.h"

#include <algorithm>
#include <utility>

namespace lull::governor::byhand {

namespace {

// Parts are multiples of it.
constexpr VkDeviceSize kLeastPart = 1U << 16U;

Work workOf(VkDeviceSize bytes) { return {.program = kCopyProgram, .shape = {0, 0, 0}, .units = bytes}; }

// Has `part(offset, bytes)` copy all `bytes`, in as many chunks as they need.
template <typename Part>
void inParts(Recording& recording, VkDeviceSize bytes, const Part& part) {
  const bool divisible = recording.cuts() && bytes >= 2 * kLeastPart;
  const VkDeviceSize units = recording.startWork(workOf(bytes), divisible);
  const bool whole = units >= bytes || !recording.cuts();
  const VkDeviceSize step = whole ? bytes : std::max(units - units % kLeastPart, kLeastPart);
  if (step < bytes) recording.countPieces((bytes + step - 1) / step);
  for (VkDeviceSize at = 0; at < bytes; at += step) {
    if (at > 0) recording.cut();
    const VkDeviceSize size = std::min(step, bytes - at);
    part(at, size);
    recording.note(workOf(size));
  }
  if (step < bytes) recording.cutSoon();
}

// The recording, if what this call does is to be followed.
Recording* followed(VkCommandBuffer commands) {
  Recording* recording = recordingOf(commands);
  return recording != nullptr && recording->tracks() ? recording : nullptr;
}

template <typename Region>
VkDeviceSize bytesOf(const Region* regions, std::uint32_t count) {
  VkDeviceSize bytes = 0;
  for (std::uint32_t i = 0; i < count; ++i) bytes += regions[i].size;
  return bytes;
}

// Regions of one copy may not overlap, nor does their order matter.
template <typename Region, typename Copy>
void copyRegions(Recording& recording, const Region* regions, std::uint32_t count, const Copy& copy) {
  const VkDeviceSize bytes = bytesOf(regions, count);
  if (bytes < 2 * kLeastPart) {
    static_cast<void>(recording.startWork(workOf(bytes), false));
    recording.note(workOf(bytes));
    return copy(regions, count);
  }
  for (std::uint32_t i = 0; i < count; ++i) {
    inParts(recording, regions[i].size, [&](VkDeviceSize at, VkDeviceSize size) {
      Region region = regions[i];
      region.srcOffset += at;
      region.dstOffset += at;
      region.size = size;
      copy(&region, 1);
    });
  }
}

template <typename Member>
void copyBuffer2(VkCommandBuffer commands, const VkCopyBufferInfo2& info, Member function) {
  Recording* recording = followed(commands);
  const bool extended =
      info.pNext != nullptr || std::any_of(info.pRegions, info.pRegions + info.regionCount,
                                           [](const VkBufferCopy2& region) { return region.pNext != nullptr; });
  if (recording == nullptr || extended) {
    const Target to = targetOfWork(commands, static_cast<std::uint32_t>(Command::CmdCopyBuffer2));
    return (to.table->*function)(to.commands, &info);
  }
  copyRegions(*recording, info.pRegions, info.regionCount, [&](const VkBufferCopy2* regions, std::uint32_t count) {
    VkCopyBufferInfo2 part = info;
    part.regionCount = count;
    part.pRegions = regions;
    (recording->table().*function)(recording->current(), &part);
  });
}

}  // namespace

void VKAPI_CALL CmdCopyBuffer(VkCommandBuffer commandBuffer, VkBuffer source, VkBuffer target, uint32_t count,
                              const VkBufferCopy* regions) noexcept {
  Recording* recording = followed(commandBuffer);
  if (recording == nullptr) {
    const Target to = targetOf(commandBuffer);
    return to.table->CmdCopyBuffer(to.commands, source, target, count, regions);
  }
  copyRegions(*recording, regions, count, [&](const VkBufferCopy* part, std::uint32_t parts) {
    recording->table().CmdCopyBuffer(recording->current(), source, target, parts, part);
  });
}

void VKAPI_CALL CmdCopyBuffer2(VkCommandBuffer commandBuffer, const VkCopyBufferInfo2* info) noexcept {
  copyBuffer2(commandBuffer, *info, &DeviceTable::CmdCopyBuffer2);
}

void VKAPI_CALL CmdCopyBuffer2KHR(VkCommandBuffer commandBuffer, const VkCopyBufferInfo2* info) noexcept {
  copyBuffer2(commandBuffer, *info, &DeviceTable::CmdCopyBuffer2KHR);
}

void VKAPI_CALL CmdFillBuffer(VkCommandBuffer commandBuffer, VkBuffer buffer, VkDeviceSize offset, VkDeviceSize size,
                              uint32_t data) noexcept {
  Recording* recording = followed(commandBuffer);
  if (recording == nullptr) {
    const Target to = targetOf(commandBuffer);
    return to.table->CmdFillBuffer(to.commands, buffer, offset, size, data);
  }
  if (size != VK_WHOLE_SIZE) {
    return inParts(*recording, size, [&](VkDeviceSize at, VkDeviceSize bytes) {
      recording->table().CmdFillBuffer(recording->current(), buffer, offset + at, bytes, data);
    });
  }
  // How large the buffer is, is not known here.
  const Target to = targetOfWork(commandBuffer, static_cast<std::uint32_t>(Command::CmdFillBuffer));
  to.table->CmdFillBuffer(to.commands, buffer, offset, VK_WHOLE_SIZE, data);
}

}  // namespace lull::governor::byhand
