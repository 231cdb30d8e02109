// SPDX-License-Identifier: Apache-2.0
#include "settings/description.h"

#include "settings/store.h"
#include "settings/value.h"

#include <algorithm>
#include <numeric>
#include <utility>

namespace lull::settings {

namespace {

using google::protobuf::FieldDescriptor;
using google::protobuf::Message;

constexpr std::size_t kSuggestions = 3;

std::vector<Field> readFields() {
  std::vector<Field> all;
  const auto* root = v1::Settings::descriptor();
  for (int g = 0; g < root->field_count(); ++g) {
    const auto* group = root->field(g);
    for (int f = 0; f < group->message_type()->field_count(); ++f) {
      all.emplace_back(*group, *group->message_type()->field(f));
    }
  }
  return all;
}

v1::Settings readDefaults() {
  v1::Settings settings;
  // A default that its own description forbids would stay zero: the test of all settings finds it.
  for (const auto& field : fields()) (void)field.assign(settings, field.meta().default_value()).ok();
  return settings;
}

const v1::Settings& sharedDefaults() {
  static const v1::Settings all = readDefaults();
  return all;
}

// Levenshtein's distance.
std::size_t distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), 0U);
  for (std::size_t i = 1; i <= a.size(); ++i) {
    std::size_t diagonal = std::exchange(row[0], i);
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const auto replaced = diagonal + (a[i - 1] == b[j - 1] ? 0 : 1);
      diagonal = std::exchange(row[j], std::min({row[j] + 1, row[j - 1] + 1, replaced}));
    }
  }
  return row.back();
}

// How far what somebody typed is from a setting: they may have left the group away.
std::size_t farness(std::string_view typed, const Field& field) {
  return std::min(distance(typed, field.key()), distance(typed, field.name()));
}

std::string nearKeys(std::string_view typed) {
  const std::size_t limit = std::max<std::size_t>(2, typed.size() / 3);
  std::vector<std::pair<std::size_t, std::string_view>> near;
  for (const auto& field : fields()) {
    const auto far = farness(typed, field);
    if (far <= limit) near.emplace_back(far, field.key());
  }
  std::ranges::stable_sort(near, {}, &std::pair<std::size_t, std::string_view>::first);
  std::string text;
  for (std::size_t i = 0; i < std::min(near.size(), kSuggestions); ++i) {
    if (near[i].first > near[0].first + 1) break;  // much farther than the best
    text += i == 0 ? "" : " or ";
    text += near[i].second;
  }
  return text;
}

}  // namespace

v1::Settings defaults() { return sharedDefaults(); }

Field::Field(const FieldDescriptor& group, const FieldDescriptor& field)
    : m_group(&group), m_field(&field), m_key(group.name() + "." + field.name()) {}

const std::string& Field::groupName() const { return m_group->name(); }
const std::string& Field::name() const { return m_field->name(); }
const v1::SettingMeta& Field::meta() const { return metaOf(*m_field); }

const Message& Field::groupOf(const v1::Settings& settings) const {
  return settings.GetReflection()->GetMessage(settings, m_group);
}

Outcome Field::assign(v1::Settings& settings, std::string_view text) const {
  auto& group = *settings.GetReflection()->MutableMessage(&settings, m_group);
  if (auto done = settings::assign(group, *m_field, text); !done) return done.error().during(m_key);
  return {};
}

std::string Field::text(const v1::Settings& settings) const { return textOf(groupOf(settings), *m_field); }
double Field::number(const v1::Settings& settings) const { return numberOf(groupOf(settings), *m_field); }
bool Field::isDefault(const v1::Settings& settings) const { return text(settings) == text(sharedDefaults()); }

void Field::copy(const v1::Settings& from, v1::Settings& to) const {
  (void)assign(to, text(from)).ok();  // it was assigned to `from` before
}

bool Field::mayChange(v1::Right right) const { return meta().who() != v1::RIGHT_UNSPECIFIED && right >= meta().who(); }

v1::Setting Field::describe(const v1::Settings& settings, v1::Right right) const {
  v1::Setting out;
  out.set_key(m_key);
  out.set_type(std::string(typeName(*m_field)));
  out.set_value(text(settings));
  out.set_default_value(text(sharedDefaults()));
  out.set_changed(!isDefault(settings));
  out.set_min(meta().min());
  out.set_max(meta().max());
  out.set_unit(meta().unit());
  out.set_who(meta().who());
  out.set_text(meta().text());
  *out.mutable_choices() = meta().choices();
  out.set_may_change(mayChange(right));
  return out;
}

const std::vector<Field>& fields() {
  static const std::vector<Field> all = readFields();
  return all;
}

const Field* findField(std::string_view key) {
  const auto found = std::ranges::find(fields(), key, &Field::key);
  return found == fields().end() ? nullptr : &*found;
}

Result<std::vector<const Field*>> matching(std::string_view prefix) {
  std::vector<const Field*> found;
  for (const auto& field : fields()) {
    if (prefix.empty() || prefix == field.groupName() || prefix == field.key()) found.push_back(&field);
  }
  if (found.empty()) return unknownKey(prefix);
  return found;
}

Error unknownKey(std::string_view key) {
  std::string text = "there is no setting \"" + std::string(key.substr(0, 80)) + "\"";
  const auto near = nearKeys(key.substr(0, 80));
  text += near.empty() ? "; `lull settings` lists all" : "; did you mean " + near + "?";
  return {Error::Kind::NotFound, std::move(text)};
}

}  // namespace lull::settings
