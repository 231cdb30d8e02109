// SPDX-License-Identifier: Apache-2.0
// The settings file: reading and replacing it, and one setting's place in it.
#pragma once

#include "base/result.h"
#include "settings/description.h"

#include <nlohmann/json.hpp>

#include <filesystem>
#include <string>

namespace lull::settings {

struct Document {
  nlohmann::json root = nlohmann::json::object();
  std::string damage;  // a sentence when the file was damaged and has been set aside; `root` is empty then
};

// A missing file is an empty document. An error: it cannot be read, or is damaged and cannot be set aside.
[[nodiscard]] Result<Document> readDocument(const std::filesystem::path& file);
[[nodiscard]] Outcome writeDocument(const std::filesystem::path& file, const nlohmann::json& root);

// False: the document holds something else than an object where the setting's group belongs.
[[nodiscard]] bool isGroupWhole(const nlohmann::json& root, const Field& field);
// Takes the setting's value from the document, if it is there. Invalid: it is there and wrong; `settings` unchanged.
[[nodiscard]] Outcome take(const nlohmann::json& root, const Field& field, v1::Settings& settings);
// Writes the value into the document, or removes it where it is the default. A group that is
// no object gives way.
void put(nlohmann::json& root, const Field& field, const v1::Settings& settings);

}  // namespace lull::settings
