// SPDX-License-Identifier: Apache-2.0
#include "cli/upload.h"

#include "base/file.h"
#include "base/sha256.h"
#include "cli/format.h"
#include "cli/task_file.h"

#include <fcntl.h>
#include <fmt/core.h>
#include <unistd.h>

#include <cerrno>

namespace lull::cli {

namespace {

// Up to `size` bytes from `offset`; fewer at the end of the file.
Result<std::string> readAt(int fd, std::uint64_t offset, std::size_t size, const std::string& name) {
  std::string bytes(size, '\0');
  std::size_t have = 0;
  while (have < size) {
    const ssize_t n = ::pread(fd, bytes.data() + have, size - have, static_cast<off_t>(offset + have));
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return fromErrno("read", name);
    if (n == 0) break;
    have += static_cast<std::size_t>(n);
  }
  bytes.resize(have);
  return bytes;
}

Error changed(const std::string& name) {
  return {Error::Kind::Conflict, name + " changed while it was uploaded; submit it again"};
}

}  // namespace

Outcome Uploads::resolve(v1::TaskSpec& spec, const std::vector<std::filesystem::path>& folders) {
  for (auto* blob : fileBlobs(spec)) {
    const auto file = findInput(blob->file(), folders);
    if (!file) return file.error();
    const auto sha256 = upload({.file = *file, .name = file->native()});
    if (!sha256) return sha256.error();
    blob->set_sha256(*sha256);
  }
  return {};
}

Result<std::string> Uploads::upload(const Source& source) {
  std::error_code code;
  const auto size = std::filesystem::file_size(source.file, code);
  if (code) return fromErrno(code.value(), "look at", source.name);
  m_session->terminal().progress("Reading " + source.name);
  auto sha256 = sha256OfFile(source.file);
  if (!sha256) return sha256;
  if (m_sent.contains(*sha256)) return sha256;
  if (auto sent = send(source, *sha256, size); !sent) return sent.error().during("uploading " + source.name);
  m_session->terminal().progress({});
  m_sent.insert(*sha256);
  return sha256;
}

Outcome Uploads::send(const Source& source, const std::string& sha256, std::uint64_t size) {
  const Fd fd(::open(source.file.c_str(), O_RDONLY | O_CLOEXEC));
  if (!fd) return fromErrno("open", source.name);
  for (std::uint64_t offset = 0;;) {
    auto bytes = readAt(fd.get(), offset, wire::kMaxChunk, source.name);
    if (!bytes) return bytes.error();
    const std::uint64_t end = offset + bytes->size();
    if ((bytes->empty() && size > 0) || end > size) return changed(source.name);
    v1::PutBlobRequest request;
    request.set_sha256(sha256);
    request.set_size(size);
    request.set_offset(offset);
    request.set_data(*std::move(bytes));
    const auto reply = m_session->call(std::move(request));
    if (!reply) return reply.error();
    if (reply->complete()) return {};
    if (reply->next_offset() != end || end == size) {
      return Error(Error::Kind::Internal,
                   fmt::format("the service asks for byte {} after byte {} of {}", reply->next_offset(), end, size));
    }
    offset = end;
    m_session->terminal().progress(
        fmt::format("Uploading {}: {} of {}", source.name, cli::bytes(end), cli::bytes(size)));
  }
}

}  // namespace lull::cli
