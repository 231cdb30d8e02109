// SPDX-License-Identifier: Apache-2.0
// How a task fails where Vulkan is the cause.
#pragma once

#include "runtimes/worker/failure.h"

#include <vulkan/vulkan_core.h>

namespace lull::spirv {

using worker::Attempt;
using worker::badTask;
using worker::Done;
using worker::failure;
using worker::Failure;
using worker::fromStorage;
using worker::Step;
using worker::tooBig;

// The one place where a VkResult becomes a failure. `call` is the function that returned it.
[[nodiscard]] Failure fromVulkan(VkResult result, const char* call);

}  // namespace lull::spirv
