// SPDX-License-Identifier: Apache-2.0
// How a program comes to load the governor's layer: where its manifest lies, and what the Vulkan loader is told.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace lull::cli {

inline constexpr const char* kLayerManifest = "VkLayer_lull_governor.json";

// Beside this program, where it is installed, and the system's; the first that has the manifest counts.
[[nodiscard]] std::vector<std::filesystem::path> layerFolders();
[[nodiscard]] std::optional<std::filesystem::path> findLayer(const std::vector<std::filesystem::path>& folders);

struct PageDescriptors {
  int page = -1;
  int event = -1;
};
// `environment` ("NAME=value") with the layer switched on, below the explicit layers that are asked for already, and
// the page named. The user's own layers and folders stay. VK_ADD_LAYER_PATH would be simpler, but loaders before
// 1.3.207 (Ubuntu 22.04) do not know it: so VK_LAYER_PATH, with the folders that it would otherwise hide.
[[nodiscard]] std::vector<std::string> governedEnvironment(std::vector<std::string> environment,
                                                           const std::filesystem::path& folder,
                                                           PageDescriptors descriptors);

}  // namespace lull::cli
