// SPDX-License-Identifier: Apache-2.0
#include "runtimes/image/finding.h"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <fstream>
#include <string_view>

namespace lull::image {

namespace fs = std::filesystem;

namespace {

constexpr std::array kProgramFolders{"usr/bin", "usr/local/bin"};
constexpr std::array kLibraryFolders{"usr/lib", "usr/lib64", "usr/local/lib", "usr/local/lib64"};
constexpr std::string_view kVulkan = "libggml-vulkan.so";

bool hasProgram(const fs::path& root, const char* name) {
  return std::ranges::any_of(kProgramFolders,
                             [&](const char* folder) { return ::access((root / folder / name).c_str(), X_OK) == 0; });
}

std::vector<fs::path> foldersIn(const fs::path& folder) {
  std::vector<fs::path> out;
  std::error_code code;
  for (fs::directory_iterator it(folder, code), end; !code && it != end; it.increment(code)) {
    std::error_code unreadable;
    if (it->is_directory(unreadable)) out.push_back(it->path());
  }
  return out;
}

// ggml's backends lie beside the library, or in ggml/backendsN below it.
bool hasBackend(const fs::path& libraries) {
  std::error_code code;
  if (fs::exists(libraries / kVulkan, code) || fs::exists(libraries / "ggml" / kVulkan, code)) return true;
  return std::ranges::any_of(foldersIn(libraries / "ggml"),
                             [&](const fs::path& folder) { return fs::exists(folder / kVulkan, code); });
}

bool hasVulkan(const fs::path& root) {
  for (const char* folder : kLibraryFolders) {
    const auto libraries = root / folder;
    if (hasBackend(libraries)) return true;
    for (const auto& below : foldersIn(libraries)) {
      // usr/lib/x86_64-linux-gnu, not each of the hundreds of others
      if (below.filename().native().find("-linux-") != std::string::npos && hasBackend(below)) return true;
    }
  }
  return false;
}

bool isOfLlama(std::string_view name) {
  return name.starts_with("llama.cpp") || name.starts_with("libllama") || name.starts_with("libggml");
}

}  // namespace

std::string missingBelow(const fs::path& root) {
  for (const char* program : {"llama-server", "llama-finetune"}) {
    if (!hasProgram(root, program)) return program;
  }
  return hasVulkan(root) ? std::string() : std::string(kVulkan);
}

std::vector<v1::Runtime::Package> installedPackages(const fs::path& root) {
  std::vector<v1::Runtime::Package> out;
  std::ifstream status(root / "var/lib/dpkg/status");
  v1::Runtime::Package package;
  bool installed = false;
  for (std::string line; std::getline(status, line);) {
    const std::string_view text(line);
    if (text.empty()) {
      if (installed && isOfLlama(package.name())) out.push_back(package);
      package.Clear();
      installed = false;
    } else if (text.starts_with("Package: ")) {
      package.set_name(line.substr(9));
    } else if (text.starts_with("Version: ")) {
      package.set_version(line.substr(9));
    } else if (text.starts_with("Status: ")) {
      installed = text.ends_with(" installed");
    }
  }
  if (installed && isOfLlama(package.name())) out.push_back(package);
  std::ranges::sort(out, {}, [](const auto& each) { return each.name(); });
  return out;
}

std::string upstreamVersion(const std::string& package) {
  std::string_view text(package);
  if (const auto epoch = text.find(':'); epoch != std::string_view::npos) text.remove_prefix(epoch + 1);
  text = text.substr(0, text.rfind('-'));
  return std::string(text.substr(0, text.find('+')));
}

std::string nameOf(const v1::Runtime& runtime) {
  for (const auto& package : runtime.packages()) {
    if (package.name().starts_with("llama.cpp")) return "llama.cpp " + upstreamVersion(package.version());
  }
  return "llama.cpp";
}

}  // namespace lull::image
