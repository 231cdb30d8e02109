// SPDX-License-Identifier: Apache-2.0
#include "governor/recording/recordings.h"

namespace lull::governor {

void Recordings::expand(VkCommandBuffer commands, std::vector<Chunk>& out) const {
  out.push_back({.commands = commands, .work = nullptr});
}

}  // namespace lull::governor
