// SPDX-License-Identifier: Apache-2.0
// All settings there are, as settings.proto describes them.
#pragma once

#include "base/result.h"
#include "lull/v1/envelope.pb.h"
#include "lull/v1/settings.pb.h"

#include <string>
#include <string_view>
#include <vector>

namespace lull::settings {

// One setting and its place in v1::Settings.
class Field {
public:
  Field(const google::protobuf::FieldDescriptor& group, const google::protobuf::FieldDescriptor& field);

  [[nodiscard]] const std::string& key() const { return m_key; }  // "thermal.stop"
  [[nodiscard]] const std::string& groupName() const;
  [[nodiscard]] const std::string& name() const;
  [[nodiscard]] const google::protobuf::FieldDescriptor& descriptor() const { return *m_field; }
  [[nodiscard]] const v1::SettingMeta& meta() const;

  [[nodiscard]] Outcome assign(v1::Settings& settings, std::string_view text) const;
  [[nodiscard]] std::string text(const v1::Settings& settings) const;
  [[nodiscard]] double number(const v1::Settings& settings) const;
  [[nodiscard]] bool isDefault(const v1::Settings& settings) const;
  void copy(const v1::Settings& from, v1::Settings& to) const;

  [[nodiscard]] bool mayChange(v1::Right right) const;
  // For the protocol; `right` is the caller's.
  [[nodiscard]] v1::Setting describe(const v1::Settings& settings, v1::Right right) const;

private:
  [[nodiscard]] const google::protobuf::Message& groupOf(const v1::Settings& settings) const;

  const google::protobuf::FieldDescriptor* m_group;
  const google::protobuf::FieldDescriptor* m_field;
  std::string m_key;
};

// In the order of settings.proto.
[[nodiscard]] const std::vector<Field>& fields();
// By key; nullptr: there is none.
[[nodiscard]] const Field* findField(std::string_view key);
// "" all, a group, or one key. NotFound names near keys.
[[nodiscard]] Result<std::vector<const Field*>> matching(std::string_view prefix);
[[nodiscard]] Error unknownKey(std::string_view key);

}  // namespace lull::settings
