// SPDX-License-Identifier: Apache-2.0
#include "cli/model_transfer.h"

#include "base/file.h"
#include "base/sha256.h"
#include "base/utf8.h"
#include "cli/format.h"
#include "wire/frame.h"

#include <fcntl.h>
#include <fmt/core.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

namespace lull::cli {

namespace {

constexpr Milliseconds kLookAnyway{10'000};
constexpr std::size_t kPiece = 1 << 20;
constexpr std::string_view kMagic = "GGUF";

Result<std::string> readAt(const Fd& fd, std::uint64_t offset, std::size_t size, const std::string& name) {
  std::string bytes(size, '\0');
  std::size_t have = 0;
  while (have < size) {
    const auto n = ::pread(fd.get(), bytes.data() + have, size - have, static_cast<off_t>(offset + have));
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return fromErrno("read", name);
    if (n == 0) break;
    have += static_cast<std::size_t>(n);
  }
  bytes.resize(have);
  return bytes;
}

struct Opened {
  Fd fd;
  std::uint64_t size = 0;
};

Result<Opened> open(const std::filesystem::path& file) {
  Opened out{.fd = Fd(::open(file.c_str(), O_RDONLY | O_CLOEXEC))};
  if (!out.fd && errno == ENOENT) return Error(Error::Kind::NotFound, "there is no file " + file.native());
  if (!out.fd) return fromErrno("open", file.native());
  struct stat about {};
  if (::fstat(out.fd.get(), &about) != 0) return fromErrno("look at", file.native());
  if (!S_ISREG(about.st_mode)) return Error(Error::Kind::Invalid, file.native() + " is not a file");
  out.size = static_cast<std::uint64_t>(about.st_size);
  const auto begin = readAt(out.fd, 0, kMagic.size(), file.native());
  if (!begin) return begin.error();
  if (*begin != kMagic) return Error(Error::Kind::Invalid, file.native() + " is not a GGUF file");
  return out;
}

Result<std::string> hash(Session& session, const Opened& opened, const std::filesystem::path& file) {
  Sha256 sum;
  for (std::uint64_t at = 0; at < opened.size;) {
    if (session.interrupt().pending()) return Error(Error::Kind::Unavailable, "interrupted");
    const auto piece = readAt(opened.fd, at, kPiece, file.native());
    if (!piece) return piece.error();
    if (piece->empty()) return Error(Error::Kind::Conflict, file.native() + " changed while it was read");
    sum.update(*piece);
    at += piece->size();
    session.terminal().progress(
        fmt::format("Reading {}: {} of {}", file.filename().native(), bytes(at), bytes(opened.size)));
  }
  return sum.hex();
}

Result<v1::PutModelReply> sendAll(Session& session, const Opened& opened, v1::PutModelRequest request) {
  for (bool asked = false;; asked = true) {
    auto reply = session.call(request);
    if (!reply || reply->has_model()) return reply;
    const auto next = reply->next_offset();
    const bool onward = !asked || next > request.offset();
    if (next >= opened.size) return reply;
    if (!onward) return Error(Error::Kind::Internal, fmt::format("the service asks for byte {} again", next));
    auto piece = readAt(opened.fd, next, wire::kMaxChunk, request.origin());
    if (!piece) return piece.error();
    if (piece->empty()) return Error(Error::Kind::Conflict, "the file changed while it was sent: add it again");
    request.set_offset(next);
    request.set_data(*std::move(piece));
    session.terminal().progress(fmt::format("Sending {}: {} of {}", request.origin(), bytes(next), bytes(opened.size)));
  }
}

const v1::ModelTransfer* among(const v1::Status& status, const std::string& id) {
  const auto& all = status.models().transfers();
  const auto found = std::ranges::find(all, id, &v1::ModelTransfer::id);
  return found == all.end() ? nullptr : &*found;
}

Result<v1::ModelTransfer> waitOnStream(Session& session, v1::ModelTransfer last) {
  auto client = session.client();
  if (!client) return client.error();
  if (auto began = (*client)->call(v1::WatchStatusRequest{}); !began) return began.error();
  v1::Status status;
  for (bool first = true;; first = false) {
    auto event = (*client)->nextEvent(kLookAnyway);
    if (!event) return event.error();
    if (event->has_value() && (*event)->has_status_event()) wire::apply(status, (*event)->status_event());
    const auto* now = among(status, last.id());
    // Before the first event that knows it nothing is wrong yet.
    if (now == nullptr && !first)
      return Error(Error::Kind::NotFound, "it was given up: lull model list tells what is there");
    if (now == nullptr) continue;
    last = *now;
    if (last.state() == v1::ModelTransfer::STATE_DONE) return last;
    if (last.state() == v1::ModelTransfer::STATE_FAILED) return Error(Error::Kind::Io, harmless(last.text()));
    session.terminal().progress(harmless(last.name()) + ": " + progressText(last));
  }
}

}  // namespace

std::string progressText(const v1::ModelTransfer& transfer) {
  const auto total = transfer.total_bytes();
  auto text = bytes(transfer.done_bytes());
  if (total > 0) text += fmt::format(" of {}", bytes(total));
  if (transfer.bytes_per_second() > 0) {
    text += fmt::format(", {}/s", bytes(transfer.bytes_per_second()));
    const auto left = total > transfer.done_bytes() ? total - transfer.done_bytes() : 0;
    text += fmt::format(", {} left", span(static_cast<std::int64_t>(left / transfer.bytes_per_second())));
  }
  if (!transfer.text().empty()) text += "; " + harmless(transfer.text());
  return text;
}

Result<v1::PutModelReply> sendModel(Session& session, const ModelFile& wanted) {
  const auto opened = open(wanted.file);
  if (!opened) return opened.error();
  const auto sha256 = hash(session, *opened, wanted.file);
  if (!sha256) return sha256.error();
  if (!wanted.sha256.empty() && wanted.sha256 != *sha256) {
    return Error(Error::Kind::Invalid, fmt::format("{} has the SHA-256 {}, and not {}: it is damaged, or another file",
                                                   wanted.file.native(), *sha256, wanted.sha256));
  }
  v1::PutModelRequest request;
  request.set_sha256(*sha256);
  request.set_size(opened->size);
  request.set_name(wanted.name);
  request.set_origin(validUtf8(wanted.file.filename().native()));
  auto sent = sendAll(session, *opened, std::move(request));
  session.terminal().progress({});
  return sent;
}

Result<v1::ModelTransfer> waitForTransfer(Session& session, v1::ModelTransfer transfer) {
  const auto id = transfer.id();
  auto ended = waitOnStream(session, std::move(transfer));
  session.terminal().progress({});
  if (session.interrupt().pending()) {
    session.remark(
        fmt::format("Not waiting any more; the service goes on with it. `lull model list` tells how it "
                    "stands, `lull model remove {}` gives it up.",
                    id));
  } else if (session.isGone()) {
    session.remark("Nothing is lost: it goes on when the service is back, or when you add it again.");
  }
  return ended;
}

}  // namespace lull::cli
