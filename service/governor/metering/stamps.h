// SPDX-License-Identifier: Apache-2.0
// Pairs of GPU timestamps around submissions: command buffers recorded once per queue family and used again and again.
#pragma once

#include "governor/dispatch.h"

#include <array>
#include <cstdint>
#include <optional>

namespace lull::governor {

inline constexpr std::uint32_t kStampPairs = 16;

// One pair: `before` resets its queries and takes the first timestamp, `after` takes the second.
struct Stamp {
  VkCommandBuffer before = VK_NULL_HANDLE;
  VkCommandBuffer after = VK_NULL_HANDLE;
  std::uint32_t family = 0;
  std::uint32_t slot = 0;
};

// Not thread-safe: used under the device's lock, but for read(), which may run beside anything.
class Stamps {
public:
  struct Origin {
    VkDevice device = VK_NULL_HANDLE;
    const DeviceTable* table = nullptr;
    PFN_vkSetDeviceLoaderData setLoaderData = nullptr;
    std::uint32_t family = 0;
  };
  // False where the driver refuses; then nothing is kept and take() gives nothing.
  [[nodiscard]] bool create(const Origin& origin);
  void destroy();

  [[nodiscard]] std::uint32_t family() const { return m_origin.family; }
  [[nodiscard]] std::optional<Stamp> take();
  void giveBack(const Stamp& stamp);

  struct Ticks {
    std::uint64_t begin = 0;
    std::uint64_t end = 0;
  };
  // For a submission whose fence has been signalled.
  [[nodiscard]] std::optional<Ticks> read(const Stamp& stamp) const;

private:
  [[nodiscard]] bool createPools();
  [[nodiscard]] bool record(std::uint32_t slot);

  Origin m_origin;
  VkCommandPool m_commands = VK_NULL_HANDLE;
  VkQueryPool m_queries = VK_NULL_HANDLE;
  std::array<VkCommandBuffer, 2 * kStampPairs> m_buffers{};
  std::uint32_t m_free = 0;  // a bit per slot
  static_assert(kStampPairs < 32);
};

}  // namespace lull::governor
