// SPDX-License-Identifier: Apache-2.0
// The batches of a submission that cannot be copied, since somebody's structure in them is not known here: the
// program's own structures, but with every chunk of its command buffers.
#pragma once

#include "governor/recording/recordings.h"

#include <vulkan/vulkan_core.h>

#include <list>
#include <span>
#include <vector>

namespace lull::governor {

// What the program gave outlives it. May throw bad_alloc.
template <typename Info>
class Whole {
public:
  Whole(std::span<const Info> infos, const Recordings& recordings);
  [[nodiscard]] std::span<const Info> infos() const { return m_infos; }

private:
  void expand(Info& info, const Recordings& recordings);

  std::vector<Info> m_infos;
  // Stay where they are while further ones come.
  std::list<std::vector<VkCommandBuffer>> m_buffers;
  std::list<std::vector<VkCommandBufferSubmitInfo>> m_buffers2;
  std::list<std::vector<std::uint32_t>> m_masks;
  std::list<VkDeviceGroupSubmitInfo> m_groups;
};

}  // namespace lull::governor
