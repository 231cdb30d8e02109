// SPDX-License-Identifier: Apache-2.0
#include "models/shelf.h"

#include "base/sha256.h"
#include "models/header.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <google/protobuf/util/json_util.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

namespace lull::models {

namespace fs = std::filesystem;

namespace {

constexpr std::size_t kPiece = 1 << 20;
constexpr std::uint64_t kTellEvery = 32 << 20;

// What tells one boot from the next; empty where the kernel does not say.
std::string thisBoot() {
  auto id = readFile("/proc/sys/kernel/random/boot_id");
  return id ? *id : std::string();
}

Outcome writeJson(const fs::path& file, const google::protobuf::Message& message) {
  std::string text;
  google::protobuf::util::JsonPrintOptions options;
  options.add_whitespace = true;
  if (!google::protobuf::util::MessageToJsonString(message, &text, options).ok()) {
    return Error(Error::Kind::Internal, "a description cannot be written: " + file.native());
  }
  return replaceFile(file, text);
}

Result<std::string> hashFd(const Fd& fd, const std::string& name, const Watch& watch) {
  Sha256 hash;
  std::string piece(kPiece, '\0');
  std::uint64_t done = 0;
  for (;;) {
    if (watch.stop) return Error(Error::Kind::Unavailable, "the service ends");
    const auto n = ::pread(fd.get(), piece.data(), piece.size(), static_cast<off_t>(done));
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return fromErrno("read", name);
    if (n == 0) return hash.hex();
    hash.update(piece.data(), static_cast<std::size_t>(n));
    const auto before = done / kTellEvery;
    done += static_cast<std::uint64_t>(n);
    if (watch.progress && done / kTellEvery != before) watch.progress(done);
  }
}

Error wrongHash(const std::string& found, const std::string& wanted) {
  return {Error::Kind::Invalid, fmt::format("its SHA-256 is {}, and not {} as it should be: it was damaged on its way, "
                                            "or it is another file",
                                            found, wanted)};
}

}  // namespace

Outcome Shelf::note(const Parcel& parcel) const { return writeJson(noteOf(parcel.id()), parcel); }

Outcome Shelf::describe(const v1::Model& model) const {
  auto kept = model;
  kept.clear_is_default();
  kept.clear_in_use();
  return writeJson(descriptionOf(model.sha256()), kept);
}

Result<Shelf::Part> Shelf::openPart(Parcel& parcel) const {
  const auto file = partOf(parcel.id());
  Part out{.fd = Fd(::open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600))};
  if (!out.fd) return fromErrno("open", file.native());
  const auto boot = thisBoot();
  const bool vouched = !parcel.sha256().empty() || parcel.boot() == boot;
  parcel.set_boot(boot);
  if (!vouched && ::ftruncate(out.fd.get(), 0) != 0) return fromErrno("truncate", file.native());
  struct stat about {};
  if (::fstat(out.fd.get(), &about) != 0) return fromErrno("look at", file.native());
  out.have = static_cast<std::uint64_t>(about.st_size);
  if (auto noted = note(parcel); !noted) return noted.error();
  return out;
}

Outcome Shelf::reserve(const Parcel& parcel) const {
  const Fd fd(::open(partOf(parcel.id()).c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600));
  if (!fd) return fromErrno("open", partOf(parcel.id()).native());
  if (::fallocate(fd.get(), FALLOC_FL_KEEP_SIZE, 0, static_cast<off_t>(parcel.size())) == 0) return {};
  if (errno != ENOSPC && errno != EDQUOT && errno != EFBIG) return {};  // it will show while writing
  return Error(Error::Kind::TooBig, fmt::format("the disk has no room for the {} bytes of this model", parcel.size()));
}

Outcome Shelf::append(const std::string& id, std::uint64_t offset, std::string_view bytes) const {
  const Fd fd(::open(partOf(id).c_str(), O_WRONLY | O_CLOEXEC));
  if (!fd) return fromErrno("open", partOf(id).native());
  while (!bytes.empty()) {
    const auto n = ::pwrite(fd.get(), bytes.data(), bytes.size(), static_cast<off_t>(offset));
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return fromErrno("write", "the model");
    bytes.remove_prefix(static_cast<std::size_t>(n));
    offset += static_cast<std::uint64_t>(n);
  }
  return {};
}

void Shelf::settle(const std::string& id) const {
  const Fd fd(::open(partOf(id).c_str(), O_WRONLY | O_CLOEXEC));
  struct stat about {};
  // Cutting a file to the size it has frees what lies reserved behind its end.
  if (fd && ::fstat(fd.get(), &about) == 0) static_cast<void>(!::ftruncate(fd.get(), about.st_size));
}

void Shelf::drop(const std::string& id) const {
  std::error_code code;
  fs::remove(noteOf(id), code);
  fs::remove(partOf(id), code);
}

Result<v1::Model> Shelf::accept(const Parcel& parcel, UnixMs now, const Watch& watch) const {
  const auto file = partOf(parcel.id());
  const Fd fd(::open(file.c_str(), O_RDONLY | O_CLOEXEC));
  if (!fd) return fromErrno("open", file.native());
  struct stat about {};
  if (::fsync(fd.get()) != 0 || ::fstat(fd.get(), &about) != 0) return fromErrno("fsync", file.native());
  const auto hash = hashFd(fd, file.native(), watch);
  if (!hash) return hash.error();
  if (!parcel.sha256().empty() && *hash != parcel.sha256()) {
    drop(parcel.id());
    return wrongHash(*hash, parcel.sha256());
  }
  auto header = headerOf(file);
  if (!header && header.error().kind() == Error::Kind::Invalid) drop(parcel.id());
  if (!header) return header.error();
  v1::Model model;
  model.set_sha256(*hash);
  model.set_name(parcel.name());
  model.set_origin(parcel.origin());
  model.set_bytes(static_cast<std::uint64_t>(about.st_size));
  model.set_added_unix_ms(now);
  model.set_hash_given(!parcel.sha256().empty());
  *model.mutable_header() = *std::move(header);
  if (auto published = publish(parcel.id(), model); !published) return published.error();
  return model;
}

// The description first: a model that is seen is known.
Outcome Shelf::publish(const std::string& id, const v1::Model& model) const {
  if (auto described = describe(model); !described) return described;
  const auto target = fileOf(model.sha256());
  if (::chmod(partOf(id).c_str(), 0444) != 0) return fromErrno("chmod", partOf(id).native());
  if (::rename(partOf(id).c_str(), target.c_str()) != 0) return fromErrno("rename", target.native());
  if (auto synced = syncFolder(m_root); !synced) return synced;
  std::error_code code;
  fs::remove(noteOf(id), code);
  return {};
}

// The model first: a description alone is swept at the next start.
Outcome Shelf::remove(const std::string& sha256) const {
  const auto file = fileOf(sha256);
  if (::unlink(file.c_str()) != 0 && errno != ENOENT) return fromErrno("remove", file.native());
  if (auto synced = syncFolder(m_root); !synced) return synced;
  std::error_code code;
  fs::remove(descriptionOf(sha256), code);
  return {};
}

Result<std::string> Shelf::hashOf(const std::string& sha256, const Watch& watch) const {
  const auto file = fileOf(sha256);
  const Fd fd(::open(file.c_str(), O_RDONLY | O_CLOEXEC));
  if (!fd) return fromErrno("open", file.native());
  return hashFd(fd, file.native(), watch);
}

}  // namespace lull::models
