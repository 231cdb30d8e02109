// SPDX-License-Identifier: Apache-2.0
#include "runtimes/shader_cache.h"

#include "base/sha256.h"
#include "runtimes/task_check.h"

#include <algorithm>
#include <cstdlib>

namespace lull::runtimes {

namespace fs = std::filesystem;

namespace {

constexpr std::size_t kMostKinds = 16;
constexpr std::size_t kHashDigits = 16;
constexpr const char* kAside = "gone.";

std::string hashOf(const v1::TaskSpec& spec) {
  if (auto model = modelOf(spec); isSha256(model)) return model;
  const auto& module = spec.spirv().module();
  return module.source_case() == v1::Blob::kSha256 && isSha256(module.sha256()) ? module.sha256()
                                                                                : sha256(module.inline_());
}

bool isKind(const std::string& name) {
  const auto dash = name.find('-');
  if (dash == std::string::npos || name.size() != dash + 1 + kHashDigits) return false;
  const auto whose = name.substr(0, dash);
  return (whose == "own" || whose == "lent") &&
         name.find_first_not_of("0123456789abcdef", dash + 1) == std::string::npos;
}

// A worker may have taken away rights in what was its folder.
void allow(const fs::path& folder) {
  std::error_code code;
  fs::permissions(folder, fs::perms::owner_all, code);
}

struct Kind {
  fs::path folder;
  fs::file_time_type used;
};

std::vector<Kind> kindsIn(const fs::path& root) {
  std::vector<Kind> out;
  std::error_code code;
  for (fs::directory_iterator it(root, code), end; !code && it != end; it.increment(code)) {
    if (isKind(it->path().filename())) out.push_back({it->path(), fs::last_write_time(it->path(), code)});
  }
  std::ranges::sort(out, std::greater(), &Kind::used);
  return out;
}

}  // namespace

std::string shaderKindOf(const v1::TaskSpec& spec) {
  return (spec.own() ? "own-" : "lent-") + hashOf(spec).substr(0, kHashDigits);
}

fs::path shaderCacheFor(const fs::path& root, const v1::TaskSpec& spec) {
  std::error_code code;
  // Whoever sets this wants one warm folder for all, as tests do: it is for development alone.
  if (const char* told = std::getenv("MESA_SHADER_CACHE_DIR"); told != nullptr && *told != '\0') {
    fs::create_directories(told, code);  // as the driver would: a sandbox binds only what is there
    return told;
  }
  auto folder = root / shaderKindOf(spec);
  fs::create_directory(folder, code);
  allow(folder);
  fs::last_write_time(folder, fs::file_time_type::clock::now(), code);
  return folder;
}

void setShadersAside(const fs::path& root, const std::string& kind) {
  allow(root / kind);
  std::error_code code;
  fs::rename(root / kind, root / (kAside + kind), code);
}

std::vector<fs::path> setOldShadersAside(const fs::path& root, const std::set<std::string>& inUse) {
  const auto kinds = kindsIn(root);
  for (std::size_t i = kMostKinds; i < kinds.size(); ++i) {
    if (inUse.contains(kinds[i].folder.filename())) continue;
    setShadersAside(root, kinds[i].folder.filename());
  }
  std::vector<fs::path> out;
  std::error_code code;
  for (fs::directory_iterator it(root, code), end; !code && it != end; it.increment(code)) {
    if (it->path().filename().native().starts_with(kAside)) out.push_back(it->path());
  }
  return out;
}

}  // namespace lull::runtimes
