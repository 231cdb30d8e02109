// SPDX-License-Identifier: Apache-2.0
// What the GPU draws, where its driver tells. Source: the kernel's Documentation/hwmon/sysfs-interface.rst
// (power*_average and power*_input, in microwatts).
#pragma once

#include <filesystem>
#include <optional>

namespace lull::senses {

// Watts of the one GPU that tells; nullopt when none or several do (whose work it is could not be said).
[[nodiscard]] std::optional<double> readGpuWatts(const std::filesystem::path& sys);

}  // namespace lull::senses
