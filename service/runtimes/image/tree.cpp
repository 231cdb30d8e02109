// SPDX-License-Identifier: Apache-2.0
#include "runtimes/image/tree.h"

#include "base/sha256.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

namespace lull::image {

namespace fs = std::filesystem;

namespace {

constexpr std::size_t kNamed = 3;
constexpr auto kWrite = fs::perms::owner_write | fs::perms::group_write | fs::perms::others_write;
constexpr auto kOfOthers = fs::perms::set_uid | fs::perms::set_gid | fs::perms::sticky_bit;

Error failed(std::string_view step, const fs::path& path, const std::error_code& code) {
  return fromErrno(code.value(), step, path.native());
}

unsigned modeOf(const fs::file_status& status) { return static_cast<unsigned>(status.permissions()) & 07777U; }

Result<Entry> entryOf(const fs::path& path, std::string name) {
  std::error_code code;
  Entry out{.path = std::move(name), .what = {}};
  const auto status = fs::symlink_status(path, code);
  if (code) return failed("look at", path, code);
  if (fs::is_symlink(status)) {
    const auto target = fs::read_symlink(path, code);
    if (code) return failed("read", path, code);
    out.what = "link " + target.native();
  } else if (fs::is_directory(status)) {
    out.what = fmt::format("folder {:o}", modeOf(status));
  } else if (fs::is_regular_file(status)) {
    out.bytes = fs::file_size(path, code);
    if (code) return failed("look at", path, code);
    const auto hash = sha256OfFile(path);
    if (!hash) return hash.error();
    out.what = fmt::format("file {:o} {}", modeOf(status), *hash);
  } else {
    return Error(Error::Kind::Invalid, path.native() + " is neither file, folder nor link");
  }
  if ((out.path + out.what).find_first_of("\n\t") != std::string::npos) {
    return Error(Error::Kind::Invalid, "a name in " + path.parent_path().native() + " holds a line break or a tab");
  }
  return out;
}

// Every path below the tree, a folder before what it holds.
Result<std::vector<fs::path>> pathsBelow(const fs::path& tree) {
  std::vector<fs::path> out;
  std::error_code code;
  fs::recursive_directory_iterator it(tree, code);
  for (const fs::recursive_directory_iterator end; !code && it != end; it.increment(code)) out.push_back(it->path());
  if (code) return failed("read", tree, code);
  return out;
}

std::uint64_t bytesOf(const std::vector<fs::path>& paths) {
  std::uint64_t sum = 0;
  std::error_code code;
  for (const auto& path : paths) {
    if (!fs::is_regular_file(fs::symlink_status(path, code))) continue;
    const auto size = fs::file_size(path, code);
    if (!code) sum += size;
  }
  return sum;
}

std::string counted(std::string_view what, const std::vector<std::string>& paths) {
  std::string out = fmt::format("{} {} {}", paths.size(), paths.size() == 1 ? "file is" : "files are", what);
  for (std::size_t i = 0; i < std::min(paths.size(), kNamed); ++i) out += (i == 0 ? ": " : ", ") + paths[i];
  return paths.size() > kNamed ? out + ", …" : out;
}

}  // namespace

Result<std::vector<Entry>> contentsOf(const fs::path& tree, const Watch& watch) {
  auto paths = pathsBelow(tree);
  if (!paths) return paths.error();
  std::ranges::sort(*paths);
  const auto all = bytesOf(*paths);
  std::uint64_t done = 0;
  std::vector<Entry> out;
  out.reserve(paths->size());
  for (const auto& path : *paths) {
    if (watch.stop) return Error(Error::Kind::Unavailable, "stopped");
    auto entry = entryOf(path, path.lexically_relative(tree).native());
    if (!entry) return entry.error();
    done += entry->bytes;
    out.push_back(*std::move(entry));
    if (watch.progress)
      watch.progress(all == 0 ? 1 : std::min(1.0, static_cast<double>(done) / static_cast<double>(all)));
  }
  return out;
}

std::string toText(const std::vector<Entry>& entries) {
  std::string out;
  for (const auto& entry : entries) out += fmt::format("{}\t{}\t{}\n", entry.bytes, entry.what, entry.path);
  return out;
}

Result<std::vector<Entry>> entriesFrom(std::string_view text) {
  std::vector<Entry> out;
  while (!text.empty()) {
    const auto line = text.substr(0, text.find('\n'));
    const auto first = line.find('\t');
    const auto second = first == std::string_view::npos ? first : line.find('\t', first + 1);
    Entry entry;
    const auto* numberEnd = line.data() + std::min(first, line.size());
    const auto [end, code] = std::from_chars(line.data(), numberEnd, entry.bytes);
    if (second == std::string_view::npos || code != std::errc() || end != numberEnd || line.size() == text.size()) {
      return Error(Error::Kind::Invalid, "the list of the image's files cannot be read");
    }
    entry.what = line.substr(first + 1, second - first - 1);
    entry.path = line.substr(second + 1);
    out.push_back(std::move(entry));
    text.remove_prefix(line.size() + 1);
  }
  return out;
}

std::string difference(const std::vector<Entry>& wanted, const std::vector<Entry>& found) {
  std::vector<std::string> damaged;
  std::vector<std::string> missing;
  std::vector<std::string> strange;
  const auto at = [](const std::vector<Entry>& entries, const std::string& path) {
    const auto it =
        std::ranges::lower_bound(entries, fs::path(path), {}, [](const Entry& e) { return fs::path(e.path); });
    return it != entries.end() && it->path == path ? &*it : nullptr;
  };
  for (const auto& entry : wanted) {
    const auto* now = at(found, entry.path);
    if (now == nullptr) {
      missing.push_back(entry.path);
    } else if (now->what != entry.what || now->bytes != entry.bytes) {
      damaged.push_back(entry.path);
    }
  }
  for (const auto& entry : found) {
    if (at(wanted, entry.path) == nullptr) strange.push_back(entry.path);
  }
  std::string out;
  const auto add = [&out](std::string_view what, const std::vector<std::string>& paths) {
    if (!paths.empty()) out += (out.empty() ? "" : "; ") + counted(what, paths);
  };
  add("damaged", damaged);
  add("missing", missing);
  add("not of the image", strange);
  return out;
}

Outcome makeReadOnly(const fs::path& tree) {
  auto paths = pathsBelow(tree);
  if (!paths) return paths.error();
  for (const auto& path : *paths) {
    std::error_code code;
    if (fs::is_symlink(fs::symlink_status(path, code))) continue;
    fs::permissions(path, kWrite | kOfOthers, fs::perm_options::remove, code);
    if (code) return failed("protect", path, code);
  }
  return {};
}

}  // namespace lull::image
