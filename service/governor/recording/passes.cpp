// SPDX-License-Identifier: Apache-2.0
// Dynamic rendering and secondary buffers.
#include "governor/generated/commands_by_hand.h"
#include "governor/recording/target.h"

namespace lull::governor::byhand {

namespace {

// Suspended rendering goes on in another command buffer: nothing may come between.
void beginRendering(VkCommandBuffer commands, const VkRenderingInfo* info,
                    PFN_vkCmdBeginRendering DeviceTable::*function) {
  const Target to = targetOfWorkScope(commands, static_cast<std::uint32_t>(Command::CmdBeginRendering));
  Recording* recording = to.recording;
  if (recording != nullptr && (info->flags & (VK_RENDERING_SUSPENDING_BIT | VK_RENDERING_RESUMING_BIT)) != 0) {
    recording->stopCutting();
    if ((info->flags & VK_RENDERING_SUSPENDING_BIT) != 0) recording->keepWithNext();
  }
  (to.table->*function)(to.commands, info);
}

// What a secondary buffer does is known when it has ended.
void noteExecuted(Recording& recording, VkCommandBuffer buffer) {
  const Recording* executed = recordingOf(buffer);
  const WorkList works = executed != nullptr ? executed->chunks().front().work : nullptr;
  if (works == nullptr) {
    if (recording.worked()) recording.cut();
    recording.noteUnknown();
    return recording.cutSoon();
  }
  recording.startWorks(*works);
  for (const Work& work : *works) recording.note(work);
}

}  // namespace

void VKAPI_CALL CmdBeginRendering(VkCommandBuffer commandBuffer, const VkRenderingInfo* info) noexcept {
  beginRendering(commandBuffer, info, &DeviceTable::CmdBeginRendering);
}

void VKAPI_CALL CmdBeginRenderingKHR(VkCommandBuffer commandBuffer, const VkRenderingInfo* info) noexcept {
  beginRendering(commandBuffer, info, &DeviceTable::CmdBeginRenderingKHR);
}

// The state of the primary buffer is undefined after it. One by one, so that each is in the chunk that it is noted for.
void VKAPI_CALL CmdExecuteCommands(VkCommandBuffer commandBuffer, std::uint32_t count,
                                   const VkCommandBuffer* buffers) noexcept {
  Recording* recording = recordingOf(commandBuffer);
  if (recording == nullptr || !recording->tracks()) {
    const Target to = targetOf(commandBuffer);
    to.table->CmdExecuteCommands(to.commands, count, buffers);
    if (recording != nullptr) recording->forgetState();
    return;
  }
  for (std::uint32_t i = 0; i < count; ++i) {
    noteExecuted(*recording, buffers[i]);
    recording->table().CmdExecuteCommands(recording->current(), 1, &buffers[i]);
    recording->forgetState();
  }
}

}  // namespace lull::governor::byhand
