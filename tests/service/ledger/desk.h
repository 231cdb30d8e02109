// SPDX-License-Identifier: Apache-2.0
// A ledger in a private folder with a loop to run what it posts, and entries in short.
#pragma once

#include "ledger/ledger.h"

#include <QTemporaryDir>

#include <chrono>
#include <condition_variable>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace lull::ledger::desk {

inline constexpr UnixMs kStart = 1'700'000'000'000;
inline constexpr std::int64_t kRate = 1'000'000;  // micro-credits for a GPU hour
inline constexpr std::uint64_t kHourNs = 3'600'000'000'000;

// Runs posted functions on the thread that waits.
class Loop {
public:
  Ledger::Post post() {
    return [this](std::function<void()> f) {
      {
        const std::lock_guard lock(m_mutex);
        m_functions.push_back(std::move(f));
      }
      m_wake.notify_one();
    };
  }
  // False when `condition` did not come true within half a minute.
  bool until(const std::function<bool()>& condition) {
    const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(30);
    std::unique_lock lock(m_mutex);
    for (;;) {
      while (!m_functions.empty()) {
        auto f = std::move(m_functions.front());
        m_functions.pop_front();
        lock.unlock();
        f();
        lock.lock();
      }
      if (condition()) return true;
      if (std::chrono::steady_clock::now() > end) return false;
      m_wake.wait_for(lock, std::chrono::milliseconds(20));
    }
  }

private:
  std::mutex m_mutex;
  std::condition_variable m_wake;
  std::deque<std::function<void()>> m_functions;
};

class Desk {
public:
  [[nodiscard]] std::filesystem::path file() const { return m_folder.filePath("ledger.db").toStdString(); }
  [[nodiscard]] std::filesystem::path folder() const { return m_folder.path().toStdString(); }
  Outcome open() {
    auto opened = Ledger::open(file(), m_loop.post());
    if (!opened) return opened.error();
    m_ledger = std::move(*opened);
    return {};
  }
  void close() { m_ledger.reset(); }
  // Records and waits until it is written.
  bool keep(std::vector<model::Entry> entries) {
    std::optional<bool> ok;
    m_ledger->record(std::move(entries), [&ok](const Outcome& o) { ok = o.ok(); });
    return m_loop.until([&ok] { return ok.has_value(); }) && *ok;
  }
  Ledger& operator*() { return *m_ledger; }
  Ledger* operator->() { return m_ledger.get(); }
  Loop& loop() { return m_loop; }

private:
  QTemporaryDir m_folder;
  Loop m_loop;
  std::unique_ptr<Ledger> m_ledger;
};

inline model::TaskSubmitted submitted(const std::string& id, UnixMs at = kStart) {
  v1::Task task;
  task.set_id(id);
  task.set_name("task " + id);
  task.set_runtime("spirv");
  task.set_attempt(1);
  task.set_attempts_allowed(3);
  task.set_submitted_unix_ms(at);
  task.mutable_spec()->set_name("task " + id);
  auto& event = *task.add_history();
  event.set_unix_ms(at);
  event.set_state(v1::TASK_STATE_QUEUED);
  event.set_text("Submitted");
  return {task};
}

inline model::TaskMoved moved(const std::string& id, v1::TaskState state, UnixMs at = kStart) {
  return {.task = id,
          .state = state,
          .at = at,
          .text = v1::TaskState_Name(state),
          .attempt = 1,
          .notBefore = 0,
          .gpuName = {},
          .failure = {}};
}

inline model::TaskMoved failed(const std::string& id, UnixMs at = kStart) {
  auto m = moved(id, v1::TASK_STATE_FAILED, at);
  m.failure.set_kind(v1::Failure::KIND_BAD_TASK);
  m.failure.set_message("The task itself is faulty.");
  m.failure.set_technical("OpEntryPoint missing");
  return m;
}

inline model::SessionMetered metered(const std::string& session, const std::string& id, std::uint64_t gpuNs,
                                     UnixMs at = kStart) {
  return {.session = session, .task = id, .at = at, .gpuNs = gpuNs, .energyUj = gpuNs / 1000, .energyEstimated = false};
}

inline v1::TokenUsage tokens(std::uint64_t prompt, std::uint64_t completion, std::uint64_t requests = 0,
                             std::uint64_t requestsFailed = 0) {
  v1::TokenUsage usage;
  usage.set_prompt(prompt);
  usage.set_completion(completion);
  usage.set_requests(requests);
  usage.set_requests_failed(requestsFailed);
  return usage;
}

inline model::UsageCounted counted(const std::string& id, const v1::TokenUsage& usage, UnixMs at = kStart) {
  return {.task = id, .at = at, .usage = usage};
}

inline model::SessionMetered meteredOnProcessor(const std::string& session, const std::string& id, std::uint64_t cpuNs,
                                                UnixMs at = kStart) {
  return {.session = session, .task = id, .at = at, .cpuNs = cpuNs};
}

inline v1::LossPoint loss(std::uint64_t step, std::optional<double> training, std::optional<double> heldOut = {}) {
  v1::LossPoint point;
  point.set_step(step);
  if (training) point.set_training(*training);
  if (heldOut) point.set_held_out(*heldOut);
  point.set_unix_ms(kStart + static_cast<UnixMs>(step));
  return point;
}

inline model::TaskDone done(const std::string& id, UnixMs at = kStart) {
  return {.task = id, .at = at, .text = "Done", .outputs = {}, .microCreditsPerGpuHour = kRate};
}

inline model::GiveBackMeasured gaveBack(double drainedMs, UnixMs at = kStart) {
  model::GiveBackMeasured g{.at = at, .task = {}, .spans = {}};
  g.spans.set_gate_ms(drainedMs / 2);
  g.spans.set_drained_ms(drainedMs);
  g.spans.set_memory_free_ms(-1);
  g.spans.set_cause("input");
  return g;
}

}  // namespace lull::ledger::desk
