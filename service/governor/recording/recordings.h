// SPDX-License-Identifier: Apache-2.0
// What became of the program's command buffers: each primary one is a chain of chunks, the first of them the program's
// own buffer, the others ours, from the same pool.
#pragma once

#include "governor/pacing/work.h"

#include <vulkan/vulkan_core.h>

#include <vector>

namespace lull::governor {

struct Chunk {
  VkCommandBuffer commands = VK_NULL_HANDLE;
  WorkList work;  // nullptr: nothing is known of what it does
  // It suspends a dynamic rendering that the next one resumes: both go to the driver in one call.
  bool withNext = false;
};

class Recordings {
public:
  // Appends the chunks of a recording that has ended; the buffer alone where it was never cut. May throw bad_alloc.
  // Called by the thread that submits: the program may not record into it meanwhile.
  void expand(VkCommandBuffer commands, std::vector<Chunk>& out) const;
};

}  // namespace lull::governor
