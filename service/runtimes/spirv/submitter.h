// SPDX-License-Identifier: Apache-2.0
// The one place that calls vkQueueSubmit, so that the session always knows whether the runner is held at the gate.
#pragma once

#include "runtimes/spirv/failure.h"
#include "runtimes/spirv/gate_view.h"
#include "runtimes/spirv/gpu.h"
#include "runtimes/spirv/standing.h"

namespace lull::spirv {

class Submitter {
public:
  // `limitNs`: how long submitted work may take on the GPU. Waiting at the gate is not counted.
  Submitter(const Gpu& gpu, Standing& standing, const GateView& gate, std::uint64_t limitNs)
      : m_gpu(gpu), m_standing(standing), m_gate(gate), m_limitNs(limitNs) {}

  [[nodiscard]] const Gpu& gpu() const { return m_gpu; }
  // Returns when the driver has it, however long the gate is closed. `piece` is put in flight in the same step that
  // ends the submission; nullptr: the caller watches the fence.
  [[nodiscard]] Step submit(VkCommandBuffer commands, VkFence fence, const Flying* piece);
  [[nodiscard]] Step wait(VkFence fence) const;

private:
  const Gpu& m_gpu;
  Standing& m_standing;
  const GateView& m_gate;
  const std::uint64_t m_limitNs;
};

[[nodiscard]] std::uint64_t monotonicNs();

}  // namespace lull::spirv
