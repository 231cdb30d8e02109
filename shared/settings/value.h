// SPDX-License-Identifier: Apache-2.0
// One setting's value: text ⇄ field, checked against what its SettingMeta allows.
#pragma once

#include "base/result.h"
#include "lull/v1/settings_meta.pb.h"

#include <google/protobuf/message.h>

#include <string>
#include <string_view>

namespace lull::settings {

[[nodiscard]] const v1::SettingMeta& metaOf(const google::protobuf::FieldDescriptor& field);
[[nodiscard]] bool isText(const google::protobuf::FieldDescriptor& field);
[[nodiscard]] bool hasRange(const v1::SettingMeta& meta);  // both ends 0: none
// "bool", "integer", "number" or "text".
[[nodiscard]] std::string_view typeName(const google::protobuf::FieldDescriptor& field);
// "a whole number from 30 to 110 °C": completes "give …".
[[nodiscard]] std::string allowed(const google::protobuf::FieldDescriptor& field);

// Parses and checks `text` and sets the field of its group. Invalid: `"200" is not allowed; give …`; the group is
// unchanged then.
[[nodiscard]] Outcome assign(google::protobuf::Message& group, const google::protobuf::FieldDescriptor& field,
                             std::string_view text);
[[nodiscard]] std::string textOf(const google::protobuf::Message& group,
                                 const google::protobuf::FieldDescriptor& field);
// A bool counts as 0 or 1, a text as 0.
[[nodiscard]] double numberOf(const google::protobuf::Message& group, const google::protobuf::FieldDescriptor& field);

}  // namespace lull::settings
