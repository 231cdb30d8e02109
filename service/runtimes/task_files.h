// SPDX-License-Identifier: Apache-2.0
// What tasks have on disk: inputs by their hash, and for each task its checkpoint and its results.
//   <root>/blobs/<sha256>         inputs, shared by all tasks that name them
//   <root>/uploads/               blobs that are still coming
//   <root>/tasks/<id>/work        checkpoint
//   <root>/tasks/<id>/out/<name>  results
// Called on the loop's thread; disks may be slow, so the work is done, in order, on a thread of its own and replies
// come back on the loop.
#pragma once

#include "base/result.h"
#include "lull/v1/envelope.pb.h"

#include <asio/io_context.hpp>
#include <asio/thread_pool.hpp>

#include <filesystem>
#include <functional>
#include <map>
#include <set>
#include <string>
#include <vector>

namespace lull::runtimes {

class TaskFiles {
public:
  template <typename T>
  using Reply = std::function<void(Result<T>)>;

  [[nodiscard]] static Result<std::unique_ptr<TaskFiles>> create(asio::io_context& loop, std::filesystem::path root);
  TaskFiles(asio::io_context& loop, std::filesystem::path root);
  ~TaskFiles();  // waits for what is under way

  // Disk space for all of it; a new upload beyond it is TooBig. Call again when the setting changes.
  void setQuota(std::uint64_t bytes);

  void putBlob(std::uint64_t connection, const v1::PutBlobRequest& request, Reply<v1::PutBlobReply> reply);
  void forgetConnection(std::uint64_t connection);
  struct Preparation {
    std::string task;
    std::vector<std::string> blobs;  // its inputs
    std::uint64_t bytes = 0;         // its checkpoint and results will need
  };
  // Makes the task's folders; NotFound naming the first blob that is not there, TooBig when there is no room.
  void prepare(const Preparation& wanted, std::function<void(Outcome)> reply);
  // `output` is one of the task's outputs as the ledger has it.
  void read(const std::string& task, const v1::Output& output, const v1::ReadResultRequest& request,
            Reply<v1::ReadResultReply> reply);
  // Removes the checkpoint of a task that has ended, and its results too unless it is done.
  void taskEnded(const std::string& task, bool keepResults);
  // As collectBlobs, and removes half uploads and checkpoints of tasks that are not in `unfinishedTasks`. At start
  // only.
  void collectGarbage(std::vector<std::string> blobsInUse, std::vector<std::string> unfinishedTasks);
  // Removes blobs that nobody refers to. One put in the last ten minutes is kept: its task may be on its way.
  void collectBlobs(std::vector<std::string> blobsInUse);

  [[nodiscard]] std::filesystem::path blobFolder() const { return m_root / "blobs"; }
  [[nodiscard]] std::filesystem::path workFolder(const std::string& task) const {
    return m_root / "tasks" / task / "work";
  }
  [[nodiscard]] std::filesystem::path outFolder(const std::string& task) const {
    return m_root / "tasks" / task / "out";
  }

private:
  struct Upload;
  Result<v1::PutBlobReply> put(std::uint64_t connection, const v1::PutBlobRequest& request);
  [[nodiscard]] Outcome prepareNow(const Preparation& wanted) const;
  [[nodiscard]] Outcome checkRoom(std::uint64_t wanted) const;
  Result<v1::PutBlobReply> begin(std::uint64_t connection, const v1::PutBlobRequest& request);
  Result<v1::PutBlobReply> finish(std::uint64_t connection);
  [[nodiscard]] Result<v1::ReadResultReply> readChunk(const std::string& task, const v1::Output& output,
                                                      const v1::ReadResultRequest& request) const;
  template <typename T>
  void onDisk(std::function<T()> work, std::function<void(T)> reply);

  asio::io_context& m_loop;
  const std::filesystem::path m_root;
  asio::thread_pool m_disk{1};
  // Below: the disk thread's.
  std::uint64_t m_quota = UINT64_MAX;
  std::map<std::uint64_t, std::unique_ptr<Upload>> m_uploads;  // by connection: one at a time
};

}  // namespace lull::runtimes
