// SPDX-License-Identifier: Apache-2.0
// Where the wrappers of vkCmd* send their calls.
#pragma once

#include "governor/recording/recording.h"

namespace lull::governor {

struct Target {
  const DeviceTable* table = nullptr;
  VkCommandBuffer commands = VK_NULL_HANDLE;
  Recording* recording = nullptr;  // nullptr: a buffer that is not followed
  // nullptr: its state need not be kept.
  [[nodiscard]] StateLog* log() const { return recording != nullptr ? recording->log() : nullptr; }
};

[[nodiscard]] Target targetOf(VkCommandBuffer commands);
// For a command that takes time, of which no more is known than its name. It is about to be called.
[[nodiscard]] Target targetOfWork(VkCommandBuffer commands, std::uint32_t command);
// For one that begins what may not be cut.
[[nodiscard]] Target targetOfScope(VkCommandBuffer commands);
// For one that does both: it is in the chunk that it is noted for.
[[nodiscard]] Target targetOfWorkScope(VkCommandBuffer commands, std::uint32_t command);
// For one after which nobody knows what is done until it ends.
[[nodiscard]] Target targetOfUnsureScope(VkCommandBuffer commands);
// For one that the governor does not know.
[[nodiscard]] Target targetOfUnknown(VkCommandBuffer commands);
void leaveScope(const Target& target);
// Its arguments could not be kept.
void stateLost(const Target& target);
void forgetState(const Target& target, std::uint32_t command);

}  // namespace lull::governor
