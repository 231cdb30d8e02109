// SPDX-License-Identifier: Apache-2.0
// Work whose result tells how often and in which order it ran: each dispatch is a step that needs the one before.
#pragma once

#include "commands.h"

namespace semantics {

class Chain {
public:
  static constexpr std::uint32_t kCount = 256;
  explicit Chain(const Gpu& gpu);

  // Binds everything and records `steps` dispatches, each adding `add`, a barrier behind each.
  void record(VkCommandBuffer commands, std::uint32_t steps, std::uint32_t add) const;
  void prepare(VkCommandBuffer commands) const;
  void step(VkCommandBuffer commands, std::uint32_t add) const;
  // The host's side of it: what runs must be told here in the order in which it runs.
  void expect(std::uint32_t steps, std::uint32_t add);
  void verify(Run& run) const;
  [[nodiscard]] std::uint32_t value() const { return m_values[0]; }
  [[nodiscard]] std::uint32_t wanted() const { return m_wanted; }
  [[nodiscard]] const Buffer& values() const { return m_values; }
  [[nodiscard]] const Kernel& kernel() const { return m_kernel; }
  [[nodiscard]] VkDescriptorSet set() const { return m_set; }

private:
  Kernel m_kernel;
  Buffer m_values;
  DescriptorSet m_set;
  std::uint32_t m_wanted = 0;
};

}  // namespace semantics
