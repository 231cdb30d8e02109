// SPDX-License-Identifier: Apache-2.0
#include "chain.h"

#include "kernels.h"

namespace semantics {

Chain::Chain(const Gpu& gpu)
    : m_kernel(gpu, kernels::kStep, 1, 8), m_values(gpu, kCount), m_set(gpu, m_kernel.setLayout(), {m_values}) {}

void Chain::prepare(VkCommandBuffer commands) const { bind(commands, m_kernel, m_set); }

void Chain::step(VkCommandBuffer commands, std::uint32_t add) const {
  push(commands, m_kernel.layout(), std::array<std::uint32_t, 2>{kCount, add});
  vkCmdDispatch(commands, kCount / 64, 1, 1);
}

void Chain::record(VkCommandBuffer commands, std::uint32_t steps, std::uint32_t add) const {
  prepare(commands);
  // What ran before, in another buffer too, is seen by the first step.
  barrier(commands);
  for (std::uint32_t i = 0; i < steps; ++i) {
    step(commands, add);
    barrier(commands);
  }
}

void Chain::expect(std::uint32_t steps, std::uint32_t add) {
  for (std::uint32_t i = 0; i < steps; ++i) m_wanted = m_wanted * 1664525U + add;
}

void Chain::verify(Run& run) const {
  for (const std::uint32_t value : m_values.words()) same(value, m_wanted, "a value of the chain");
  run.digest.add(m_values.words());
}

}  // namespace semantics
