// SPDX-License-Identifier: Apache-2.0
// An image on the disk:
//   <image>/manifest.json   what it is
//   <image>/files           every file of it with its hash; the manifest holds the hash of this list
//   <image>/root/           the tree
// Each call is whole or not at all, also when the machine loses its power in it. Knows no thread.
#pragma once

#include "base/result.h"
#include "base/time.h"
#include "lull/v1/runtime.pb.h"
#include "runtimes/image/tree.h"

#include <filesystem>
#include <string>

namespace lull::image {

struct Manifest {
  v1::Runtime about;  // name, version, packages, bytes, when; and its trouble
  std::string files;  // SHA-256 of the list
};

inline constexpr const char* kRoot = "root";

// "20261122-1a2b3c4d", or with ".2" behind it.
[[nodiscard]] bool isVersion(std::string_view text);
[[nodiscard]] std::string versionFor(const v1::Runtime& about);

[[nodiscard]] Result<Manifest> readManifest(const std::filesystem::path& image);
[[nodiscard]] Outcome writeManifest(const std::filesystem::path& image, const Manifest& manifest);

// Makes an image of a folder whose root the maker has filled: reads its packages, notes every file, takes the right to
// write away. All of it is on the disk then. `about` has everything but version and place.
[[nodiscard]] Result<v1::Runtime> packagesOf(const std::filesystem::path& part);
[[nodiscard]] Result<Manifest> seal(const std::filesystem::path& part, v1::Runtime about, const Watch& watch);

// What is wrong with it, for people; empty: nothing.
[[nodiscard]] Result<std::string> compare(const std::filesystem::path& image, const Watch& watch);

}  // namespace lull::image
