// SPDX-License-Identifier: Apache-2.0
// The one place that submits work and waits for its end. The governor may hold work back at any time, before
// vkQueueSubmit returns or after, and for hours.
#pragma once

#include "runtimes/spirv/failure.h"
#include "runtimes/spirv/gate_view.h"
#include "runtimes/spirv/gpu.h"
#include "runtimes/spirv/standing.h"

namespace lull::spirv {

class Submitter {
public:
  // `limitNs`: how long submitted work may take on the GPU. While the governor holds it back, no time is counted.
  Submitter(const Gpu& gpu, Standing& standing, const GateView& gate, std::uint64_t limitNs)
      : m_gpu(gpu), m_standing(standing), m_gate(gate), m_limitNs(limitNs) {}

  [[nodiscard]] const Gpu& gpu() const { return m_gpu; }
  // Puts a piece in flight; the watcher sees it end.
  [[nodiscard]] Step send(VkCommandBuffer commands, Flying piece);
  [[nodiscard]] Step wait(const Flying& piece) const;
  // A copy: sends it, waits for its end and resets the fence. No piece is in flight.
  [[nodiscard]] Step runToEnd(VkCommandBuffer commands, VkFence fence);

private:
  // Returns the submission's number, from 1.
  [[nodiscard]] Attempt<std::uint64_t> submit(VkCommandBuffer commands, VkFence fence);
  [[nodiscard]] Step waitFor(std::uint64_t number, VkFence fence) const;

  const Gpu& m_gpu;
  Standing& m_standing;
  const GateView& m_gate;
  const std::uint64_t m_limitNs;
};

[[nodiscard]] std::uint64_t monotonicNs();

}  // namespace lull::spirv
