// SPDX-License-Identifier: Apache-2.0
// The loader's chain of layers, as a create call carries it.
#pragma once

#include "governor/chain.h"

#include <vulkan/vk_layer.h>

namespace lull::governor {

// The loader's link structures in a create call's pNext chain; they are the loader's to change and to be changed.
template <typename Link>
Link* findLink(const void* chain, VkStructureType type, VkLayerFunction function) {
  for (const auto& structure : Structures(chain)) {
    if (structure.sType != type) continue;
    auto* link = const_cast<Link*>(reinterpret_cast<const Link*>(&structure));
    if (link->function == function) return link;
  }
  return nullptr;
}

}  // namespace lull::governor
