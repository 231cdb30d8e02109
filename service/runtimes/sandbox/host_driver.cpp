// SPDX-License-Identifier: Apache-2.0
#include "runtimes/sandbox/host_driver.h"

#include "base/file.h"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>
#include <map>
#include <optional>
#include <set>
#include <string_view>

namespace lull::sandbox {

namespace fs = std::filesystem;

namespace {

constexpr std::array kManifests{"etc/vulkan/icd.d", "usr/local/share/vulkan/icd.d", "usr/share/vulkan/icd.d"};
// Debian, its relatives, others; libraries of 32 bits are never first.
constexpr std::array kLibraries {
#if defined(__aarch64__)
  "usr/lib/aarch64-linux-gnu",
#else
  "usr/lib/x86_64-linux-gnu",
#endif
      "usr/lib64", "usr/lib", "usr/local/lib"
};
constexpr std::array kNames{"libnvidia-", "libGLX_nvidia.", "libEGL_nvidia."};
// What the driver is linked against though no window is opened.
constexpr std::array kNeeded{"libX11.so.6", "libXext.so.6", "libxcb.so.1", "libXau.so.6", "libXdmcp.so.6"};

bool isNvidia(const fs::path& device) { return device.filename().native().starts_with("nvidia"); }

bool isItsName(const std::string& file) {
  return std::ranges::any_of(kNames, [&file](std::string_view name) { return file.starts_with(name); });
}

// "535.183.01" of libGLX_nvidia.so.535.183.01; empty: that is no version of a driver.
std::string versionOf(const fs::path& library) {
  const auto name = library.filename().native();
  const auto at = name.find(".so.");
  if (at == std::string::npos) return {};
  auto version = name.substr(at + 4);
  const bool numbers = std::ranges::all_of(version, [](char c) { return c == '.' || (c >= '0' && c <= '9'); });
  return numbers && version.find('.') != std::string::npos ? version : std::string();
}

std::vector<fs::path> sorted(const fs::path& folder) {
  std::vector<fs::path> out;
  std::error_code code;
  for (fs::directory_iterator it(folder, code), end; !code && it != end; it.increment(code)) out.push_back(it->path());
  std::ranges::sort(out);
  return out;
}

struct Manifest {
  fs::path library;  // as it is named there
  nlohmann::json json;
};

std::optional<Manifest> readManifest(const fs::path& file) {
  const auto text = readFile(file);
  if (!text) return std::nullopt;
  auto json = nlohmann::json::parse(*text, nullptr, false);
  if (!json.is_object()) return std::nullopt;
  const auto icd = json.find("ICD");
  if (icd == json.end() || !icd->is_object()) return std::nullopt;
  const auto library = icd->find("library_path");
  if (library == icd->end() || !library->is_string()) return std::nullopt;
  fs::path path = library->get<std::string>();
  return isItsName(path.filename().native()) ? std::optional(Manifest{std::move(path), std::move(json)}) : std::nullopt;
}

std::optional<Manifest> findManifest(const fs::path& root) {
  for (const char* folder : kManifests) {
    for (const auto& file : sorted(root / folder)) {
      if (file.extension() != ".json") continue;
      if (auto manifest = readManifest(file)) return manifest;
    }
  }
  return std::nullopt;
}

// Where the library is found by its name.
std::optional<fs::path> findLibrary(const fs::path& library, const fs::path& root) {
  std::error_code code;
  if (library.is_absolute()) {
    auto file = root / library.relative_path();
    return fs::exists(file, code) ? std::optional(file) : std::nullopt;
  }
  for (const char* folder : kLibraries) {
    auto file = root / folder / library;
    if (fs::exists(file, code)) return file;
  }
  return std::nullopt;
}

// Each library under its full name, and the shorter names by which libraries ask for each other.
void takeFolder(SystemRoot& out, std::set<std::string>& taken, const fs::path& folder, const std::string& version) {
  for (const auto& file : sorted(folder)) {
    const auto name = file.filename().native();
    std::error_code code;
    const auto real = fs::canonical(file, code);
    if (code || !isItsName(name) || !fs::is_regular_file(real, code) || versionOf(real) != version) continue;
    if (!taken.insert(name).second) continue;
    out.binds.push_back({real, fs::path(kDriverFolder) / name, Access::ReadOnly});
  }
}

void takeNeeded(SystemRoot& out, const fs::path& image, const fs::path& root) {
  for (const char* name : kNeeded) {
    if (findLibrary(name, image)) continue;
    const auto file = findLibrary(name, root);
    std::error_code code;
    const auto real = file ? fs::canonical(*file, code) : fs::path();
    if (real.empty()) continue;
    out.binds.push_back({real, fs::path(kDriverFolder) / name, Access::ReadOnly});
  }
}

}  // namespace

HostDriver hostDriver(const std::vector<fs::path>& devices, const fs::path& image, const fs::path& root) {
  if (std::ranges::none_of(devices, isNvidia)) return {};
  auto manifest = findManifest(root);
  if (!manifest) return {};
  const auto found = findLibrary(manifest->library, root);
  if (!found) return {};
  std::error_code code;
  const auto real = fs::canonical(*found, code);
  const auto version = versionOf(real);
  if (code || version.empty()) return {};
  HostDriver out;
  std::set<std::string> taken;
  takeFolder(out.files, taken, real.parent_path(), version);
  takeFolder(out.files, taken, found->parent_path(), version);
  takeNeeded(out.files, image, root);
  manifest->json["ICD"]["library_path"] = (fs::path(kDriverFolder) / real.filename()).native();
  out.manifest = manifest->json.dump();
  return out;
}

std::vector<std::string> withDriver(std::vector<std::string> environment) {
  const std::map<std::string, std::string> more{{"LD_LIBRARY_PATH=", kDriverFolder},
                                                {"VK_ADD_DRIVER_FILES=", kDriverManifest}};
  for (const auto& [name, value] : more) {
    const auto there = std::ranges::find_if(environment, [&name = name](const auto& v) { return v.starts_with(name); });
    if (there == environment.end()) {
      environment.push_back(name + value);
    } else {
      there->insert(name.size(), value + ':');
    }
  }
  return environment;
}

}  // namespace lull::sandbox
