// SPDX-License-Identifier: Apache-2.0
#include "cli/download.h"

#include "base/file.h"
#include "base/sha256.h"
#include "cli/format.h"

#include <fcntl.h>
#include <fmt/core.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <functional>

namespace lull::cli {

namespace {

using Sink = std::function<Outcome(std::string_view)>;

// A file beside its destination that disappears unless it is kept.
class TemporaryFile {
public:
  static Result<TemporaryFile> create(const std::filesystem::path& destination) {
    const auto folder = destination.has_parent_path() ? destination.parent_path() : std::filesystem::path(".");
    std::string name = folder / ("." + destination.filename().native() + ".XXXXXX");
    Fd fd(::mkostemp(name.data(), O_CLOEXEC));
    if (!fd) return fromErrno("create a file in", folder.native());
    return TemporaryFile(std::move(fd), std::move(name));
  }
  TemporaryFile(TemporaryFile&& other) noexcept
      : m_fd(std::move(other.m_fd)), m_name(std::exchange(other.m_name, {})) {}
  TemporaryFile& operator=(TemporaryFile&&) = delete;
  ~TemporaryFile() {
    if (!m_name.empty()) ::unlink(m_name.c_str());
  }

  Outcome append(std::string_view bytes) {
    while (!bytes.empty()) {
      const ssize_t n = ::write(m_fd.get(), bytes.data(), bytes.size());
      if (n < 0 && errno == EINTR) continue;
      if (n < 0) return fromErrno("write", m_name);
      bytes.remove_prefix(static_cast<std::size_t>(n));
    }
    return {};
  }

  Outcome keepAs(const std::filesystem::path& destination, Existing existing) {
    const mode_t mask = ::umask(0);
    ::umask(mask);
    if (::fchmod(m_fd.get(), 0666 & ~mask) != 0) return fromErrno("chmod", m_name);
    if (existing == Existing::Keep && ::link(m_name.c_str(), destination.c_str()) == 0) return {};
    if (existing == Existing::Keep && errno == EEXIST) {
      return Error(Error::Kind::Conflict, destination.native() + " is there already: --force writes over it");
    }
    // Also where there are no links.
    if (::rename(m_name.c_str(), destination.c_str()) != 0) return fromErrno("write", destination.native());
    m_name.clear();
    return {};
  }

private:
  TemporaryFile(Fd fd, std::string name) : m_fd(std::move(fd)), m_name(std::move(name)) {}
  Fd m_fd;
  std::string m_name;
};

void showProgress(Session& session, const v1::Output& output, std::uint64_t have) {
  const double share = output.size() > 0 ? static_cast<double>(have) / static_cast<double>(output.size()) : 1;
  session.terminal().progress(
      fmt::format("{}: {} of {}, {}", output.name(), bytes(have), bytes(output.size()), percent(share)));
}

Result<v1::Output> transfer(Session& session, const Wanted& wanted, const Sink& sink) {
  Sha256 hash;
  v1::Output output;
  std::uint64_t have = 0;
  for (bool first = true; first || have < output.size(); first = false) {
    v1::ReadResultRequest request;
    request.set_task_id(wanted.task);
    request.set_output(wanted.output);
    request.set_offset(have);
    const auto reply = session.call(std::move(request));
    if (!reply) return reply.error();
    if (first) {
      output.set_name(reply->name());
      output.set_size(reply->size());
      output.set_sha256(reply->sha256());
    }
    const bool same = reply->size() == output.size() && reply->sha256() == output.sha256();
    const bool fits = reply->data().size() <= output.size() - have && (!reply->data().empty() || have == output.size());
    if (!same || !fits) return Error(Error::Kind::Conflict, "the result changed while it was read; try again");
    hash.update(reply->data());
    if (auto taken = sink(reply->data()); !taken) return taken.error();
    have += reply->data().size();
    showProgress(session, output, have);
  }
  session.terminal().progress({});
  if (hash.hex() == output.sha256()) return output;
  return Error(Error::Kind::Io, fmt::format("{} is damaged: what came does not match its SHA-256 {}. Try again; if it "
                                            "stays so, the service's disk needs a look.",
                                            output.name(), output.sha256()));
}

}  // namespace

Result<v1::Output> download(Session& session, const Wanted& wanted, const std::filesystem::path& file,
                            Existing existing) {
  auto temporary = TemporaryFile::create(file);
  if (!temporary) return temporary.error();
  auto output = transfer(session, wanted, [&](std::string_view bytes) { return temporary->append(bytes); });
  if (!output) return output;
  if (auto kept = temporary->keepAs(file, existing); !kept) return kept.error();
  return output;
}

Result<v1::Output> downloadToOutput(Session& session, const Wanted& wanted) {
  auto& terminal = session.terminal();
  return transfer(session, wanted, [&](std::string_view bytes) -> Outcome {
    terminal.print(bytes);
    if (!terminal.trouble()) return terminal.trouble();
    if (terminal.closed()) return Error(Error::Kind::Io, "whoever reads the output has gone");
    return {};
  });
}

}  // namespace lull::cli
