// SPDX-License-Identifier: Apache-2.0
#include "cli/governor/layer.h"

#include "cli/programs.h"
#include "governor/page.h"

#include <unistd.h>

#include <algorithm>
#include <string_view>

namespace lull::cli {

namespace {

namespace fs = std::filesystem;
using Environment = std::vector<std::string>;

std::string valueOf(const Environment& environment, std::string_view name) {
  for (const auto& variable : environment) {
    if (variable.starts_with(name) && variable.size() > name.size() && variable[name.size()] == '=') {
      return variable.substr(name.size() + 1);
    }
  }
  return {};
}

void set(Environment& environment, const std::string& name, const std::string& value) {
  std::erase_if(environment, [&](const std::string& variable) { return variable.starts_with(name + "="); });
  environment.push_back(name + "=" + value);
}

std::vector<std::string> split(std::string_view list) {
  std::vector<std::string> out;
  while (!list.empty()) {
    const auto end = std::min(list.find(':'), list.size());
    if (end > 0) out.emplace_back(list.substr(0, end));
    list.remove_prefix(std::min(end + 1, list.size()));
  }
  return out;
}

std::string withLast(std::vector<std::string> parts, const std::string& last) {
  if (std::ranges::find(parts, last) == parts.end()) parts.push_back(last);
  std::string out;
  for (const auto& part : parts) out += (out.empty() ? "" : ":") + part;
  return out;
}

// Where a loader looks for explicit layers when it is told nothing: its documented order.
std::vector<std::string> standardFolders(const Environment& environment) {
  const auto orElse = [&](const char* name, const std::string& otherwise) {
    const auto value = valueOf(environment, name);
    return value.empty() ? otherwise : value;
  };
  const auto home = valueOf(environment, "HOME");
  std::vector<std::string> roots;
  const auto add = [&](const std::string& list) {
    for (auto& root : split(list)) roots.push_back(std::move(root));
  };
  add(orElse("XDG_CONFIG_HOME", home.empty() ? "" : home + "/.config"));
  add(orElse("XDG_CONFIG_DIRS", "/etc/xdg"));
  add("/etc");
  add(orElse("XDG_DATA_HOME", home.empty() ? "" : home + "/.local/share"));
  add(orElse("XDG_DATA_DIRS", "/usr/local/share:/usr/share"));
  for (auto& root : roots) root += "/vulkan/explicit_layer.d";
  return roots;
}

}  // namespace

std::vector<fs::path> layerFolders() {
  const auto own = ownFolder();
  return {(own / "../lib").lexically_normal(), (own / "../share/vulkan/explicit_layer.d").lexically_normal(),
          "/usr/local/share/vulkan/explicit_layer.d", "/usr/share/vulkan/explicit_layer.d"};
}

std::optional<fs::path> findLayer(const std::vector<fs::path>& folders) {
  for (const auto& folder : folders) {
    if (::access((folder / kLayerManifest).c_str(), R_OK) == 0) return folder;
  }
  return std::nullopt;
}

Environment governedEnvironment(Environment environment, const fs::path& folder, PageDescriptors descriptors) {
  const auto told = split(valueOf(environment, "VK_LAYER_PATH"));
  const auto standard = standardFolders(environment);
  if (!told.empty()) {
    set(environment, "VK_LAYER_PATH", withLast(told, folder.native()));
  } else if (std::ranges::find(standard, folder.native()) == standard.end()) {
    auto all = split(valueOf(environment, "VK_ADD_LAYER_PATH"));
    all.insert(all.end(), standard.begin(), standard.end());
    set(environment, "VK_LAYER_PATH", withLast(std::move(all), folder.native()));
  }
  set(environment, "VK_INSTANCE_LAYERS",
      withLast(split(valueOf(environment, "VK_INSTANCE_LAYERS")), governor::kLayerName));
  set(environment, governor::kPageFdVariable, std::to_string(descriptors.page));
  set(environment, governor::kEventFdVariable, std::to_string(descriptors.event));
  return environment;
}

}  // namespace lull::cli
