// SPDX-License-Identifier: Apache-2.0
#include "models/catalogue.h"

#include <fmt/format.h>

#include <algorithm>

namespace lull::models {

namespace {

constexpr std::size_t kShortestHash = 4;
constexpr const char* kNoneYet = "there is no model yet: lull model add FILE|URL brings one";

bool isHex(std::string_view text) {
  return std::ranges::all_of(text, [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); });
}

std::int64_t lastUse(const v1::Model& model) { return std::max(model.used_unix_ms(), model.added_unix_ms()); }

}  // namespace

void Catalogue::put(v1::Model model) {
  auto key = model.sha256();
  m_models.insert_or_assign(std::move(key), std::move(model));
}

v1::Model* Catalogue::at(const std::string& sha256) {
  const auto found = m_models.find(sha256);
  return found == m_models.end() ? nullptr : &found->second;
}

const v1::Model* Catalogue::at(const std::string& sha256) const {
  const auto found = m_models.find(sha256);
  return found == m_models.end() ? nullptr : &found->second;
}

std::string Catalogue::allNames() const {
  std::string out;
  for (const auto* model : byName()) out += (out.empty() ? "" : ", ") + model->name();
  return out;
}

Result<std::string> Catalogue::named(std::string_view which) const {
  std::vector<const v1::Model*> fitting;
  for (const auto& [sha256, model] : m_models) {
    if (sha256 == which) return sha256;
    if (model.name() == which) fitting.push_back(&model);
  }
  if (fitting.empty() && which.size() >= kShortestHash && isHex(which)) {
    for (const auto& [sha256, model] : m_models) {
      if (sha256.starts_with(which)) fitting.push_back(&model);
    }
  }
  if (fitting.size() == 1) return fitting.front()->sha256();
  if (fitting.empty()) {
    return Error(Error::Kind::NotFound, m_models.empty()
                                            ? std::string(kNoneYet)
                                            : fmt::format("there is no model “{}”; there are: {}", which, allNames()));
  }
  std::string hashes;
  for (const auto* model : fitting) hashes += (hashes.empty() ? "" : ", ") + model->sha256().substr(0, 12);
  return Error(Error::Kind::Conflict,
               fmt::format("several models are called “{}”: name one by its hash: {}", which, hashes));
}

Result<std::string> Catalogue::find(std::string_view which, const std::string& usual) const {
  if (!which.empty()) return named(which);
  if (!usual.empty()) {
    auto found = named(usual);
    if (found) return found;
    return Error(found.error().kind(), fmt::format("the model that is used by default is not there ({}): choose "
                                                   "another with lull model default NAME",
                                                   found.error().text()));
  }
  if (m_models.size() == 1) return m_models.begin()->first;
  if (m_models.empty()) return Error(Error::Kind::NotFound, kNoneYet);
  return Error(Error::Kind::Invalid, fmt::format("which model? There are: {}. Name one, or choose one for always with "
                                                 "lull model default NAME",
                                                 allNames()));
}

std::string Catalogue::usualHash(const std::string& usual) const {
  if (usual.empty()) return {};
  auto found = named(usual);
  return found ? *std::move(found) : std::string();
}

std::vector<const v1::Model*> Catalogue::byName() const {
  std::vector<const v1::Model*> out;
  for (const auto& [sha256, model] : m_models) out.push_back(&model);
  std::ranges::stable_sort(out, {}, [](const v1::Model* model) { return model->name(); });
  return out;
}

std::uint64_t Catalogue::bytes() const {
  std::uint64_t sum = 0;
  for (const auto& [sha256, model] : m_models) sum += model.bytes();
  return sum;
}

std::uint64_t Catalogue::bytesOf(const std::set<std::string>& kept) const {
  std::uint64_t sum = 0;
  for (const auto& [sha256, model] : m_models) sum += kept.contains(sha256) ? model.bytes() : 0;
  return sum;
}

std::vector<std::string> Catalogue::toFree(std::uint64_t bytes, const std::set<std::string>& kept) const {
  std::vector<const v1::Model*> free;
  for (const auto& [sha256, model] : m_models) {
    if (!kept.contains(sha256)) free.push_back(&model);
  }
  std::ranges::stable_sort(free, {}, [](const v1::Model* model) { return lastUse(*model); });
  std::vector<std::string> out;
  std::uint64_t freed = 0;
  for (const auto* model : free) {
    if (freed >= bytes) break;
    freed += model->bytes();
    out.push_back(model->sha256());
  }
  if (freed < bytes) out.clear();
  return out;
}

}  // namespace lull::models
