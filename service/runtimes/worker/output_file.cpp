// SPDX-License-Identifier: Apache-2.0
#include "runtimes/worker/output_file.h"

#include "runtimes/worker/stream.h"

#include <fcntl.h>
#include <unistd.h>

namespace lull::worker {

OutputFile::OutputFile(std::filesystem::path folder, std::string name)
    : m_folder(std::move(folder)), m_name(std::move(name)) {}

OutputFile::~OutputFile() {
  if (m_fd) ::unlink(temporary().c_str());
}

// No output can be named like this: "~" is not allowed in names.
std::filesystem::path OutputFile::temporary() const { return m_folder / ("~" + m_name); }

Attempt<OutputFile> OutputFile::create(const std::filesystem::path& folder, const std::string& name) {
  OutputFile file(folder, name);
  file.m_fd.reset(::open(file.temporary().c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600));
  if (!file.m_fd) return fromStorage(fromErrno("create", file.temporary().native()));
  return file;
}

Step OutputFile::write(std::string_view bytes) {
  m_hash.update(bytes);
  m_size += bytes.size();
  if (auto out = writeAll(m_fd.get(), bytes); !out) return fromStorage(out.error().during(temporary().native()));
  return Done{};
}

Attempt<lull::v1::Output> OutputFile::finish() {
  if (::fsync(m_fd.get()) != 0) return fromStorage(fromErrno("fsync", temporary().native()));
  const auto final = m_folder / m_name;
  if (::rename(temporary().c_str(), final.c_str()) != 0) return fromStorage(fromErrno("rename to", final.native()));
  m_fd.reset();
  if (auto synced = syncFolder(m_folder); !synced) return fromStorage(synced.error());
  lull::v1::Output output;
  output.set_name(m_name);
  output.set_size(m_size);
  output.set_sha256(m_hash.hex());
  return output;
}

}  // namespace lull::worker
