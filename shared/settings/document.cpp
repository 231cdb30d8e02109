// SPDX-License-Identifier: Apache-2.0
#include "settings/document.h"

#include "base/file.h"
#include "base/time.h"
#include "base/utf8.h"
#include "settings/value.h"

#include <optional>
#include <system_error>
#include <utility>

namespace lull::settings {

namespace {

using nlohmann::json;

constexpr int kMaxDepth = 32;  // json::dump recurses
constexpr std::size_t kShown = 80;

// The document, or why the bytes are none.
Result<json> parse(const std::string& bytes) {
  bool tooDeep = false;
  try {
    auto root = json::parse(bytes, [&](int depth, json::parse_event_t, json&) {
      tooDeep = tooDeep || depth > kMaxDepth;
      return true;
    });
    if (tooDeep) return Error(Error::Kind::Invalid, "it is nested too deeply");
    if (!root.is_object()) return Error(Error::Kind::Invalid, "it is not a JSON object");
    return root;
  } catch (const json::exception& e) {
    return Error(Error::Kind::Invalid, e.what());
  }
}

// Renames the file to a free name beside it.
Result<std::filesystem::path> setAside(const std::filesystem::path& file) {
  const auto base = file.native() + ".damaged-" + std::to_string(SystemClock().now().unixMs / 1000);
  std::filesystem::path target = base;
  std::error_code code;
  for (int n = 2; std::filesystem::exists(target, code); ++n) target = base + "-" + std::to_string(n);
  std::filesystem::rename(file, target, code);
  if (code) return fromErrno(code.value(), "rename", file.native());
  return target;
}

Result<Document> giveUp(const std::filesystem::path& file, const std::string& why) {
  const auto target = setAside(file);
  if (!target) {
    return target.error().during("the settings file " + file.native() + " is damaged (" + why +
                                 ") and cannot be set aside");
  }
  Document document;
  document.damage =
      "The settings file " + file.native() + " was damaged (" + why + ") and set aside as " + target->native() + ".";
  return document;
}

// The value as a person would type it; nothing: its JSON type does not fit the field.
std::optional<std::string> typed(const json& value, const Field& field) {
  const auto type = typeName(field.descriptor());
  if (type == "text") return value.is_string() ? std::optional(value.get<std::string>()) : std::nullopt;
  if (type == "bool") return value.is_boolean() ? std::optional(value.dump()) : std::nullopt;
  return value.is_number() ? std::optional(value.dump()) : std::nullopt;
}

std::string shown(const json& value) {
  return std::string(cutUtf8(value.dump(-1, ' ', false, json::error_handler_t::replace), kShown));
}

json asJson(const Field& field, const v1::Settings& settings) {
  const auto text = field.text(settings);
  if (isText(field.descriptor())) return text;
  return json::parse(text);  // what textOf writes of a bool or a finite number is JSON
}

}  // namespace

Result<Document> readDocument(const std::filesystem::path& file) {
  auto bytes = readFile(file);
  if (!bytes && bytes.error().kind() == Error::Kind::NotFound) return Document{};
  if (!bytes && bytes.error().kind() == Error::Kind::TooBig) return giveUp(file, "it is larger than 1 MiB");
  if (!bytes) return bytes.error().during("reading the settings");
  auto root = parse(*bytes);
  if (!root) return giveUp(file, root.error().text());
  return Document{.root = std::move(*root), .damage = {}};
}

Outcome writeDocument(const std::filesystem::path& file, const json& root) {
  const auto bytes = root.dump(2, ' ', false, json::error_handler_t::replace) + "\n";
  if (auto written = replaceFile(file, bytes); !written) return written.error().during("saving the settings");
  return {};
}

bool isGroupWhole(const json& root, const Field& field) {
  const auto group = root.find(field.groupName());
  return group == root.end() || group->is_object();
}

Outcome take(const json& root, const Field& field, v1::Settings& settings) {
  const auto group = root.find(field.groupName());
  if (group == root.end()) return {};
  const auto wrong = [&](const json& value) {
    return Error(Error::Kind::Invalid,
                 field.key() + ": " + shown(value) + " is not allowed; give " + allowed(field.descriptor()));
  };
  if (!group->is_object()) return wrong(*group);
  const auto value = group->find(field.name());
  if (value == group->end()) return {};
  const auto text = typed(*value, field);
  if (!text || !field.assign(settings, *text)) return wrong(*value);
  return {};
}

void put(json& root, const Field& field, const v1::Settings& settings) {
  if (!isGroupWhole(root, field)) root.erase(field.groupName());
  if (!field.isDefault(settings)) {
    root[field.groupName()][field.name()] = asJson(field, settings);
    return;
  }
  const auto group = root.find(field.groupName());
  if (group == root.end()) return;
  const bool removed = group->erase(field.name()) > 0;
  if (removed && group->empty()) root.erase(group);
}

}  // namespace lull::settings
