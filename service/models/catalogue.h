// SPDX-License-Identifier: Apache-2.0
// The models of the store: which one is meant, and which goes when there is no room. Values only.
#pragma once

#include "base/result.h"
#include "lull/v1/model.pb.h"

#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace lull::models {

class Catalogue {
public:
  void put(v1::Model model);
  void take(const std::string& sha256) { m_models.erase(sha256); }
  // None: nullptr.
  [[nodiscard]] v1::Model* at(const std::string& sha256);
  [[nodiscard]] const v1::Model* at(const std::string& sha256) const;

  // By hash, name, or at least four digits of a hash; empty: what `usual` names, or the only one there is. NotFound;
  // Conflict when several fit; Invalid when one must be named.
  [[nodiscard]] Result<std::string> find(std::string_view which, const std::string& usual) const;
  // What `usual` stands for, if it is there; else empty.
  [[nodiscard]] std::string usualHash(const std::string& usual) const;

  [[nodiscard]] std::vector<const v1::Model*> byName() const;
  [[nodiscard]] std::uint64_t bytes() const;
  [[nodiscard]] std::uint64_t bytesOf(const std::set<std::string>& kept) const;
  [[nodiscard]] std::size_t size() const { return m_models.size(); }
  // Which to remove so that at least `bytes` are freed, the least recently used first; never one of `kept`. Empty when
  // that is not enough.
  [[nodiscard]] std::vector<std::string> toFree(std::uint64_t bytes, const std::set<std::string>& kept) const;

private:
  [[nodiscard]] Result<std::string> named(std::string_view which) const;
  [[nodiscard]] std::string allNames() const;

  std::map<std::string, v1::Model> m_models;
};

}  // namespace lull::models
