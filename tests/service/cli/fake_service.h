// SPDX-License-Identifier: Apache-2.0
// A service that keeps its promises in memory: tasks, blobs checked by hash, results in chunks, settings by the real
// store, rights, streams; and that can be told to misbehave. A thread per connection; all state under one lock.
#pragma once

#include "base/file.h"
#include "lull/v1/envelope.pb.h"
#include "settings/store.h"

#include <QTemporaryDir>

#include <atomic>
#include <condition_variable>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

namespace lull::test {

struct FakeResult {
  std::string bytes;
  std::string claimedSha256;  // empty: the right one
};
struct FakeTask {
  v1::Task task;
  std::map<std::string, FakeResult> results;
};

class FakeService {
public:
  FakeService();
  ~FakeService();

  [[nodiscard]] QString socket() const { return m_folder.filePath("lulld.sock"); }
  [[nodiscard]] QString folder() const { return m_folder.path(); }

  // Under the lock: everything below may be read and changed in `change`.
  struct State {
    v1::Right right = v1::RIGHT_ADMINISTER;
    bool refuseVersion = false;
    bool silent = false;              // reads and never answers
    bool nonsense = false;            // answers bytes that are no frame
    int endAfterReads = -1;           // closes the connection instead of answering the nth ReadResult from here on
    bool holdReads = false;           // ReadResult is not answered until the fake ends
    bool changeResultMidway = false;  // the second chunk belongs to other bytes
    v1::Status status;
    std::map<std::string, FakeTask> tasks;
    std::vector<std::string> order;  // of submission
    std::map<std::string, std::string> blobs;
    std::map<std::string, std::string> unfinishedBlobs;
    std::size_t blobChunks = 0;
    std::vector<v1::Model> models;
    bool modelFits = true;           // the one GPU
    v1::AddModelRequest addedModel;  // the last one
    std::string transferFails;       // why; empty: it does not
    bool transferRuns = false;       // it does not end by itself
    v1::ListRuntimesReply runtimes;
    v1::InstallRuntimeRequest installed;  // the last one
    std::string workFails;                // why; empty: it does not
    int workLooks = 0;                    // how often it is asked for before it ends
    std::optional<settings::Store> settings;
    std::int64_t pausedUntil = 0;
    std::vector<v1::AskRequest> questions;
    std::vector<std::vector<v1::AskEvent>> answers;  // to the first question, the second…
    std::vector<v1::TaskSpec> chats;
    int unwatched = 0;
    int chatsClosed = 0;
    v1::GetHistoryRequest asked;  // the last history request
    std::vector<v1::Point> points;
    std::vector<v1::LedgerEntry> entries;
    std::vector<v1::LogLine> lines;
    std::function<void(State&)> onWatch;  // when somebody begins to watch
  };
  void change(const std::function<void(State&)>& how);
  // Changes the status and streams the difference to all who watch.
  void publish(const std::function<void(v1::Status&)>& how);
  void sayInLog(const std::vector<v1::LogLine>& lines, std::uint64_t lost);
  // How many watch the status, or follow the log; waits until it is so.
  [[nodiscard]] bool waitForWatchers(int wanted);
  [[nodiscard]] bool waitForQuestions(std::size_t wanted);
  [[nodiscard]] bool waitForReads(int wanted);  // ReadResult requests taken

private:
  struct Connection;
  void listen();
  void accept();
  void serve(Connection& connection);
  [[nodiscard]] bool answer(Connection& connection, v1::ClientFrame frame);
  void send(Connection& connection, const v1::ServerFrame& frame);
  void streamStatus(Connection& connection);

  QTemporaryDir m_folder;
  Fd m_listener;
  std::mutex m_mutex;
  std::condition_variable m_changed;
  State m_state;
  int m_reads = 0;
  std::vector<std::unique_ptr<Connection>> m_connections;
  bool m_ending = false;
  std::thread m_acceptor;
};

// The answer to one request, or nullopt when the connection is to be closed instead. Called under the lock.
[[nodiscard]] std::optional<v1::ServerFrame> answerOf(FakeService::State& state, const v1::ClientFrame& frame);

[[nodiscard]] v1::Task makeTask(const std::string& id, const std::string& name, v1::TaskState state);
[[nodiscard]] v1::Task runningTask();  // t-abcdefghijkl, "Mandelbrot", at 43 %
// t-000000000000 and on: done and queued by turns.
void addTasks(FakeService& service, int count);
void addResult(FakeTask& task, const std::string& name, const std::string& bytes);

}  // namespace lull::test
