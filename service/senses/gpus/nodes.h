// SPDX-License-Identifier: Apache-2.0
// Through which device files a GPU's driver is reached: what a worker on that GPU is given of /dev.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace lull::gpus {

struct Whereabouts {
  std::string pciAddress;                                   // "0000:01:00.0"; empty: not on PCI
  std::optional<std::pair<unsigned, unsigned>> renderNode;  // its device numbers, where the driver tells them
};

// Paths below /dev, in order; none for a software device.
[[nodiscard]] std::vector<std::string> nodesOf(const Whereabouts& gpu, const std::filesystem::path& sys = "/sys",
                                               const std::filesystem::path& proc = "/proc");

}  // namespace lull::gpus
