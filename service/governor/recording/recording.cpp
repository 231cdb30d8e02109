// SPDX-License-Identifier: Apache-2.0
#include "governor/recording/recording.h"

#include "governor/gate.h"
#include "governor/pacing/costs.h"
#include "governor/pacing/pace.h"
#include "governor/recording/replay.h"

#include <algorithm>
#include <utility>

namespace lull::governor {

namespace {

constexpr std::size_t kMostWorks = 1U << 16U;  // that are told of one chunk

void count(std::atomic<std::uint64_t>& figure, std::uint64_t by) { figure.fetch_add(by, std::memory_order_relaxed); }

// Of the whole process: a command buffer's handle tells its device only by way of this.
constinit HandleMap theBuffers;

std::uint64_t word(VkCommandBuffer commands) { return reinterpret_cast<std::uintptr_t>(commands); }

}  // namespace

Recording* recordingOf(VkCommandBuffer commands) {
  return reinterpret_cast<Recording*>(theBuffers.find(word(commands)));
}

bool follow(VkCommandBuffer commands, Recording& recording) noexcept {
  return theBuffers.insert(word(commands), reinterpret_cast<std::uintptr_t>(&recording));
}

void unfollow(VkCommandBuffer commands) noexcept { theBuffers.erase(word(commands)); }

Recording::Recording(CommandPool& pool) : m_pool(pool), m_table(*pool.owner().origin().table), m_cutter(1) {}

void Recording::adopt(VkCommandBuffer commands, VkCommandBufferLevel level) {
  m_chunks.assign(1, Chunk{.commands = commands, .work = nullptr});
  m_current = commands;
  m_level = level;
  m_open = m_tracks = m_cuts = false;
}

VkResult Recording::begin(const VkCommandBufferBeginInfo& info) {
  recycle(Reset::Singly);
  decideCuts(info);
  m_open = true;
  m_cutSoon = m_withNext = false;
  m_scopes = 0;
  m_pieces = 0;
  m_result = VK_SUCCESS;
  m_usage = info.flags;
  m_worksKnown = true;
  m_worked = false;
  m_works.clear();
  m_labels.clear();
  forgetState();
  return m_table.BeginCommandBuffer(m_current, &info);
}

void Recording::decideCuts(const VkCommandBufferBeginInfo& info) {
  Recordings& owner = m_pool.owner();
  const auto& origin = owner.origin();
  m_tracks = origin.pace->cut.load(std::memory_order_relaxed) && owner.switches().cut != Switches::Cut::Off &&
             origin.gate->page().leaveWhole.load(std::memory_order_relaxed) == 0;
  m_cuts = m_tracks && m_level == VK_COMMAND_BUFFER_LEVEL_PRIMARY;
  m_cutter = Cutter(origin.pace->chunkNs.load(std::memory_order_relaxed), origin.leastUnits);
  if (!m_cuts) return;
  // An extension of the begin may be about the whole buffer.
  if (m_pool.isProtected() || origin.grouped || info.pNext != nullptr || !owner.cuts()) stopCutting();
}

VkResult Recording::end() {
  closeChunk();
  const VkResult result = m_table.EndCommandBuffer(m_current);
  m_open = false;
  publish();
  return m_result != VK_SUCCESS ? m_result : result;
}

void Recording::publish() {
  Page& page = m_pool.owner().origin().gate->page();
  if (m_chunks.size() > 1) count(page.chunks, m_chunks.size());
  if (m_pieces > 0) count(page.pieces, m_pieces);
}

void Recording::recycle(Reset reset) {
  while (m_chunks.size() > 1) {
    VkCommandBuffer last = m_chunks.back().commands;
    const bool recording = m_open && last == m_current;
    m_chunks.pop_back();
    const bool usable = reset == Reset::Done || (m_pool.resetsSingly() && !recording);
    usable ? m_pool.giveBack(last) : m_pool.release(last);
  }
  m_chunks.front().work.reset();
  m_chunks.front().withNext = false;
  m_current = m_chunks.front().commands;
  m_open = false;
}

void Recording::releaseChunks() {
  while (m_chunks.size() > 1) {
    m_pool.release(m_chunks.back().commands);
    m_chunks.pop_back();
  }
  recycle(Reset::Done);
}

void Recording::bindCompute(VkPipeline pipeline) {
  if (m_pipeline == pipeline) return;
  m_pipeline = pipeline;
  m_program.reset();
}

ComputeProgram Recording::program() {
  if (!m_program) m_program = m_pool.owner().pipelines().find(m_pipeline);
  return *m_program;
}

bool Recording::mayUseTwin(const Work& work) const {
  const Recordings& owner = m_pool.owner();
  return owner.switches().split == Switches::Split::Finest || owner.origin().costs->predict(work).has_value();
}

Recording::Plan Recording::planned(std::optional<std::uint64_t> ns, std::uint64_t units, bool divisible) {
  const Switches& switches = m_pool.owner().switches();
  const Cutter::Decision decision = m_cutter.add(ns, units, divisible && switches.split != Switches::Split::Off);
  Plan plan{.before = decision.before, .pieceUnits = decision.pieceUnits};
  bool after = decision.after;
  if (divisible && switches.split == Switches::Split::Finest) {
    plan.pieceUnits =
        std::max<std::uint64_t>(1, units / Switches::kMostPieces + (units % Switches::kMostPieces != 0 ? 1 : 0));
  }
  if (switches.cut == Switches::Cut::Every) {
    plan.before = after = true;
    if (switches.split == Switches::Split::ByTime) plan.pieceUnits = units;
  }
  // Nothing can be cut now: as soon as it can.
  if (m_scopes > 0) {
    m_cutSoon |= plan.before || after;
    return {.before = false, .pieceUnits = units};
  }
  plan.before |= std::exchange(m_cutSoon, after);
  return plan;
}

std::uint64_t Recording::startWork(const Work& work, bool divisible) {
  const std::uint64_t units = std::max<std::uint64_t>(1, work.units);
  if (!m_cuts) return units;
  const Recordings::Origin& origin = m_pool.owner().origin();
  const Plan plan = planned(origin.costs->predict(work), units, divisible);
  if (plan.before && m_worked) cut();
  const bool byTime = m_pool.owner().switches().split == Switches::Split::ByTime;
  if (plan.pieceUnits >= units || !origin.wide || !byTime) return plan.pieceUnits;
  return origin.costs->worthwhile(work, plan.pieceUnits, origin.pace->chunkNs.load(std::memory_order_relaxed));
}

void Recording::startWorks(std::span<const Work> works) {
  if (!m_cuts || works.empty()) return;
  const Plan plan = planned(m_pool.owner().origin().costs->predict(works), 1, false);
  if (plan.before && m_worked) cut();
}

void Recording::note(const Work& work) noexcept {
  m_worked = true;
  if (!m_tracks || !m_worksKnown) return;
  try {
    if (m_works.size() >= kMostWorks) m_worksKnown = false;
    m_works.push_back(work);
  } catch (...) {
    m_worksKnown = false;
  }
}

bool Recording::cut() noexcept {
  if (!cuts()) return false;
  VkCommandBuffer next = m_pool.take();
  if (next == VK_NULL_HANDLE || !beginNext(next)) {
    stopCutting();
    return false;
  }
  m_labels.close(m_table, m_current);
  const VkResult result = m_table.EndCommandBuffer(m_current);
  if (m_result == VK_SUCCESS) m_result = result;
  m_current = next;
  m_cutSoon = false;
  m_labels.open(m_table, m_current);
  m_log.replay([this](std::uint32_t command, const std::byte* arguments) {
    replayCommand(m_table, m_current, command, arguments);
  });
  return true;
}

// On success the works so far are those of the chunk that ends.
bool Recording::beginNext(VkCommandBuffer next) {
  VkCommandBufferBeginInfo info{};
  info.sType = VK_STRUCTURE_TYPE_COMMAND_BUFFER_BEGIN_INFO;
  info.flags = m_usage;
  try {
    if (m_chunks.size() == m_chunks.capacity()) m_chunks.reserve(2 * m_chunks.capacity());
  } catch (...) {
    m_pool.giveBack(next);
    return false;
  }
  if (m_table.BeginCommandBuffer(next, &info) != VK_SUCCESS) {
    m_pool.release(next);
    return false;
  }
  closeChunk();
  m_chunks.push_back({.commands = next, .work = nullptr});
  return true;
}

void Recording::closeChunk() noexcept {
  Chunk& chunk = m_chunks.back();
  chunk.withNext = m_withNext;
  try {
    if (m_tracks && m_worksKnown) chunk.work = std::make_shared<const std::vector<Work>>(m_works);
  } catch (...) {
    chunk.work = nullptr;
  }
  m_works.clear();
  m_worksKnown = true;
  m_worked = false;
}

void Recording::cutWhereWanted() {
  if (m_cutSoon && m_worked) cut();
}

void Recording::leaveScope() {
  if (m_scopes > 0) --m_scopes;
}

void Recording::stopCutting() {
  if (!m_cuts) return;
  m_cuts = false;
  count(m_pool.owner().origin().gate->page().uncut, 1);
}

void Recording::countUnknown() {
  count(m_pool.owner().origin().gate->page().unknownCommands, 1);
  noteUnknown();
  stopCutting();
}

void Recording::forgetState() {
  m_log.clear();
  m_pushed.clear();
  m_pipeline = VK_NULL_HANDLE;
  m_program.reset();
}

}  // namespace lull::governor
