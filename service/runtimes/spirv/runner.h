// SPDX-License-Identifier: Apache-2.0
// Runs a job: loads it, sends piece after piece, keeps checkpoints, writes results. A thread of its own.
#pragma once

#include "runtimes/spirv/ending.h"
#include "runtimes/spirv/job.h"

#include <array>

namespace lull::spirv {

class Runner {
public:
  Runner(Job& job, Link& link, Ending& ending) : m_job(job), m_link(link), m_ending(ending) {}
  // To its end or the process's.
  [[noreturn]] void run();

private:
  // One piece is watched, one waits behind it so that the GPU never pauses, one is being recorded.
  static constexpr std::size_t kDepth = 2;
  struct Slot {
    VkCommandBuffer commands = VK_NULL_HANDLE;
    VkFence fence = VK_NULL_HANDLE;
  };

  enum class Next { Piece, Checkpoint, Leave };

  [[nodiscard]] Step load();
  [[nodiscard]] Step makeSlots();
  [[nodiscard]] Step sendPieces();
  [[nodiscard]] Next waitForRoom();
  [[nodiscard]] Step sendPiece(std::uint64_t& next);
  [[nodiscard]] bool checkpointIsDue() const;
  void keepCheckpoint();
  [[noreturn]] void leave();
  [[noreturn]] void finish();

  Job& m_job;
  Link& m_link;
  Ending& m_ending;
  std::array<Slot, kDepth + 1> m_slots;
  std::size_t m_slot = 0;
  std::uint64_t m_keptWorkNs = 0;  // GPU time at the last checkpoint
  std::uint64_t m_keepingNs = 0;   // how long the last one took
};

}  // namespace lull::spirv
