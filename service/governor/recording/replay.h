// SPDX-License-Identifier: Apache-2.0
// Calls of the state log once more, into another command buffer. Generated from the registry.
#pragma once

#include "governor/dispatch.h"

#include <cstddef>
#include <cstdint>

namespace lull::governor {

// `command`: a value of Command (generated/commands.h) of a command that is state; `arguments`: as its wrapper kept
// them.
void replayCommand(const DeviceTable& table, VkCommandBuffer commands, std::uint32_t command,
                   const std::byte* arguments);

}  // namespace lull::governor
