// SPDX-License-Identifier: Apache-2.0
#include "settings/store.h"

#include "base/utf8.h"
#include "settings/combinations.h"
#include "settings/description.h"
#include "settings/document.h"

#include <map>
#include <utility>

namespace lull::settings {

namespace {

Error denied(const Field& field) {
  const bool control = field.meta().who() == v1::RIGHT_CONTROL;
  return {Error::Kind::Denied, "changing " + field.key() + " needs the right to " +
                                   (control ? "control: join the group lull and log in again, or do it as root"
                                            : "administer: do it as root or as the user the service runs as")};
}

using Wrong = std::map<std::string, std::string, std::less<>>;

// A setting that is changed takes its partners in combinations with it, and its group where the file holds nonsense
// in the group's place: their values in use are written, too.
void settle(Wrong& wrong, const Field& field, const nlohmann::json& root) {
  const bool whole = isGroupWhole(root, field);
  std::erase_if(wrong, [&](const auto& entry) {
    const auto* other = findField(entry.first);
    return entry.first == field.key() || (!whole && other->groupName() == field.groupName());
  });
  for (const auto& [lower, higher] : combinations()) {
    if (field.key() != lower && field.key() != higher) continue;
    for (const auto key : {lower, higher}) {
      if (const auto found = wrong.find(key); found != wrong.end()) wrong.erase(found);
    }
  }
}

}  // namespace

struct Store::State {
  std::filesystem::path file;
  nlohmann::json root = nlohmann::json::object();
  v1::Settings values = defaults();
  std::string damage;                 // of the whole file
  Wrong wrong;                        // key → sentence: in the file, but the default is used
  std::vector<std::string> troubles;  // the two above, for people

  [[nodiscard]] static Result<std::unique_ptr<State>> read(const std::filesystem::path& file);
  void takeValues();
  void takeCombinations();
  void tellTroubles();
  // Writes the file with `next` and the remaining wrong values, then takes both.
  [[nodiscard]] Outcome commit(v1::Settings next, Wrong stillWrong);
};

Result<std::unique_ptr<Store::State>> Store::State::read(const std::filesystem::path& file) {
  auto document = readDocument(file);
  if (!document) return document.error();
  auto state = std::make_unique<State>();
  state->file = file;
  state->root = std::move(document->root);
  state->damage = std::move(document->damage);
  state->takeValues();
  state->takeCombinations();
  state->tellTroubles();
  return state;
}

void Store::State::takeValues() {
  for (const auto& field : fields()) {
    const auto taken = take(root, field, values);
    if (taken) continue;
    wrong[field.key()] =
        "In " + file.native() + ", " + taken.error().text() + ". The default " + field.text(values) + " is used.";
  }
}

void Store::State::takeCombinations() {
  const auto initial = defaults();
  for (const auto& combination : combinations()) {
    const auto fits = holds(combination, values);
    if (fits) continue;
    for (const auto key : {combination.lower, combination.higher}) {
      const auto* field = findField(key);
      if (field == nullptr || field->isDefault(values)) continue;
      field->copy(initial, values);
      wrong[field->key()] = "In " + file.native() + ", " + fits.error().text() + ". For " + field->key() +
                            " the default " + field->text(values) + " is used.";
    }
  }
}

void Store::State::tellTroubles() {
  troubles.clear();
  if (!damage.empty()) troubles.push_back(validUtf8(damage));  // file names may be any bytes
  for (const auto& [key, sentence] : wrong) troubles.push_back(validUtf8(sentence));
}

Outcome Store::State::commit(v1::Settings next, Wrong stillWrong) {
  auto document = root;
  for (const auto& field : fields()) {
    if (!stillWrong.contains(field.key())) put(document, field, next);
  }
  if (auto written = writeDocument(file, document); !written) return written;
  root = std::move(document);
  values = std::move(next);
  wrong = std::move(stillWrong);
  tellTroubles();
  return {};
}

Store::Store(std::unique_ptr<State> state) : m_state(std::move(state)) {}
Store::Store(Store&&) noexcept = default;
Store& Store::operator=(Store&&) noexcept = default;
Store::~Store() = default;

Result<Store> Store::open(const std::filesystem::path& file) {
  auto state = State::read(file);
  if (!state) return state.error();
  if (!(*state)->damage.empty()) {
    (*state)->damage += " The defaults are used.";
    (*state)->tellTroubles();
  }
  return Store(std::move(*state));
}

const v1::Settings& Store::values() const { return m_state->values; }
const std::vector<std::string>& Store::troubles() const { return m_state->troubles; }

Result<std::vector<v1::Setting>> Store::describe(std::string_view prefix, v1::Right right) const {
  const auto matched = matching(prefix);
  if (!matched) return matched.error();
  std::vector<v1::Setting> all;
  for (const auto* field : *matched) all.push_back(field->describe(m_state->values, right));
  return all;
}

Result<v1::Setting> Store::set(std::string_view key, std::string_view value, v1::Right right) {
  const auto* field = findField(key);
  if (field == nullptr) return unknownKey(key);
  if (!field->mayChange(right)) return denied(*field);
  auto next = m_state->values;
  if (auto assigned = field->assign(next, value); !assigned) return assigned.error();
  for (const auto& combination : combinations()) {
    if (auto fits = holds(combination, next); !fits) return fits.error().during(field->key());
  }
  auto stillWrong = m_state->wrong;
  settle(stillWrong, *field, m_state->root);
  if (auto done = m_state->commit(std::move(next), std::move(stillWrong)); !done) return done.error();
  return field->describe(m_state->values, right);
}

Result<std::vector<v1::Setting>> Store::reset(std::string_view keyOrAll, v1::Right right) {
  const auto matched = matching(keyOrAll);
  if (!matched) return matched.error();
  const auto initial = defaults();
  auto next = m_state->values;
  auto stillWrong = m_state->wrong;
  for (const auto* field : *matched) {
    const bool stands = field->isDefault(next) && !stillWrong.contains(field->key());
    if (stands && matched->size() > 1) continue;  // of many, only those that would change need the right
    if (!field->mayChange(right)) return denied(*field);
    field->copy(initial, next);
    settle(stillWrong, *field, m_state->root);
  }
  for (const auto& combination : combinations()) {
    if (auto fits = holds(combination, next); !fits) return fits.error().during("resetting " + std::string(keyOrAll));
  }
  if (auto done = m_state->commit(std::move(next), std::move(stillWrong)); !done) return done.error();
  return describe(keyOrAll, right);
}

Outcome Store::reload() {
  auto fresh = State::read(m_state->file);
  if (!fresh) return fresh.error();
  if ((*fresh)->damage.empty()) {
    m_state = std::move(*fresh);
    return {};
  }
  // The file is out of the way; what is in use is written anew, so that the next start finds it.
  m_state->damage = (*fresh)->damage + " The settings in use were kept and written anew.";
  if (auto written = writeDocument(m_state->file, m_state->root); !written) {
    m_state->damage =
        (*fresh)->damage + " The settings in use were kept, but not saved: " + written.error().text() + ".";
  }
  m_state->tellTroubles();
  return Error(Error::Kind::Invalid, m_state->damage);
}

}  // namespace lull::settings
