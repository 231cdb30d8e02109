// SPDX-License-Identifier: Apache-2.0
#include "cli/task_file.h"

#include "cli/near.h"
#include "cli/programs.h"

#include <fmt/core.h>
#include <google/protobuf/util/json_util.h>

#include <nlohmann/json.hpp>

#include <algorithm>
#include <cstdlib>
#include <optional>

namespace lull::cli {

namespace {

using google::protobuf::Descriptor;
using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using Json = nlohmann::json;

struct Place {
  std::size_t line = 1;
  std::size_t column = 1;
};

Place placeOf(std::string_view text, std::size_t offset) {
  Place place;
  for (const char c : text.substr(0, offset)) {
    ++place.column;
    if (c == '\n') {
      ++place.line;
      place.column = 1;
    }
  }
  return place;
}

std::string placed(std::string_view name, std::string_view text, std::size_t offset) {
  const auto place = placeOf(text, offset);
  return fmt::format("{}:{}:{}", name, place.line, place.column);
}

// Syntax errors with their place; nlohmann's own text after the last "]" and the position is of use.
std::optional<Error> syntaxError(std::string_view text, std::string_view name, Json& parsed) {
  try {
    parsed = Json::parse(text);
    return std::nullopt;
  } catch (const Json::parse_error& e) {
    std::string_view what = e.what();
    const auto colon = what.find(": ");
    if (colon != std::string_view::npos) what.remove_prefix(colon + 2);
    const std::size_t offset = e.byte > 0 ? e.byte - 1 : 0;
    return Error(Error::Kind::Invalid, fmt::format("{}: this is not valid JSON: {}",
                                                   placed(name, text, std::min(offset, text.size())), what));
  }
}

// The place of a key is known when it occurs but once.
std::string placeOfKey(std::string_view text, std::string_view name, const std::string& key) {
  const auto quoted = "\"" + key + "\"";
  const auto at = text.find(quoted);
  if (at == std::string_view::npos || text.find(quoted, at + 1) != std::string_view::npos) return std::string(name);
  return placed(name, text, at);
}

const FieldDescriptor* fieldNamed(const Descriptor& type, const std::string& key) {
  const auto* field = type.FindFieldByName(key);
  return field != nullptr ? field : type.FindFieldByCamelcaseName(key);
}

struct Unknown {
  std::string key;
  std::string path;  // of the object that holds it
  const Descriptor* type = nullptr;
};

// The first key that no field is named after.
std::optional<Unknown> findUnknown(const Json& json, const Descriptor& type, const std::string& path) {
  if (!json.is_object()) return std::nullopt;
  for (const auto& [key, value] : json.items()) {
    const auto* field = fieldNamed(type, key);
    if (field == nullptr) return Unknown{.key = key, .path = path, .type = &type};
    if (field->message_type() == nullptr) continue;
    const auto inner = path.empty() ? key : fmt::format("{}.{}", path, key);
    if (!value.is_array()) {
      if (auto found = findUnknown(value, *field->message_type(), inner)) return found;
      continue;
    }
    for (std::size_t i = 0; i < value.size(); ++i) {
      if (auto found = findUnknown(value[i], *field->message_type(), fmt::format("{}[{}]", inner, i))) return found;
    }
  }
  return std::nullopt;
}

Error unknownField(const Unknown& unknown, std::string_view text, std::string_view name) {
  std::vector<std::string> fields;
  fields.reserve(static_cast<std::size_t>(unknown.type->field_count()));
  for (int i = 0; i < unknown.type->field_count(); ++i) fields.push_back(unknown.type->field(i)->name());
  const auto near = nearest(unknown.key, fields);
  std::string advice;
  if (near) {
    advice = fmt::format("Do you mean \"{}\"?", *near);
  } else {
    std::string all;
    for (const auto& field : fields) all += (all.empty() ? "" : ", ") + field;
    advice = "It may have: " + all + ".";
  }
  return {Error::Kind::Invalid, fmt::format("{}: {} has no field \"{}\". {}", placeOfKey(text, name, unknown.key),
                                            unknown.path.empty() ? "a task" : unknown.path, unknown.key, advice)};
}

// "(spirv.buffers[0].size): invalid value …": protobuf names the path; its prefix is of no use to people.
std::string withoutPrefix(std::string text) {
  const std::string prefix = "INVALID_ARGUMENT:";
  if (text.starts_with(prefix)) text.erase(0, prefix.size());
  return text;
}

void collectFiles(Message& message, std::vector<v1::Blob*>& out) {
  if (auto* blob = dynamic_cast<v1::Blob*>(&message)) {
    if (blob->source_case() == v1::Blob::kFile) out.push_back(blob);
    return;
  }
  const auto* reflection = message.GetReflection();
  std::vector<const FieldDescriptor*> fields;
  reflection->ListFields(message, &fields);
  for (const auto* field : fields) {
    if (field->cpp_type() != FieldDescriptor::CPPTYPE_MESSAGE) continue;
    if (!field->is_repeated()) {
      collectFiles(*reflection->MutableMessage(&message, field), out);
      continue;
    }
    for (int i = 0; i < reflection->FieldSize(message, field); ++i) {
      collectFiles(*reflection->MutableRepeatedMessage(&message, field, i), out);
    }
  }
}

}  // namespace

Result<v1::TaskSpec> parseTask(std::string_view json, std::string_view name) {
  Json parsed;
  if (auto error = syntaxError(json, name, parsed)) return *std::move(error);
  if (!parsed.is_object()) {
    return Error(Error::Kind::Invalid,
                 fmt::format("{}: a task is a JSON object: {{\"name\": …, \"spirv\": {{…}}}}", name));
  }
  if (const auto unknown = findUnknown(parsed, *v1::TaskSpec::descriptor(), ""))
    return unknownField(*unknown, json, name);
  v1::TaskSpec spec;
  const auto status = google::protobuf::util::JsonStringToMessage(std::string(json), &spec);
  if (!status.ok()) {
    return Error(Error::Kind::Invalid,
                 fmt::format("{}: a value does not fit its field: {}", name, withoutPrefix(status.ToString())));
  }
  if (spec.runtime_case() == v1::TaskSpec::RUNTIME_NOT_SET) {
    return Error(Error::Kind::Invalid,
                 fmt::format("{}: the task does not say what to run; a GPU kernel goes under \"spirv\"", name));
  }
  return spec;
}

std::vector<v1::Blob*> fileBlobs(v1::TaskSpec& spec) {
  std::vector<v1::Blob*> out;
  collectFiles(spec, out);
  return out;
}

std::vector<std::filesystem::path> searchFolders(const std::filesystem::path& besides) {
  std::vector<std::filesystem::path> folders{besides.empty() ? "." : besides};
  const char* samples = std::getenv("LULL_SAMPLES");
  if (samples != nullptr && *samples != '\0') folders.emplace_back(samples);
  folders.push_back((ownFolder() / "../share/lull/samples").lexically_normal());
  return folders;
}

Result<std::filesystem::path> findInput(const std::string& file, const std::vector<std::filesystem::path>& folders) {
  const std::filesystem::path named(file);
  if (file.empty()) return Error(Error::Kind::Invalid, "an input names a file with an empty name");
  std::string looked;
  for (const auto& folder : folders) {
    const auto path = named.is_absolute() ? named : folder / named;
    std::error_code code;
    if (std::filesystem::is_regular_file(path, code)) return path;
    looked += (looked.empty() ? "" : ", ") + path.parent_path().native();
    if (named.is_absolute()) break;
  }
  return Error(Error::Kind::NotFound, fmt::format("the input file {} is not there; looked in {}", file, looked));
}

}  // namespace lull::cli
