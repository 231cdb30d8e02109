// SPDX-License-Identifier: Apache-2.0
#include "settings/value.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <optional>
#include <utility>

namespace lull::settings {

namespace {

using google::protobuf::FieldDescriptor;
using google::protobuf::Message;

constexpr std::array kBools{std::pair{"true", true}, std::pair{"false", false}, std::pair{"on", true},
                            std::pair{"off", false}, std::pair{"yes", true},    std::pair{"no", false}};

std::string_view trimmed(std::string_view text) {
  constexpr std::string_view kBlank = " \t\r\n";
  const auto begin = text.find_first_not_of(kBlank);
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(kBlank) - begin + 1);
}

template <typename T>
std::string asText(T value) {
  std::array<char, 32> buffer{};
  const auto end = std::to_chars(buffer.data(), buffer.data() + buffer.size(), value).ptr;
  return {buffer.data(), end};
}

template <typename T>
std::optional<T> asNumber(std::string_view text, const v1::SettingMeta& meta) {
  T value{};
  const auto [end, code] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (code != std::errc() || end != text.data() + text.size()) return {};
  const auto number = static_cast<double>(value);
  if (!std::isfinite(number)) return {};
  if (hasRange(meta) && (number < meta.min() || number > meta.max())) return {};
  return value;
}

bool assignBool(Message& group, const FieldDescriptor& field, std::string_view text) {
  const auto* found = std::ranges::find_if(kBools, [&](const auto& row) { return text == row.first; });
  if (found == kBools.end()) return false;
  group.GetReflection()->SetBool(&group, &field, found->second);
  return true;
}

bool assignText(Message& group, const FieldDescriptor& field, std::string_view text) {
  const auto& choices = metaOf(field).choices();
  if (!choices.empty() && std::ranges::find(choices, text) == choices.end()) return false;
  group.GetReflection()->SetString(&group, &field, std::string(text));
  return true;
}

template <typename T>
bool assignNumber(Message& group, const FieldDescriptor& field, std::string_view text,
                  void (google::protobuf::Reflection::*set)(Message*, const FieldDescriptor*, T) const) {
  const auto value = asNumber<T>(text, metaOf(field));
  if (value) (group.GetReflection()->*set)(&group, &field, *value);
  return value.has_value();
}

bool tryAssign(Message& group, const FieldDescriptor& field, std::string_view text) {
  using Reflection = google::protobuf::Reflection;
  switch (field.cpp_type()) {
    case FieldDescriptor::CPPTYPE_BOOL:
      return assignBool(group, field, trimmed(text));
    case FieldDescriptor::CPPTYPE_UINT32:
      return assignNumber<std::uint32_t>(group, field, trimmed(text), &Reflection::SetUInt32);
    case FieldDescriptor::CPPTYPE_INT32:
      return assignNumber<std::int32_t>(group, field, trimmed(text), &Reflection::SetInt32);
    case FieldDescriptor::CPPTYPE_DOUBLE:
      return assignNumber<double>(group, field, trimmed(text), &Reflection::SetDouble);
    case FieldDescriptor::CPPTYPE_STRING:
      return assignText(group, field, text);
    default:
      return false;  // not a type of settings.proto, see its head; the test of all settings finds it
  }
}

}  // namespace

const v1::SettingMeta& metaOf(const FieldDescriptor& field) { return field.options().GetExtension(v1::setting); }

bool isText(const FieldDescriptor& field) { return field.cpp_type() == FieldDescriptor::CPPTYPE_STRING; }

bool hasRange(const v1::SettingMeta& meta) { return meta.min() != 0 || meta.max() != 0; }

std::string_view typeName(const FieldDescriptor& field) {
  switch (field.cpp_type()) {
    case FieldDescriptor::CPPTYPE_BOOL:
      return "bool";
    case FieldDescriptor::CPPTYPE_DOUBLE:
      return "number";
    case FieldDescriptor::CPPTYPE_STRING:
      return "text";
    default:
      return "integer";
  }
}

std::string allowed(const FieldDescriptor& field) {
  const auto& meta = metaOf(field);
  const auto type = typeName(field);
  if (type == "bool") return "true or false (on/off and yes/no will do)";
  if (type == "text") {
    std::string choices;
    for (const auto& choice : meta.choices()) choices += (choices.empty() ? "one of " : ", ") + choice;
    return choices.empty() ? "a text" : choices;
  }
  std::string text = type == "integer" ? "a whole number" : "a number";
  if (hasRange(meta)) text += " from " + asText(meta.min()) + " to " + asText(meta.max());
  return meta.unit().empty() ? text : text + " " + meta.unit();
}

Outcome assign(Message& group, const FieldDescriptor& field, std::string_view text) {
  if (tryAssign(group, field, text)) return {};
  return Error(Error::Kind::Invalid, "\"" + std::string(text) + "\" is not allowed; give " + allowed(field));
}

std::string textOf(const Message& group, const FieldDescriptor& field) {
  const auto* reflection = group.GetReflection();
  switch (field.cpp_type()) {
    case FieldDescriptor::CPPTYPE_BOOL:
      return reflection->GetBool(group, &field) ? "true" : "false";
    case FieldDescriptor::CPPTYPE_UINT32:
      return asText(reflection->GetUInt32(group, &field));
    case FieldDescriptor::CPPTYPE_INT32:
      return asText(reflection->GetInt32(group, &field));
    case FieldDescriptor::CPPTYPE_DOUBLE:
      return asText(reflection->GetDouble(group, &field));
    case FieldDescriptor::CPPTYPE_STRING:
      return reflection->GetString(group, &field);
    default:
      return {};
  }
}

double numberOf(const Message& group, const FieldDescriptor& field) {
  const auto* reflection = group.GetReflection();
  switch (field.cpp_type()) {
    case FieldDescriptor::CPPTYPE_BOOL:
      return reflection->GetBool(group, &field) ? 1 : 0;
    case FieldDescriptor::CPPTYPE_UINT32:
      return reflection->GetUInt32(group, &field);
    case FieldDescriptor::CPPTYPE_INT32:
      return reflection->GetInt32(group, &field);
    case FieldDescriptor::CPPTYPE_DOUBLE:
      return reflection->GetDouble(group, &field);
    default:
      return 0;
  }
}

}  // namespace lull::settings
