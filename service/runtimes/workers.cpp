// SPDX-License-Identifier: Apache-2.0
#include "runtimes/workers.h"

#include "base/log.h"
#include "base/remove_tree.h"
#include "runtimes/gate.h"
#include "runtimes/leftovers.h"
#include "runtimes/shader_cache.h"
#include "runtimes/worker.h"

#include <asio/post.hpp>

#include <set>

namespace lull::runtimes {

Workers::Workers(asio::io_context& loop, const Clock& clock, WorkersOptions options, Report report)
    : m_loop(loop),
      m_clock(clock),
      m_options(std::move(options)),
      m_report(std::move(report)),
      m_trial(loop, m_options.spirvProgram.parent_path()) {}

void Workers::tryWalls(std::function<void()> changed) {
  m_refusalChanged = std::move(changed);
  tryWallsAgain();
}

void Workers::tryWallsAgain() {
  m_trial.begin([this](const std::string& refusal) {
    if (refusal == m_refusal) return;
    if (!refusal.empty()) log::warning("{}", refusal);
    m_refusal = refusal;
    if (m_refusalChanged) m_refusalChanged();
  });
}

Workers::~Workers() {
  while (!m_workers.empty()) retire(m_workers.begin()->first);
}

Outcome Workers::start(WorkerOrder order) {
  const auto task = order.task;
  if (!m_refusal.empty()) {
    tryWallsAgain();  // the owner may have mended it
    if (order.sandboxRequired) return Error(Error::Kind::Unavailable, m_refusal);
  }
  const auto walls = m_refusal.empty() ? sandbox::Walls::Confined : sandbox::Walls::Bare;
  if (m_workers.contains(task)) return Error(Error::Kind::Internal, "task " + task + " has a worker already");
  auto gate = Gate::create(m_options.pages, order.session,
                           {.inFlightCap = order.inFlightCap,
                            .memoryLimit = order.memoryLimit,
                            .slice = Milliseconds(order.pieceMs),
                            .leaveWhole = order.spec.has_spirv()});
  if (!gate) return gate.error();
  auto worker = std::make_shared<Worker>(
      m_loop, m_clock, std::move(order), std::move(*gate),
      Worker::Heard{.report = m_report, .said = m_said, .notStarted = [this] { tryWallsAgain(); }});
  if (auto started = worker->start(m_options, walls); !started) {
    discard(worker->session());
    return started;
  }
  m_workers.emplace(task, std::move(worker));
  clearOldShaders();
  return {};
}

void Workers::clearOldShaders() {
  std::set<std::string> inUse;
  for (const auto& [name, worker] : m_workers) inUse.insert(worker->shaderKind());
  for (const auto& old : setOldShadersAside(m_options.shaderCache, inUse)) {
    asio::post(m_disk, [old] {
      if (auto removed = removeTree(old); !removed) log::warning("{}", removed.error().text());
    });
  }
}

void Workers::openGate(const model::TaskId& task) {
  if (const auto found = m_workers.find(task); found != m_workers.end()) found->second->openGate();
}

void Workers::closeGate(const model::TaskId& task) {
  if (const auto found = m_workers.find(task); found != m_workers.end()) found->second->closeGate();
}

void Workers::setDuty(const model::TaskId& task, std::uint32_t percent) {
  if (const auto found = m_workers.find(task); found != m_workers.end()) found->second->setDuty(percent);
}

void Workers::evict(const model::TaskId& task) {
  if (const auto found = m_workers.find(task); found != m_workers.end()) found->second->evict();
}

void Workers::ask(const model::TaskId& task, const Question& question) {
  if (const auto found = m_workers.find(task); found != m_workers.end()) found->second->ask(question);
}

void Workers::hush(const model::TaskId& task, std::uint64_t question) {
  if (const auto found = m_workers.find(task); found != m_workers.end()) found->second->hush(question);
}

void Workers::closeChat(const model::TaskId& task) {
  if (const auto found = m_workers.find(task); found != m_workers.end()) found->second->closeChat();
}

void Workers::kill(const model::TaskId& task) {
  if (const auto found = m_workers.find(task); found != m_workers.end()) found->second->kill();
}

void Workers::beat() {
  for (const auto& [task, worker] : m_workers) worker->beat();
}

void Workers::retire(const model::TaskId& task) {
  const auto found = m_workers.find(task);
  if (found == m_workers.end()) return;
  found->second->silence();
  if (!found->second->figures().endedAt) found->second->kill();
  m_workers.erase(found);
}

void Workers::discard(const std::string& session) { forgetWorker(m_options.pages, session); }

bool Workers::anyOpen() const {
  for (const auto& [task, worker] : m_workers) {
    if (worker->isOpen()) return true;
  }
  return false;
}

std::vector<WorkerFigures> Workers::figures() const {
  std::vector<WorkerFigures> out;
  out.reserve(m_workers.size());
  for (const auto& [task, worker] : m_workers) out.push_back(worker->figures());
  return out;
}

std::optional<WorkerFigures> Workers::figures(const model::TaskId& task) const {
  const auto found = m_workers.find(task);
  return found == m_workers.end() ? std::nullopt : std::optional(found->second->figures());
}

}  // namespace lull::runtimes
