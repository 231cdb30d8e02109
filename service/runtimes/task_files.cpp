// SPDX-License-Identifier: Apache-2.0
#include "runtimes/task_files.h"

#include "base/file.h"
#include "base/log.h"
#include "base/remove_tree.h"
#include "base/sha256.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>
#include <asio/post.hpp>

#include <algorithm>
#include <cerrno>

namespace lull::runtimes {

namespace fs = std::filesystem;

namespace {

constexpr std::size_t kMaxChunk = 512 * 1024;
constexpr auto kUploadGrace = std::chrono::minutes(10);

std::uint64_t bytesBelow(const fs::path& folder) {
  std::uint64_t sum = 0;
  std::error_code code;
  for (auto entry = fs::recursive_directory_iterator(folder, code);
       !code && entry != fs::recursive_directory_iterator(); entry.increment(code)) {
    std::error_code gone;
    if (!entry->is_regular_file(gone)) continue;
    const auto size = entry->file_size(gone);
    if (!gone) sum += size;
  }
  return sum;
}

// What is in a folder now: the iterator of a range-for throws when a disk fails.
std::vector<fs::directory_entry> entriesOf(const fs::path& folder) {
  std::vector<fs::directory_entry> out;
  std::error_code code;
  for (auto entry = fs::directory_iterator(folder, code); !code && entry != fs::directory_iterator();
       entry.increment(code)) {
    out.push_back(*entry);
  }
  return out;
}

Outcome writeAt(const Fd& fd, std::string_view bytes, std::uint64_t offset) {
  while (!bytes.empty()) {
    const auto n = ::pwrite(fd.get(), bytes.data(), bytes.size(), static_cast<off_t>(offset));
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return fromErrno("write", "upload");
    bytes.remove_prefix(static_cast<std::size_t>(n));
    offset += static_cast<std::uint64_t>(n);
  }
  return {};
}

}  // namespace

struct TaskFiles::Upload {
  std::string sha256;
  std::uint64_t size = 0;
  std::uint64_t next = 0;
  fs::path file;
  Fd fd;
  Sha256 hash;
  ~Upload() { ::unlink(file.c_str()); }
};

Result<std::unique_ptr<TaskFiles>> TaskFiles::create(asio::io_context& loop, fs::path root) {
  for (const auto* name : {"blobs", "uploads", "tasks"}) {
    if (auto made = makePrivateFolder(root / name); !made) return made.error();
  }
  return std::make_unique<TaskFiles>(loop, std::move(root));
}

TaskFiles::TaskFiles(asio::io_context& loop, fs::path root) : m_loop(loop), m_root(std::move(root)) {}

TaskFiles::~TaskFiles() { m_disk.join(); }

template <typename T>
void TaskFiles::onDisk(std::function<T()> work, std::function<void(T)> reply) {
  asio::post(m_disk, [this, work = std::move(work), reply = std::move(reply)]() mutable {
    asio::post(m_loop, [reply = std::move(reply), result = work()]() mutable { reply(std::move(result)); });
  });
}

void TaskFiles::setQuota(std::uint64_t bytes) {
  asio::post(m_disk, [this, bytes] { m_quota = bytes; });
}

void TaskFiles::putBlob(std::uint64_t connection, const v1::PutBlobRequest& request, Reply<v1::PutBlobReply> reply) {
  onDisk<Result<v1::PutBlobReply>>([this, connection, request] { return put(connection, request); }, std::move(reply));
}

Result<v1::PutBlobReply> TaskFiles::put(std::uint64_t connection, const v1::PutBlobRequest& request) {
  if (!isSha256(request.sha256())) return Error(Error::Kind::Invalid, "sha256: 64 lower-case hex digits are needed");
  if (request.data().size() > kMaxChunk) return Error(Error::Kind::TooBig, "data: at most 512 KiB a chunk");
  std::error_code code;
  if (fs::exists(blobFolder() / request.sha256(), code)) {
    fs::last_write_time(blobFolder() / request.sha256(), fs::file_time_type::clock::now(), code);
    v1::PutBlobReply reply;
    reply.set_complete(true);
    reply.set_next_offset(request.size());
    return reply;
  }
  const auto found = m_uploads.find(connection);
  if (found == m_uploads.end() || found->second->sha256 != request.sha256() || request.offset() == 0) {
    if (auto begun = begin(connection, request); !begun) return begun;
  }
  auto& upload = *m_uploads[connection];
  if (request.offset() != upload.next || request.size() != upload.size ||
      upload.next + request.data().size() > upload.size) {
    m_uploads.erase(connection);
    return Error(Error::Kind::Invalid, "upload out of order: begin again at offset 0");
  }
  if (auto written = writeAt(upload.fd, request.data(), upload.next); !written) {
    m_uploads.erase(connection);
    return written.error();
  }
  upload.hash.update(request.data());
  upload.next += request.data().size();
  if (upload.next == upload.size) return finish(connection);
  v1::PutBlobReply reply;
  reply.set_next_offset(upload.next);
  return reply;
}

Result<v1::PutBlobReply> TaskFiles::begin(std::uint64_t connection, const v1::PutBlobRequest& request) {
  m_uploads.erase(connection);
  if (auto room = checkRoom(request.size()); !room) return room.error();
  auto upload = std::make_unique<Upload>();
  upload->sha256 = request.sha256();
  upload->size = request.size();
  upload->file = m_root / "uploads" / fmt::format("{}-{}", connection, request.sha256());
  upload->fd.reset(::open(upload->file.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600));
  if (!upload->fd) return fromErrno("create", upload->file.native());
  m_uploads[connection] = std::move(upload);
  return v1::PutBlobReply();
}

Outcome TaskFiles::checkRoom(std::uint64_t wanted) const {
  std::uint64_t used = bytesBelow(m_root / "blobs") + bytesBelow(m_root / "tasks");
  for (const auto& [connection, upload] : m_uploads) used += upload->size;
  if (wanted <= m_quota && used <= m_quota - wanted) return {};
  return Error(Error::Kind::TooBig,
               fmt::format("no room for {} bytes: tasks already hold {} of the {} bytes that tasks.max_storage allows; "
                           "raise it, or make the task smaller",
                           wanted, used, m_quota));
}

Result<v1::PutBlobReply> TaskFiles::finish(std::uint64_t connection) {
  const auto node = m_uploads.extract(connection);
  auto& upload = *node.mapped();
  if (upload.hash.hex() != upload.sha256) {
    return Error(Error::Kind::Invalid, "the bytes received do not have the announced sha256: send them again");
  }
  if (::fsync(upload.fd.get()) != 0) return fromErrno("fsync", upload.file.native());
  const auto target = blobFolder() / upload.sha256;
  if (::rename(upload.file.c_str(), target.c_str()) != 0) return fromErrno("rename", target.native());
  if (auto synced = syncFolder(blobFolder()); !synced) return synced.error();
  v1::PutBlobReply reply;
  reply.set_complete(true);
  reply.set_next_offset(upload.size);
  return reply;
}

void TaskFiles::forgetConnection(std::uint64_t connection) {
  asio::post(m_disk, [this, connection] { m_uploads.erase(connection); });
}

void TaskFiles::prepare(const Preparation& wanted, std::function<void(Outcome)> reply) {
  onDisk<Outcome>([this, wanted] { return prepareNow(wanted); }, std::move(reply));
}

Outcome TaskFiles::prepareNow(const Preparation& wanted) const {
  std::error_code code;
  for (const auto& blob : wanted.blobs) {
    // Freshened, so that it is not collected before the ledger knows its task.
    fs::last_write_time(blobFolder() / blob, fs::file_time_type::clock::now(), code);
    if (code) return Error(Error::Kind::NotFound, "an input was not uploaded: blob " + blob);
  }
  if (auto room = checkRoom(wanted.bytes); !room) return room;
  if (auto made = makePrivateFolder(workFolder(wanted.task)); !made) return made;
  return makePrivateFolder(outFolder(wanted.task));
}

void TaskFiles::read(const std::string& task, const v1::Output& output, const v1::ReadResultRequest& request,
                     Reply<v1::ReadResultReply> reply) {
  onDisk<Result<v1::ReadResultReply>>([this, task, output, request] { return readChunk(task, output, request); },
                                      std::move(reply));
}

Result<v1::ReadResultReply> TaskFiles::readChunk(const std::string& task, const v1::Output& output,
                                                 const v1::ReadResultRequest& request) const {
  const auto file = outFolder(task) / output.name();
  // What a worker left there: no link to somebody else's file, and no pipe that keeps us waiting.
  const Fd fd(::open(file.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK));
  if (!fd) return fromErrno("open", file.native());
  const std::size_t wanted = request.length() == 0 ? kMaxChunk : std::min<std::size_t>(request.length(), kMaxChunk);
  v1::ReadResultReply reply;
  reply.set_size(output.size());
  reply.set_sha256(output.sha256());
  reply.set_name(output.name());
  auto& data = *reply.mutable_data();
  data.resize(request.offset() >= output.size() ? 0
                                                : std::min<std::uint64_t>(wanted, output.size() - request.offset()));
  for (std::size_t done = 0; done < data.size();) {
    const auto n =
        ::pread(fd.get(), data.data() + done, data.size() - done, static_cast<off_t>(request.offset() + done));
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return fromErrno("read", file.native());
    if (n == 0) return Error(Error::Kind::Io, file.native() + " is shorter than recorded: the result is damaged");
    done += static_cast<std::size_t>(n);
  }
  return reply;
}

void TaskFiles::taskEnded(const std::string& task, bool keepResults) {
  asio::post(m_disk, [this, task, keepResults] {
    const auto removed = removeTree(keepResults ? workFolder(task) : m_root / "tasks" / task);
    if (!removed) log::warning("the files of task {} could not be removed: {}", task, removed.error().text());
  });
}

void TaskFiles::collectBlobs(std::vector<std::string> blobsInUse) {
  asio::post(m_disk, [this, used = std::set<std::string>(blobsInUse.begin(), blobsInUse.end())] {
    std::error_code code;
    for (const auto& entry : entriesOf(blobFolder())) {
      std::error_code gone;
      const bool old = fs::file_time_type::clock::now() - entry.last_write_time(gone) > kUploadGrace;
      if (old && !used.contains(entry.path().filename().native())) fs::remove(entry.path(), gone);
    }
  });
}

void TaskFiles::collectGarbage(std::vector<std::string> blobsInUse, std::vector<std::string> unfinishedTasks) {
  collectBlobs(std::move(blobsInUse));
  asio::post(m_disk, [this, unfinished = std::set<std::string>(unfinishedTasks.begin(), unfinishedTasks.end())] {
    std::error_code code;
    for (const auto& entry : entriesOf(m_root / "uploads")) fs::remove(entry.path(), code);
    for (const auto& entry : entriesOf(m_root / "tasks")) {
      if (unfinished.contains(entry.path().filename().native())) continue;
      if (auto removed = removeTree(entry.path() / "work"); !removed) log::warning("{}", removed.error().text());
    }
  });
}

}  // namespace lull::runtimes
