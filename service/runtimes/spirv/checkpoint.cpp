// SPDX-License-Identifier: Apache-2.0
#include "runtimes/spirv/checkpoint.h"

#include "base/sha256.h"
#include "runtimes/worker/stream.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstring>
#include <utility>

namespace lull::spirv {

using worker::readExactly;
using worker::readInRuns;
using worker::writeAll;

namespace {

constexpr std::string_view kMagic = "LULLCKP1";
constexpr std::size_t kDigest = 64;
constexpr std::size_t kPositionAt = 8;

void appendNumber(std::string& out, std::uint64_t number) {
  out.append(reinterpret_cast<const char*>(&number), sizeof number);
}

}  // namespace

Checkpoint::Checkpoint(const std::filesystem::path& folder, std::string task, Buffers& buffers)
    : m_folder(folder),
      m_file(folder / "checkpoint"),
      m_new(folder / "checkpoint.new"),
      m_task(std::move(task)),
      m_buffers(buffers) {}

std::string Checkpoint::headerFor(std::uint64_t position) const {
  std::string header(kMagic);
  appendNumber(header, position);
  header += m_task;
  appendNumber(header, m_buffers.count());
  for (std::size_t i = 0; i < m_buffers.count(); ++i) appendNumber(header, m_buffers.size(i));
  return header;
}

std::optional<std::uint64_t> Checkpoint::find() {
  const Fd fd(::open(m_file.c_str(), O_RDONLY | O_CLOEXEC));
  struct stat file {};
  if (!fd || ::fstat(fd.get(), &file) != 0) return std::nullopt;
  std::string expected = headerFor(0);
  std::uint64_t bytes = expected.size() + kDigest;
  for (std::size_t i = 0; i < m_buffers.count(); ++i) bytes += m_buffers.size(i);
  if (static_cast<std::uint64_t>(file.st_size) != bytes) return std::nullopt;

  std::string header(expected.size(), '\0');
  if (!readExactly(fd.get(), header.data(), header.size())) return std::nullopt;
  std::uint64_t position = 0;
  std::memcpy(&position, header.data() + kPositionAt, sizeof position);
  if (header != headerFor(position)) return std::nullopt;
  Sha256 hash;
  hash.update(header);
  const auto summed = readInRuns(fd.get(), bytes - header.size() - kDigest, [&hash](std::string_view run) -> Step {
    hash.update(run);
    return Done{};
  });
  std::string digest(kDigest, '\0');
  if (!summed || !readExactly(fd.get(), digest.data(), digest.size()) || digest != hash.hex()) return std::nullopt;
  m_kept = position;
  return position;
}

Step Checkpoint::load() {
  const Fd fd(::open(m_file.c_str(), O_RDONLY | O_CLOEXEC));
  if (!fd) return fromStorage(fromErrno("open", m_file.native()));
  if (::lseek(fd.get(), static_cast<off_t>(headerFor(0).size()), SEEK_SET) < 0) {
    return fromStorage(fromErrno("lseek", m_file.native()));
  }
  for (std::size_t i = 0; i < m_buffers.count(); ++i) {
    std::uint64_t at = 0;
    auto loaded = readInRuns(fd.get(), m_buffers.size(i), [&](std::string_view run) {
      const std::uint64_t to = std::exchange(at, at + run.size());
      return m_buffers.write(i, to, run);
    });
    if (!loaded) return loaded;
  }
  return Done{};
}

Step Checkpoint::write(std::uint64_t position) {
  const Fd fd(::open(m_new.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600));
  if (!fd) return fromStorage(fromErrno("create", m_new.native()));
  auto written = writeTo(fd.get(), position);
  if (written && ::fsync(fd.get()) != 0) written = fromStorage(fromErrno("fsync", m_new.native()));
  if (!written) discard();
  m_written = position;
  return written;
}

Step Checkpoint::writeTo(int fd, std::uint64_t position) {
  Sha256 hash;
  const auto put = [&](std::string_view run) -> Step {
    hash.update(run);
    if (auto out = writeAll(fd, run); !out) return fromStorage(out.error().during(m_new.native()));
    return Done{};
  };
  if (auto step = put(headerFor(position)); !step) return step;
  for (std::size_t i = 0; i < m_buffers.count(); ++i) {
    if (auto step = m_buffers.read(i, put); !step) return step;
  }
  if (auto out = writeAll(fd, hash.hex()); !out) return fromStorage(out.error().during(m_new.native()));
  return Done{};
}

Step Checkpoint::keep() {
  if (::rename(m_new.c_str(), m_file.c_str()) != 0) return fromStorage(fromErrno("rename to", m_file.native()));
  if (auto synced = syncFolder(m_folder); !synced) return fromStorage(synced.error());
  m_kept = m_written;
  return Done{};
}

void Checkpoint::discard() const { ::unlink(m_new.c_str()); }

}  // namespace lull::spirv
