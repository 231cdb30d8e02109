// SPDX-License-Identifier: Apache-2.0
// The loader's chain of layers, as a create call carries it.
#pragma once

#include <vulkan/vk_layer.h>
#include <vulkan/vulkan_core.h>

namespace lull::governor {

// The loader's link structures in a create call's pNext chain; they are the loader's to change and to be changed.
template <typename Link>
Link* findLink(const void* chain, VkStructureType type, VkLayerFunction function) {
  for (const auto* s = static_cast<const VkBaseInStructure*>(chain); s != nullptr; s = s->pNext) {
    if (s->sType != type) continue;
    auto* link = const_cast<Link*>(reinterpret_cast<const Link*>(s));
    if (link->function == function) return link;
  }
  return nullptr;
}

}  // namespace lull::governor
