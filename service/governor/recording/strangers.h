// SPDX-License-Identifier: Apache-2.0
// vkCmd* that the registry of this build does not name: a newer driver, asked by a newer program. The driver's own
// function would record into the program's buffer, which may have ended long ago, so the program gets a small stub that
// puts the current chunk in its place and goes on to the driver, whatever the other arguments are.
#pragma once

#include <vulkan/vulkan_core.h>

namespace lull::governor {

// The stub for a command, the same each time. nullptr: none for this processor, or none left.
[[nodiscard]] PFN_vkVoidFunction strangerFor(const char* name) noexcept;

[[nodiscard]] bool isCommand(const char* name);

}  // namespace lull::governor
