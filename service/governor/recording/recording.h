// SPDX-License-Identifier: Apache-2.0
// One command buffer of the program while it is recorded: which of its chunks takes the next command, what state a new
// one would need, and when to begin it. Used only by the thread that may record into the buffer.
#pragma once

#include "governor/pacing/cutter.h"
#include "governor/recording/command_pool.h"
#include "governor/recording/labels.h"
#include "governor/recording/push_constants.h"
#include "governor/recording/state_log.h"

#include <optional>
#include <span>
#include <vector>

namespace lull::governor {

class Recording {
public:
  explicit Recording(CommandPool& pool);

  void adopt(VkCommandBuffer commands, VkCommandBufferLevel level);
  [[nodiscard]] VkCommandBuffer commands() const { return m_chunks.front().commands; }
  [[nodiscard]] const DeviceTable& table() const { return m_table; }
  // Takes the next command.
  [[nodiscard]] VkCommandBuffer current() const { return m_current; }
  [[nodiscard]] CommandPool& pool() { return m_pool; }
  [[nodiscard]] std::size_t place() const { return m_place; }  // among those of the pool, which moves it
  void moveTo(std::size_t place) { m_place = place; }

  [[nodiscard]] VkResult begin(const VkCommandBufferBeginInfo& info);
  [[nodiscard]] VkResult end();
  // The chunks that were cut go back to the pool; all of them are reset already, or the pool allows it one by one.
  enum class Reset { Done, Singly };
  void recycle(Reset reset);
  // They are freed.
  void releaseChunks();

  // State. nullptr: it need not be kept.
  [[nodiscard]] StateLog* log() { return m_cuts ? &m_log : nullptr; }
  void bindCompute(VkPipeline pipeline);
  [[nodiscard]] PushConstants& pushed() { return m_pushed; }
  [[nodiscard]] Labels& labels() { return m_labels; }

  // Work. Before the calls that do it: may begin a new chunk. Returns how many units each part of it should have.
  [[nodiscard]] bool tracks() const { return m_tracks; }
  [[nodiscard]] bool cuts() const { return m_cuts && m_scopes == 0; }
  [[nodiscard]] std::uint64_t startWork(const Work& work, bool divisible);
  void startWorks(std::span<const Work> works);
  // A part of it goes to the current chunk.
  void note(const Work& work) noexcept;
  void noteUnknown() {
    m_worked = true;
    m_worksKnown = false;
  }
  // Begins the next chunk; false: it cannot, and what follows goes where it went before.
  bool cut() noexcept;
  void cutSoon() { m_cutSoon = true; }                    // before the next work
  [[nodiscard]] bool worked() const { return m_worked; }  // the current chunk does something that takes time
  void countPieces(std::uint64_t pieces) { m_pieces += pieces; }
  [[nodiscard]] ComputeProgram program();
  [[nodiscard]] VkPipeline pipeline() const { return m_pipeline; }
  // Long work that only a twin can split is worth one: it is known to be long, or everything is to be split.
  [[nodiscard]] bool mayUseTwin(const Work& work) const;

  // Between these nothing is cut: queries, render passes and the like, which may be nested.
  void cutWhereWanted();  // before one, if the last work asked for it
  void enterScope() { ++m_scopes; }
  void leaveScope();

  // From here to its end this recording stays as it is.
  void stopCutting();
  // A command that the governor does not know was called.
  void countUnknown();
  void forgetState();
  // A dynamic rendering goes on in the next buffer of the submission.
  void keepWithNext() { m_withNext = true; }

  [[nodiscard]] std::span<const Chunk> chunks() const { return m_chunks; }

private:
  struct Plan {
    bool before = false;
    std::uint64_t pieceUnits = 0;
  };
  [[nodiscard]] Plan planned(std::optional<std::uint64_t> ns, std::uint64_t units, bool divisible);
  void decideCuts(const VkCommandBufferBeginInfo& info);
  [[nodiscard]] bool beginNext(VkCommandBuffer next);
  void closeChunk() noexcept;
  void publish();

  CommandPool& m_pool;
  const DeviceTable& m_table;
  std::size_t m_place = 0;
  VkCommandBuffer m_current = VK_NULL_HANDLE;
  VkCommandBufferLevel m_level = VK_COMMAND_BUFFER_LEVEL_PRIMARY;
  bool m_tracks = false;
  bool m_cuts = false;
  bool m_open = false;  // begun and not ended
  bool m_cutSoon = false;
  bool m_worked = false;
  bool m_worksKnown = true;
  bool m_withNext = false;
  std::uint32_t m_scopes = 0;
  VkCommandBufferUsageFlags m_usage = 0;
  VkResult m_result = VK_SUCCESS;  // of what was done for chunks that have ended
  std::uint64_t m_pieces = 0;
  VkPipeline m_pipeline = VK_NULL_HANDLE;
  std::optional<ComputeProgram> m_program;
  PushConstants m_pushed;
  Cutter m_cutter;
  StateLog m_log;
  Labels m_labels;
  std::vector<Work> m_works;  // of the current chunk
  std::vector<Chunk> m_chunks;
};

// By the program's handle; nullptr: it is not followed. May be asked by threads that may use the buffer.
[[nodiscard]] Recording* recordingOf(VkCommandBuffer commands);
// False: no memory.
[[nodiscard]] bool follow(VkCommandBuffer commands, Recording& recording) noexcept;
void unfollow(VkCommandBuffer commands) noexcept;

}  // namespace lull::governor
