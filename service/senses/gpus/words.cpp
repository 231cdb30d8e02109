// SPDX-License-Identifier: Apache-2.0
#include "senses/gpus/words.h"

#include <fmt/core.h>

namespace lull::gpus {

namespace {
constexpr std::uint32_t kNvidia = 0x10de;
}

std::string vendorText(std::uint32_t vendorId) {
  switch (vendorId) {
    case 0x1002:
    case 0x1022:
      return "AMD";
    case kNvidia:
      return "NVIDIA";
    case 0x8086:
      return "Intel";
    case 0x13b5:
      return "Arm";
    case 0x5143:
      return "Qualcomm";
    case 0x1010:
      return "Imagination";
    case 0x14e4:
      return "Broadcom";
    case 0x106b:
      return "Apple";
    case 0x144d:
      return "Samsung";
    case 0x19e5:
      return "Huawei";
    case 0x1ae0:
      return "Google";
    case 0x1af4:
      return "Virtio";
    case VK_VENDOR_ID_VSI:
      return "VeriSilicon";
    case VK_VENDOR_ID_MESA:
      return "Mesa";
    default:
      return fmt::format("vendor {:#06x}", vendorId);
  }
}

std::string typeText(const VkPhysicalDeviceProperties& properties, VkDriverId driver) {
  if (driver == VK_DRIVER_ID_MESA_LLVMPIPE || driver == VK_DRIVER_ID_GOOGLE_SWIFTSHADER) return "software";
  switch (properties.deviceType) {
    case VK_PHYSICAL_DEVICE_TYPE_INTEGRATED_GPU:
      return "integrated";
    case VK_PHYSICAL_DEVICE_TYPE_DISCRETE_GPU:
      return "discrete";
    case VK_PHYSICAL_DEVICE_TYPE_VIRTUAL_GPU:
      return "virtual";
    case VK_PHYSICAL_DEVICE_TYPE_CPU:
      return "software";
    default:
      return "other";
  }
}

std::string driverText(const VkPhysicalDeviceProperties& properties, const VkPhysicalDeviceDriverProperties& driver) {
  const std::string name(driver.driverName);
  const std::string info(driver.driverInfo);
  if (!name.empty()) return info.empty() ? name : name + " " + info;
  const std::uint32_t v = properties.driverVersion;
  if (properties.vendorID == kNvidia) return fmt::format("NVIDIA {}.{}", v >> 22U, (v >> 14U) & 0xffU);
  return fmt::format("{}.{}.{}", VK_API_VERSION_MAJOR(v), VK_API_VERSION_MINOR(v), VK_API_VERSION_PATCH(v));
}

std::string resultText(VkResult result) {
  switch (result) {
    case VK_ERROR_INCOMPATIBLE_DRIVER:
      return "no Vulkan driver is installed";
    case VK_ERROR_OUT_OF_HOST_MEMORY:
      return "out of memory";
    case VK_ERROR_INITIALIZATION_FAILED:
      return "the driver could not begin";
    case VK_ERROR_DEVICE_LOST:
      return "the device is lost";
    default:
      return fmt::format("VkResult {}", static_cast<int>(result));
  }
}

}  // namespace lull::gpus
