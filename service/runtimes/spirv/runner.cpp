// SPDX-License-Identifier: Apache-2.0
#include "runtimes/spirv/runner.h"

#include "base/log.h"

#include <algorithm>

namespace lull::spirv {

namespace {

// Checkpoints take at most about a tenth of the time, however large the buffers are.
constexpr std::uint64_t kCheckpointShare = 10;

}  // namespace

void Runner::run() {
  if (auto loaded = load(); !loaded) m_ending.failed(loaded.failure());
  if (auto made = makeSlots(); !made) m_ending.failed(made.failure());
  if (auto sent = sendPieces(); !sent) m_ending.failed(sent.failure());
  finish();
}

// Started is told before anything is copied: copies pass the gate, which may open only for a task that has started.
Step Runner::load() {
  const auto resumed = m_job.checkpoint->find();
  const std::uint64_t position = std::min(resumed.value_or(0), m_job.work.total());
  worker::v1::FromWorker started;
  started.mutable_started()->set_resumed(resumed.has_value());
  started.mutable_started()->set_progress(m_job.progressAt(position));
  started.mutable_started()->set_memory_bytes(m_job.buffers->memoryBytes());
  m_link.send(started);

  const v1::SpirvTask& task = m_job.start.spec().spirv();
  if (resumed) {
    if (auto loaded = m_job.checkpoint->load(); !loaded) return loaded;
  }
  for (int i = 0; !resumed && i < task.buffers_size(); ++i) {
    auto filled = fill(*m_job.buffers, static_cast<std::size_t>(i), task.buffers(i), m_job.start.blob_dir());
    if (!filled) return filled;
  }
  const std::lock_guard lock(m_job.standing.mutex);
  m_job.standing.position = position;
  m_job.standing.running = true;
  return Done{};
}

Step Runner::makeSlots() {
  const Gpu& gpu = m_job.gpu;
  VkCommandPoolCreateInfo pool{};
  pool.sType = VK_STRUCTURE_TYPE_COMMAND_POOL_CREATE_INFO;
  pool.flags = VK_COMMAND_POOL_CREATE_RESET_COMMAND_BUFFER_BIT;
  pool.queueFamilyIndex = gpu.found.queueFamily;
  VkCommandPool commands = VK_NULL_HANDLE;
  VkResult result = vkCreateCommandPool(gpu.device, &pool, nullptr, &commands);
  if (result != VK_SUCCESS) return fromVulkan(result, "vkCreateCommandPool");
  for (Slot& slot : m_slots) {
    VkCommandBufferAllocateInfo allocate{};
    allocate.sType = VK_STRUCTURE_TYPE_COMMAND_BUFFER_ALLOCATE_INFO;
    allocate.commandPool = commands;
    allocate.commandBufferCount = 1;
    result = vkAllocateCommandBuffers(gpu.device, &allocate, &slot.commands);
    if (result != VK_SUCCESS) return fromVulkan(result, "vkAllocateCommandBuffers");
    VkFenceCreateInfo fence{};
    fence.sType = VK_STRUCTURE_TYPE_FENCE_CREATE_INFO;
    result = vkCreateFence(gpu.device, &fence, nullptr, &slot.fence);
    if (result != VK_SUCCESS) return fromVulkan(result, "vkCreateFence");
  }
  return Done{};
}

Step Runner::sendPieces() {
  Standing& standing = m_job.standing;
  std::uint64_t next = standing.position;
  while (next < m_job.work.total()) {
    const Next what = waitForRoom();
    if (what == Next::Leave) leave();
    if (what == Next::Checkpoint) keepCheckpoint();
    if (auto sent = sendPiece(next); !sent) return sent;
  }
  std::unique_lock lock(standing.mutex);
  standing.changed.wait(lock, [&] { return standing.flight.empty(); });
  standing.running = false;
  return Done{};
}

// For anything but a piece, nothing is in flight on return. Pieces that the governor holds back keep it here.
Runner::Next Runner::waitForRoom() {
  Standing& standing = m_job.standing;
  std::unique_lock lock(standing.mutex);
  standing.changed.wait(lock, [&] { return standing.evict || standing.flight.size() < kDepth; });
  const bool due = checkpointIsDue();
  if (!due && !standing.evict) return Next::Piece;
  standing.changed.wait(lock, [&] { return standing.flight.empty(); });
  return standing.evict ? Next::Leave : Next::Checkpoint;
}

Step Runner::sendPiece(std::uint64_t& next) {
  Standing& standing = m_job.standing;
  std::uint64_t groups = 0;
  {
    const std::lock_guard lock(standing.mutex);
    groups = standing.pacer.groups();
  }
  const Piece piece = nextPiece(m_job.work, next, groups);
  const Slot& slot = m_slots[m_slot++ % m_slots.size()];
  if (auto recorded = m_job.kernel->record(slot.commands, piece); !recorded) return recorded;
  next = piece.end;
  return m_job.submitter.send(slot.commands, {.fence = slot.fence, .begin = piece.begin, .end = piece.end});
}

bool Runner::checkpointIsDue() const {
  const std::uint64_t every = m_job.start.checkpoint_every_s() * 1'000'000'000ULL;
  const std::uint64_t worked = m_job.standing.workedNs - m_keptWorkNs;
  return every != 0 && worked >= std::max(every, m_keepingNs * kCheckpointShare);
}

// Nothing is in flight. A disk that does not take it costs work that would be done again, not the task.
void Runner::keepCheckpoint() {
  const std::lock_guard saving(m_job.saving);
  const std::uint64_t position = m_job.standing.position;
  const std::uint64_t begin = monotonicNs();
  auto kept = m_job.checkpoint->write(position);
  if (kept) kept = m_job.checkpoint->keep();
  m_keptWorkNs = m_job.standing.workedNs;
  m_keepingNs = monotonicNs() - begin;
  if (!kept) {
    log::warning("no checkpoint: {} {}", kept.failure().message(), kept.failure().technical());
    return;
  }
  worker::v1::FromWorker message;
  message.mutable_checkpointed()->set_progress(m_job.progressAt(position));
  m_link.send(message);
}

// Evicted at a piece boundary, nothing in flight. Where reading the buffers needs the GPU and the gate is closed, the
// copy is held back, and the session speaks in its place.
void Runner::leave() {
  const std::lock_guard saving(m_job.saving);  // the session may be half through the same, and will give it up
  const std::uint64_t position = m_job.standing.position;
  if (position == m_job.checkpoint->kept().value_or(0)) m_ending.evicted(m_job.progressAt(position), "");
  auto kept = m_job.checkpoint->write(position);
  if (kept) kept = m_job.checkpoint->keep();
  if (kept) m_ending.evicted(m_job.progressAt(position), "");
  m_ending.evicted(m_job.progressAt(m_job.checkpoint->kept().value_or(0)),
                   kept.failure().message() + " (" + kept.failure().technical() + ")");
}

void Runner::finish() {
  const v1::SpirvTask& task = m_job.start.spec().spirv();
  const auto& order = m_job.orders[m_job.work.iterations % m_job.orders.size()];
  std::vector<v1::Output> outputs;
  for (int i = 0; i < task.buffers_size(); ++i) {
    const std::string& name = task.buffers(i).output();
    if (name.empty()) continue;
    auto output = writeOutput(*m_job.buffers, order[static_cast<std::size_t>(i)], name, m_job.start.output_dir());
    if (!output) m_ending.failed(output.failure());
    outputs.push_back(std::move(*output));
  }
  m_ending.finished(outputs);
}

}  // namespace lull::spirv
