// SPDX-License-Identifier: Apache-2.0
// The door to workers: starts them, turns their gates, hears their reports. One thread: the loop's.
// A worker's last word (finished, failed, evicted) is reported only once its process has ended, so that its GPU
// memory is free by then. It stays listed, for its last figures, until retire(); its page stays on disk until
// discard(), for what a crash in between would lose.
#pragma once

#include "base/result.h"
#include "base/time.h"
#include "gguf/memory.h"
#include "model/report.h"
#include "model/task.h"
#include "runtimes/governor_figures.h"
#include "runtimes/image/image.h"
#include "runtimes/sandbox/trial.h"

#include <asio/io_context.hpp>
#include <asio/thread_pool.hpp>

#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace lull::runtimes {

struct WorkersOptions {
  std::filesystem::path spirvProgram;
  std::filesystem::path llamaProgram;
  std::filesystem::path layerFolder;  // holds the governor's layer manifest
  std::filesystem::path pages;        // one page file per worker
  std::filesystem::path shaderCache;  // drivers keep compiled kernels there
  sandbox::Ground ground = {};
};

// Of tasks with a language model.
struct ModelOrder {
  std::filesystem::path file;
  gguf::Memory memory;               // as its header says
  std::uint32_t trainedContext = 0;  // tokens; 0: it does not say
  image::Programs programs;          // llama.cpp's
  bool onProcessor = false;          // no GPU: the gate is held by stopping everything inside (see processor_gate.h)
  std::uint32_t threads = 1;
  std::shared_ptr<const void> held;  // the model stays while this is kept
};

struct WorkerOrder {
  model::TaskId task;
  std::string session;  // unique for ever; begins with the task's id
  v1::TaskSpec spec;
  std::optional<ModelOrder> model = {};
  model::GpuId gpu;
  std::filesystem::path blobFolder;
  std::filesystem::path workFolder;
  std::filesystem::path outFolder;
  std::vector<std::filesystem::path> devices = {};  // nodes of the GPU
  std::string gpuType;                              // as in v1::Gpu
  std::uint32_t pieceMs = 4;
  std::uint32_t pieceLimitS = 10;
  std::uint32_t checkpointEveryS = 30;
  std::uint32_t inFlightCap = 0;  // 0 = the governor chooses
  std::uint64_t memoryLimit = 0;
  std::uint64_t memoryPlanned = 0;  // what a language model's memory is reckoned with: see model/memory_limits.h
  std::uint64_t diskLimit = 0;      // checkpoints and results
  std::uint64_t mainMemoryLimit = 0;
  bool sandboxRequired = true;
};

struct WorkerFigures {
  model::TaskId task;
  model::GpuId gpu;
  std::string session;
  bool open = false;
  std::uint64_t gpuNs = 0;
  std::uint64_t cpuNs = 0;  // of workers on the processor
  std::uint64_t memoryBytes = 0;
  GovernorFigures governor;
  Instant gateChangedAt;
  std::optional<Instant> drainedAt;  // after the last close
  std::optional<Instant> endedAt;    // process gone
};

class Worker;

class Workers {
public:
  using Report = std::function<void(model::WorkerReport)>;
  using Said = std::function<void(const model::WorkerSaid&)>;

  // `report` is called on the loop, never from inside a call of this class.
  Workers(asio::io_context& loop, const Clock& clock, WorkersOptions options, Report report);
  ~Workers();  // kills those that are left

  // The worker begins with a closed gate; one on the processor stands still from its WorkerStarted on.
  // Unavailable: this computer offers no sandbox, and the order asks for one.
  [[nodiscard]] Outcome start(WorkerOrder order);
  // Finds out whether this computer offers a sandbox; also by itself whenever a worker could not be started.
  // `changed` is called on the loop when refusal() is another one.
  void tryWalls(std::function<void()> changed);
  // Why no sandbox can be had, for people; empty: it can, as far as is known.
  [[nodiscard]] const std::string& refusal() const { return m_refusal; }
  void openGate(const model::TaskId& task);
  void closeGate(const model::TaskId& task);
  // The share of GPU time that the worker may use, 1..100 %: from now on.
  void setDuty(const model::TaskId& task, std::uint32_t percent);
  // Closes the gate first. One on the processor is not let on to save, since the owner may be here: it ends at once,
  // and its task goes on from its last checkpoint or journal.
  void evict(const model::TaskId& task);
  // Of conversations. What is said comes as Report does; to a task without a worker nothing is told.
  void onSaid(Said said) { m_said = std::move(said); }
  struct Question {
    std::uint64_t number = 0;  // of this conversation
    std::string body;          // JSON, as of /v1/chat/completions
  };
  void ask(const model::TaskId& task, const Question& question);
  void hush(const model::TaskId& task, std::uint64_t question);  // its answer is not wanted any more
  void closeChat(const model::TaskId& task);                     // it finishes
  // Closes the gate and ends the process; reported as WorkerFailed with KIND_WORKER_DIED unless it had said a last
  // word.
  void kill(const model::TaskId& task);
  void beat();  // heartbeat for all open gates; every second while one is open
  void retire(const model::TaskId& task);
  // The session's figures are recorded: its page may go.
  void discard(const std::string& session);

  [[nodiscard]] bool anyOpen() const;
  [[nodiscard]] std::vector<WorkerFigures> figures() const;
  [[nodiscard]] std::optional<WorkerFigures> figures(const model::TaskId& task) const;

private:
  void tryWallsAgain();
  void clearOldShaders();
  asio::io_context& m_loop;
  const Clock& m_clock;
  const WorkersOptions m_options;
  const Report m_report;
  Said m_said;
  std::map<model::TaskId, std::shared_ptr<Worker>> m_workers;
  sandbox::Trial m_trial;
  asio::thread_pool m_disk{1};
  std::string m_refusal;
  std::function<void()> m_refusalChanged;
};

}  // namespace lull::runtimes
