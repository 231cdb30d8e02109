// SPDX-License-Identifier: Apache-2.0
// Settings by reflection over settings.proto: description, checks, storage. Not thread-safe: one owner.
//
// File: a JSON object of groups ({"thermal": {"stop": 75}}); only values that differ from the default are written;
// keys this version does not know are kept. Replaced in one step. A file that is not JSON is set aside as
// "<name>.damaged-<unix time>" and reported; a known key with a wrong value is reported, kept in the file, and its
// default used.
#pragma once

#include "base/result.h"
#include "lull/v1/envelope.pb.h"
#include "lull/v1/settings.pb.h"

#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace lull::settings {

[[nodiscard]] v1::Settings defaults();

class Store {
public:
  // A missing file means defaults. An unreadable one (rights, I/O) is an error.
  [[nodiscard]] static Result<Store> open(const std::filesystem::path& file);
  Store(Store&&) noexcept;
  Store& operator=(Store&&) noexcept;
  ~Store();

  [[nodiscard]] const v1::Settings& values() const;
  // Sentences about what was wrong with the file; empty when all is well.
  [[nodiscard]] const std::vector<std::string>& troubles() const;

  // "", a group or one key; NotFound names near keys. `right` is the caller's: fills may_change.
  [[nodiscard]] Result<std::vector<v1::Setting>> describe(std::string_view prefix, v1::Right right) const;
  // Parses, checks range, choices and right, writes the file, then takes the value. The error names the key, the value
  // and what is allowed. bool: true/false/on/off/yes/no. Combinations are checked too (thermal.resume < thermal.stop).
  [[nodiscard]] Result<v1::Setting> set(std::string_view key, std::string_view value, v1::Right right);
  [[nodiscard]] Result<std::vector<v1::Setting>> reset(std::string_view keyOrAll, v1::Right right);
  // Reads the file again (SIGHUP). Keeps the old values when it cannot be read.
  [[nodiscard]] Outcome reload();

private:
  struct State;
  explicit Store(std::unique_ptr<State> state);
  std::unique_ptr<State> m_state;
};

}  // namespace lull::settings
