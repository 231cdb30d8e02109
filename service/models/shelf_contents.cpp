// SPDX-License-Identifier: Apache-2.0
// What lies on the shelf at the start, and what a crash left there.
#include "base/log.h"
#include "base/sha256.h"
#include "models/address.h"
#include "models/header.h"
#include "models/shelf.h"

#include <fmt/format.h>
#include <google/protobuf/util/json_util.h>

#include <algorithm>
#include <set>

namespace lull::models {

namespace fs = std::filesystem;

namespace {

constexpr auto kKept = std::chrono::hours(7 * 24);

bool isId(const std::string& text) {
  const auto fits = [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-'; };
  return !text.empty() && text.size() <= 80 && std::ranges::all_of(text, fits);
}

template <typename Message>
bool readJson(const fs::path& file, Message& out) {
  const auto text = readFile(file);
  if (!text) return false;
  google::protobuf::util::JsonParseOptions options;
  options.ignore_unknown_fields = true;
  return google::protobuf::util::JsonStringToMessage(*text, &out, options).ok();
}

std::vector<fs::path> filesIn(const fs::path& folder) {
  std::vector<fs::path> out;
  std::error_code code;
  for (auto entry = fs::directory_iterator(folder, code); !code && entry != fs::directory_iterator();
       entry.increment(code)) {
    std::error_code gone;
    if (!entry->is_directory(gone)) out.push_back(entry->path());
  }
  std::ranges::sort(out);
  return out;
}

void sweep(const fs::path& file) {
  std::error_code code;
  fs::remove(file, code);
  log::info("models: removed {}, which was left behind", file.filename().native());
}

}  // namespace

Result<Shelf::Contents> Shelf::open(UnixMs now) const {
  for (const auto& folder : {m_root, m_root / "incoming"}) {
    if (auto made = makePrivateFolder(folder); !made) return made.error();
  }
  Contents out;
  readModels(out, now);
  readIncoming(out);
  return out;
}

void Shelf::readModels(Contents& out, UnixMs now) const {
  for (const auto& file : filesIn(m_root)) {
    const auto stem = file.stem().native();
    const bool isModel = file.extension() == ".gguf" && isSha256(stem);
    std::error_code code;
    const bool describes = file.extension() == ".json" && isSha256(stem) && fs::exists(fileOf(stem), code);
    if (!isModel && !describes) sweep(file);
    if (!isModel) continue;
    auto model = readModel(stem, now);
    if (model) {
      out.models.push_back(*std::move(model));
    } else {
      log::warning("models: {} is left alone: {}", file.native(), model.error().text());
    }
  }
}

Result<v1::Model> Shelf::readModel(const std::string& sha256, UnixMs now) const {
  std::error_code code;
  const auto size = fs::file_size(fileOf(sha256), code);
  if (code) return fromErrno(code.value(), "look at", fileOf(sha256).native());
  v1::Model model;
  if (readJson(descriptionOf(sha256), model) && model.sha256() == sha256) {
    if (size != model.bytes()) {
      model.set_trouble(fmt::format("the file has {} bytes, and not {} as it should", size, model.bytes()));
    }
    return model;
  }
  auto header = headerOf(fileOf(sha256));
  if (!header) return header.error();
  model.Clear();
  model.set_sha256(sha256);
  model.set_name(header->title().empty() ? sha256.substr(0, 12) : header->title());
  model.set_bytes(size);
  model.set_added_unix_ms(now);
  *model.mutable_header() = *std::move(header);
  if (auto described = describe(model); !described) return described.error();
  return model;
}

void Shelf::readIncoming(Contents& out) const {
  const auto folder = m_root / "incoming";
  std::set<std::string> known;
  for (const auto& file : filesIn(folder)) {
    const auto id = file.stem().native();
    if (file.extension() != ".json" || !isId(id)) continue;
    Incoming incoming;
    if (!readJson(file, incoming.parcel) || incoming.parcel.id() != id) continue;
    std::error_code code;
    incoming.have = fs::file_size(partOf(id), code);
    if (code) incoming.have = 0;
    const auto touched = fs::last_write_time(code ? file : partOf(id), code);
    if (!code && fs::file_time_type::clock::now() - touched > kKept) continue;
    known.insert(id);
    out.incoming.push_back(std::move(incoming));
  }
  for (const auto& file : filesIn(folder)) {
    const bool ours = file.extension() == ".json" || file.extension() == ".part";
    if (!ours || !known.contains(file.stem().native())) sweep(file);
  }
}

}  // namespace lull::models
