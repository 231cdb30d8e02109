// SPDX-License-Identifier: Apache-2.0
#include "runtimes/spirv/failure.h"

namespace lull::spirv {

Failure fromVulkan(VkResult result, const char* call) {
  const std::string technical = std::string(call) + " returned " + std::to_string(static_cast<int>(result));
  switch (result) {
    case VK_ERROR_DEVICE_LOST:
      return failure(Failure::KIND_DEVICE_LOST, "The graphics driver lost its device while this task ran.",
                     technical + " (VK_ERROR_DEVICE_LOST)");
    case VK_ERROR_OUT_OF_DEVICE_MEMORY:
      return failure(Failure::KIND_OUT_OF_MEMORY, "The GPU has too little free memory for this task right now.",
                     technical + " (VK_ERROR_OUT_OF_DEVICE_MEMORY)");
    case VK_ERROR_OUT_OF_HOST_MEMORY:
      return failure(Failure::KIND_OUT_OF_MEMORY, "The computer has too little free memory for this task right now.",
                     technical + " (VK_ERROR_OUT_OF_HOST_MEMORY)");
    default:
      return failure(Failure::KIND_DRIVER, "The graphics driver refused a step of this task.", technical);
  }
}

}  // namespace lull::spirv
