// SPDX-License-Identifier: Apache-2.0
// submit: reads task files, uploads their inputs, hands them over, and waits where that is wanted.
#include "cli/commands.h"
#include "cli/task_file.h"
#include "cli/upload.h"
#include "cli/wait.h"

#include "base/file.h"
#include "cli/format.h"

#include <fmt/core.h>
#include <unistd.h>

#include <array>
#include <cerrno>

namespace lull::cli {

namespace {

constexpr std::size_t kTaskFileLimit = 8 << 20;

Result<std::string> readStandardInput(const Interrupt& interrupt) {
  std::string bytes;
  std::array<char, 16384> chunk{};
  for (;;) {
    const ssize_t n = ::read(STDIN_FILENO, chunk.data(), chunk.size());
    if (n < 0 && errno == EINTR && !interrupt.pending()) continue;
    if (n < 0) return fromErrno("read", "standard input");
    if (n == 0) return bytes;
    bytes.append(chunk.data(), static_cast<std::size_t>(n));
    if (bytes.size() > kTaskFileLimit)
      return Error(Error::Kind::TooBig, "standard input is larger than a task file may be");
  }
}

Result<v1::TaskSpec> readSpec(Session& session, const std::string& file, const SubmitOptions& options) {
  const bool fromInput = file == "-";
  auto text = fromInput ? readStandardInput(session.interrupt()) : readFile(file, kTaskFileLimit);
  if (!text && text.error().kind() == Error::Kind::NotFound) {
    return Error(Error::Kind::NotFound, "there is no task file " + file);
  }
  if (!text) return text.error();
  auto spec = parseTask(*text, fromInput ? "standard input" : file);
  if (!spec) return spec;
  if (!options.name.empty()) spec->set_name(options.name);
  if (options.priority) spec->set_priority(*options.priority);
  if (spec->name().empty() && !fromInput) spec->set_name(std::filesystem::path(file).stem().native());
  return spec;
}

// The id of the new task.
Result<std::string> submitOne(Session& session, Uploads& uploads, const std::string& file,
                              const SubmitOptions& options) {
  auto spec = readSpec(session, file, options);
  if (!spec) return spec.error();
  const auto besides = file == "-" ? std::filesystem::path(".") : std::filesystem::path(file).parent_path();
  if (auto resolved = uploads.resolve(*spec, searchFolders(besides)); !resolved) {
    return resolved.error().during(file == "-" ? "standard input" : file);
  }
  v1::SubmitTaskRequest request;
  const auto name = spec->name();
  *request.mutable_spec() = *std::move(spec);
  const auto reply = session.call(std::move(request));
  if (!reply) return reply.error().during(file == "-" ? "standard input" : file);
  if (session.json()) {
    session.emit(*reply);
  } else {
    session.terminal().line(fmt::format("{}  {}", reply->id(), harmless(name)));
  }
  return reply->id();
}

}  // namespace

Answer submit(Session& session, const SubmitOptions& options) {
  Uploads uploads(session);
  std::vector<Awaited> awaited;
  auto worst = Exit::Ok;
  for (const auto& file : options.files) {
    const auto id = submitOne(session, uploads, file, options);
    if (!id) {
      worst = session.tell(id.error());
      if (worst == Exit::Unreachable || worst == Exit::Interrupted) return worst;
      continue;
    }
    auto folder = options.outputFolder;
    if (!folder.empty() && options.files.size() > 1) folder /= *id;
    awaited.push_back({.id = *id, .folder = folder});
  }
  if (awaited.empty() || (!options.wait && options.outputFolder.empty())) return worst;
  auto waited = waitFor(session, std::move(awaited));
  if (!waited || *waited != Exit::Ok) return waited;
  return worst;
}

}  // namespace lull::cli
