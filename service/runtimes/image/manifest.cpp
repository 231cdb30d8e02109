// SPDX-License-Identifier: Apache-2.0
#include "runtimes/image/manifest.h"

#include "base/file.h"
#include "base/sha256.h"
#include "base/utf8.h"

#include <fcntl.h>
#include <fmt/chrono.h>
#include <unistd.h>

#include <nlohmann/json.hpp>

#include <algorithm>
#include <regex>

namespace lull::image {

namespace fs = std::filesystem;
using Json = nlohmann::json;

namespace {

constexpr int kLayout = 1;
constexpr std::size_t kMostFiles = 64U << 20U;  // bytes of the list
constexpr const char* kManifest = "manifest.json";
constexpr const char* kFiles = "files";
constexpr const char* kPackages = "packages";  // the maker's: "name version" a line

std::string textOf(const Json& json, const char* key) {
  const auto found = json.find(key);
  return found != json.end() && found->is_string() ? found->get<std::string>() : std::string();
}

template <typename Number>
Number numberOf(const Json& json, const char* key) {
  const auto found = json.find(key);
  return found != json.end() && found->is_number() ? found->get<Number>() : Number{};
}

// All of the file system's: one call for a thousand files.
Outcome toDisk(const fs::path& folder) {
  const Fd fd(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!fd) return fromErrno("open", folder.native());
  return ::syncfs(fd.get()) == 0 ? Outcome() : Outcome(fromErrno("write to the disk", folder.native()));
}

}  // namespace

bool isVersion(std::string_view text) {
  static const std::regex pattern("[0-9]{8}-[0-9a-f]{8}(\\.[0-9]{1,4})?");
  return std::regex_match(text.begin(), text.end(), pattern);
}

std::string versionFor(const v1::Runtime& about) {
  std::string packages;
  for (const auto& package : about.packages()) packages += package.name() + ' ' + package.version() + '\n';
  const std::time_t when = about.installed_unix_ms() / 1000;
  return fmt::format("{:%Y%m%d}-{}", fmt::gmtime(when), sha256(packages).substr(0, 8));
}

Result<Manifest> readManifest(const fs::path& image) {
  const auto text = readFile(image / kManifest);
  if (!text) return text.error();
  const auto json = Json::parse(*text, nullptr, false);
  if (!json.is_object() || numberOf<int>(json, "layout") != kLayout || !isSha256(textOf(json, "files_sha256"))) {
    return Error(Error::Kind::Invalid, (image / kManifest).native() + " does not describe an image");
  }
  Manifest out{.about = {}, .files = textOf(json, "files_sha256")};
  auto& about = out.about;
  about.set_name(validUtf8(textOf(json, "name")));
  about.set_version(image.filename().native());
  about.set_source(v1::Runtime::SOURCE_IMAGE);
  about.set_place((image / kRoot).native());
  about.set_bytes(numberOf<std::uint64_t>(json, "bytes"));
  about.set_installed_unix_ms(numberOf<std::int64_t>(json, "installed_unix_ms"));
  about.set_trouble(validUtf8(textOf(json, "trouble")));
  for (const auto& each : json.value("packages", Json::array())) {
    if (!each.is_object()) continue;
    auto& package = *about.add_packages();
    package.set_name(validUtf8(textOf(each, "name")));
    package.set_version(validUtf8(textOf(each, "version")));
  }
  return out;
}

Outcome writeManifest(const fs::path& image, const Manifest& manifest) {
  const auto& about = manifest.about;
  auto packages = Json::array();
  for (const auto& each : about.packages()) packages.push_back({{"name", each.name()}, {"version", each.version()}});
  const nlohmann::ordered_json json{{"layout", kLayout},          {"name", about.name()},
                                    {"version", about.version()}, {"installed_unix_ms", about.installed_unix_ms()},
                                    {"bytes", about.bytes()},     {"files_sha256", manifest.files},
                                    {"trouble", about.trouble()}, {"packages", std::move(packages)}};
  return replaceFile(image / kManifest, json.dump(2, ' ', false, Json::error_handler_t::replace) + '\n');
}

Result<v1::Runtime> packagesOf(const fs::path& part) {
  const auto text = readFile(part / kRoot / kPackages);
  if (!text) return text.error();
  v1::Runtime out;
  for (std::string_view rest(*text); !rest.empty();) {
    const auto line = rest.substr(0, rest.find('\n'));
    rest.remove_prefix(std::min(line.size() + 1, rest.size()));
    const auto space = line.find(' ');
    if (space == std::string_view::npos) continue;
    auto& package = *out.add_packages();
    package.set_name(validUtf8(line.substr(0, space)));
    package.set_version(validUtf8(line.substr(space + 1)));
  }
  return out;
}

Result<Manifest> seal(const fs::path& part, v1::Runtime about, const Watch& watch) {
  if (auto made = makeReadOnly(part / kRoot); !made) return made.error();
  const auto entries = contentsOf(part / kRoot, watch);
  if (!entries) return entries.error();
  const auto list = toText(*entries);
  about.clear_bytes();
  for (const auto& entry : *entries) about.set_bytes(about.bytes() + entry.bytes);
  Manifest out{.about = std::move(about), .files = sha256(list)};
  if (auto written = replaceFile(part / kFiles, list); !written) return written.error();
  if (auto written = writeManifest(part, out); !written) return written.error();
  if (auto synced = toDisk(part); !synced) return synced.error();
  return out;
}

Result<std::string> compare(const fs::path& image, const Watch& watch) {
  const auto manifest = readManifest(image);
  if (!manifest) return "its manifest cannot be read: " + manifest.error().text();
  const auto list = readFile(image / kFiles, kMostFiles);
  if (!list || sha256(*list) != manifest->files) return std::string("the list of its files is damaged");
  const auto wanted = entriesFrom(*list);
  if (!wanted) return wanted.error().text();
  const auto found = contentsOf(image / kRoot, watch);
  if (found) return difference(*wanted, *found);
  if (watch.stop) return found.error();
  return found.error().text();
}

}  // namespace lull::image
