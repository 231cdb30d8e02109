// SPDX-License-Identifier: Apache-2.0
// The name by which service, worker and dashboard mean the same GPU. The one implementation.
#pragma once

#include <vulkan/vulkan_core.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstring>
#include <string>

namespace lull {

namespace detail {

// FNV-1a over a device's vendor, model and name, started differently for each half of the id.
inline std::uint64_t hashDevice(const VkPhysicalDeviceProperties& properties, std::uint64_t hash) {
  const auto mix = [&hash](std::uint8_t byte) { hash = (hash ^ byte) * 0x100000001b3ULL; };
  for (const std::uint32_t word : {properties.vendorID, properties.deviceID}) {
    for (unsigned shift = 0; shift < 32; shift += 8) mix(static_cast<std::uint8_t>(word >> shift));
  }
  for (const char* c = properties.deviceName; *c != '\0'; ++c) mix(static_cast<std::uint8_t>(*c));
  return hash;
}

}  // namespace detail

// 32 lower-case hex digits: the device UUID or, where a driver leaves that all zero, a hash of vendor, model and name.
[[nodiscard]] inline std::string gpuId(const VkPhysicalDeviceProperties& properties,
                                       const VkPhysicalDeviceIDProperties& ids) {
  std::array<std::uint8_t, VK_UUID_SIZE> bytes{};
  std::memcpy(bytes.data(), ids.deviceUUID, bytes.size());
  if (std::all_of(bytes.begin(), bytes.end(), [](std::uint8_t byte) { return byte == 0; })) {
    const std::array<std::uint64_t, 2> halves{detail::hashDevice(properties, 0xcbf29ce484222325ULL),
                                              detail::hashDevice(properties, 0x6c756c6c2d677075ULL)};
    std::memcpy(bytes.data(), halves.data(), bytes.size());
  }
  constexpr const char* kDigits = "0123456789abcdef";
  std::string text;
  text.reserve(2 * bytes.size());
  for (const std::uint8_t byte : bytes) {
    text += kDigits[byte >> 4U];
    text += kDigits[byte & 0xfU];
  }
  return text;
}

}  // namespace lull
