// SPDX-License-Identifier: Apache-2.0
#include "governor/dispatch.h"

namespace lull::governor {

InstanceTable instanceTable(VkInstance instance, PFN_vkGetInstanceProcAddr next) {
  InstanceTable table;
  table.GetInstanceProcAddr = next;
#define LULL_LOAD(name) table.name = reinterpret_cast<PFN_vk##name>(next(instance, "vk" #name));
  LULL_INSTANCE_FUNCTIONS(LULL_LOAD)
#undef LULL_LOAD
  return table;
}

DeviceTable deviceTable(VkDevice device, PFN_vkGetDeviceProcAddr next) {
  DeviceTable table;
  table.GetDeviceProcAddr = next;
#define LULL_LOAD(name) table.name = reinterpret_cast<PFN_vk##name>(next(device, "vk" #name));
  LULL_DEVICE_FUNCTIONS(LULL_LOAD)
#undef LULL_LOAD
  return table;
}

}  // namespace lull::governor
