// SPDX-License-Identifier: Apache-2.0
// Dispatches: the work that is predicted best, and that may be split.
#include "governor/generated/commands_by_hand.h"
#include "governor/recording/target.h"

namespace lull::governor::byhand {

namespace {

using DispatchBase = PFN_vkCmdDispatchBase DeviceTable::*;

void pass(const Target& to, const Box& box, DispatchBase function) {
  const auto [x, y, z] = box.count;
  if (box.base == Groups{}) return to.table->CmdDispatch(to.commands, x, y, z);
  (to.table->*function)(to.commands, box.base[0], box.base[1], box.base[2], x, y, z);
}

// How a dispatch is split, and by which pipeline.
struct Pieces {
  Split boxes;
  Twin twin;  // its pipeline is VK_NULL_HANDLE: by the program's own
};

Pieces piecesOf(Recording& recording, const Box& whole, std::uint64_t most, bool mayUseTwin) {
  const Split direct(whole, recording.program().axes, most);
  Split first = direct;
  const std::optional<Box> largest = first.next();
  if (!mayUseTwin || !largest || largest->groups() <= most + most / 4) return {.boxes = direct, .twin = {}};
  const Twin twin = recording.pool().owner().twins().of(recording.pipeline());
  if (twin.pipeline == VK_NULL_HANDLE) return {.boxes = direct, .twin = {}};
  return {.boxes = Split(whole, {true, true, true}, most), .twin = twin};
}

// The twin in the pipeline's place, told the counts of the whole.
void bind(Recording& recording, const Twin& twin, const Groups& counts) {
  const DeviceTable& vk = recording.table();
  vk.CmdBindPipeline(recording.current(), VK_PIPELINE_BIND_POINT_COMPUTE, twin.pipeline);
  vk.CmdPushConstants(recording.current(), twin.layout, VK_SHADER_STAGE_COMPUTE_BIT,
                      recording.pool().owner().twins().countsAt(), sizeof counts, counts.data());
}

// Each piece in a chunk of its own.
void split(Recording& recording, const Box& whole, Work work, Pieces& pieces, DispatchBase function) {
  const bool twin = pieces.twin.pipeline != VK_NULL_HANDLE;
  const DeviceTable& vk = recording.table();
  recording.countPieces(pieces.boxes.pieces());
  for (bool first = true; auto piece = pieces.boxes.next(); first = false) {
    if (!first) recording.cut();
    const Box& box = *piece;
    if (twin) bind(recording, pieces.twin, whole.count);
    (vk.*function)(recording.current(), box.base[0], box.base[1], box.base[2], box.count[0], box.count[1],
                   box.count[2]);
    if (twin) vk.CmdBindPipeline(recording.current(), VK_PIPELINE_BIND_POINT_COMPUTE, recording.pipeline());
    work.units = box.groups();
    work.shape = whole.count;
    recording.note(work);
  }
  recording.cutSoon();
}

// The function by which the device dispatches from a base, if it has one.
DispatchBase baseFunction(const DeviceTable& table) {
  if (table.CmdDispatchBase != nullptr) return &DeviceTable::CmdDispatchBase;
  return table.CmdDispatchBaseKHR != nullptr ? &DeviceTable::CmdDispatchBaseKHR : nullptr;
}

void dispatch(VkCommandBuffer commands, const Box& whole, DispatchBase asked) {
  Recording* recording = recordingOf(commands);
  const std::uint64_t groups = whole.groups();
  if (recording == nullptr || !recording->tracks() || groups == 0) return pass(targetOf(commands), whole, asked);
  const ComputeProgram program = recording->program();
  const DispatchBase function = asked != nullptr ? asked : baseFunction(recording->table());
  const Work work{
      .program = program.serial, .shape = whole.count, .variant = recording->pushed().hash(), .units = groups};
  const bool canSplit = function != nullptr && recording->cuts();
  const bool mayUseTwin = canSplit && program.twin && recording->mayUseTwin(work);
  const bool divisible = canSplit && (program.divisible() || mayUseTwin);
  const std::uint64_t pieceUnits = recording->startWork(work, divisible);
  if (divisible && pieceUnits < groups && recording->cuts()) {
    Pieces pieces = piecesOf(*recording, whole, pieceUnits, mayUseTwin);
    if (pieces.boxes.pieces() > 1) return split(*recording, whole, work, pieces, function);
  }
  pass(targetOf(commands), whole, asked);
  recording->note(work);
}

}  // namespace

void VKAPI_CALL CmdDispatch(VkCommandBuffer commandBuffer, uint32_t x, uint32_t y, uint32_t z) noexcept {
  dispatch(commandBuffer, {.base = {}, .count = {x, y, z}}, nullptr);
}

void VKAPI_CALL CmdDispatchBase(VkCommandBuffer commandBuffer, uint32_t baseX, uint32_t baseY, uint32_t baseZ,
                                uint32_t x, uint32_t y, uint32_t z) noexcept {
  dispatch(commandBuffer, {.base = {baseX, baseY, baseZ}, .count = {x, y, z}}, &DeviceTable::CmdDispatchBase);
}

void VKAPI_CALL CmdDispatchBaseKHR(VkCommandBuffer commandBuffer, uint32_t baseX, uint32_t baseY, uint32_t baseZ,
                                   uint32_t x, uint32_t y, uint32_t z) noexcept {
  dispatch(commandBuffer, {.base = {baseX, baseY, baseZ}, .count = {x, y, z}}, &DeviceTable::CmdDispatchBaseKHR);
}

// How many groups only the GPU knows: alone in its chunk.
void VKAPI_CALL CmdDispatchIndirect(VkCommandBuffer commandBuffer, VkBuffer buffer, VkDeviceSize offset) noexcept {
  Recording* recording = recordingOf(commandBuffer);
  const bool tracks = recording != nullptr && recording->tracks();
  if (tracks) {
    const Work work{.program = recording->program().serial, .shape = {0, 0, 0}, .units = kIndirectUnits};
    if (recording->startWork(work, false) > 0 && recording->worked()) recording->cut();
    recording->note(work);
  }
  const Target to = targetOf(commandBuffer);
  to.table->CmdDispatchIndirect(to.commands, buffer, offset);
  if (tracks) recording->cutSoon();
}

}  // namespace lull::governor::byhand
