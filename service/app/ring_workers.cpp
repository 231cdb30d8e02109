// SPDX-License-Identifier: Apache-2.0
// The ring's words with workers: their reports, and what the plan has them do.
#include "app/overload.h"
#include "app/ring.h"
#include "base/log.h"
#include "conductor/conductor.h"
#include "model/memory_limits.h"
#include "model/processor.h"
#include "models/fit.h"
#include "runtimes/task_check.h"

#include <fmt/format.h>

#include <algorithm>
#include <random>
#include <thread>

namespace lull::app {

namespace {

// Names are unique over restarts: a page of an earlier worker must never be taken for this one's.
std::string newSession(const model::TaskId& task) {
  std::random_device random;
  return fmt::format("{}.{:08x}", task, random());
}

bool isLastWord(const model::WorkerReport& report) {
  return std::holds_alternative<model::WorkerEvicted>(report) ||
         std::holds_alternative<model::WorkerFinished>(report) || std::holds_alternative<model::WorkerFailed>(report);
}

v1::Failure notStarted(const Error& error) {
  v1::Failure failure;
  failure.set_kind(error.kind() == Error::Kind::TooBig ? v1::Failure::KIND_STORAGE : v1::Failure::KIND_WORKER_DIED);
  // Unavailable, NotFound: told for people, with what to do.
  const bool told = error.kind() == Error::Kind::Unavailable || error.kind() == Error::Kind::NotFound;
  failure.set_message("The program that computes this task could not be started" +
                      (told ? ": " + error.text() : std::string()));
  failure.set_technical(error.text());
  return failure;
}

v1::Gpu gpuOf(const model::GpuId& id, const model::Facts& facts) {
  const auto found = std::ranges::find(facts.gpus.value, id, [](const v1::Gpu& gpu) { return gpu.id(); });
  return found == facts.gpus.value.end() ? v1::Gpu() : *found;
}

// How many cores are lent, and all of them to the owner's own work.
std::uint32_t coresFor(const v1::TaskSpec& spec, const v1::Settings& settings) {
  const auto present = std::max(1U, std::thread::hardware_concurrency());
  if (spec.own()) return present;
  const auto most = settings.sharing().cpu_cores();
  return std::clamp(most == 0 ? present / 2 : most, 1U, present);
}

std::uint64_t mainMemoryFor(const v1::Settings::Tasks& tasks, const v1::Memory& memory) {
  return tasks.max_memory() > 0 ? std::uint64_t{tasks.max_memory()} << 20U : memory.total_bytes() / 2;
}

}  // namespace

void Ring::takeReport(const model::WorkerReport& report, const Now& now) {
  const auto task = std::visit([](const auto& r) { return r.task; }, report);
  const auto& values = m_stages.settings.values();
  if (const auto figures = m_stages.workers.figures(task)) {
    add(m_giveBack.look(*figures, now));
    if (isLastWord(report)) {
      // The last reading must stand before the word that credits it.
      m_entries.emplace_back(m_meter.keep(*figures, now, values.rewards().assumed_watts()));
      m_gpuNsBefore[task] += figures->gpuNs;
      if (auto* listed = find(task)) listed->gpuNs = m_gpuNsBefore[task];
      m_meter.forget(task);
      m_governors.ended(*figures);
      m_giveBack.reopened(task);
      m_stages.workers.retire(task);
      m_endedSessions.push_back(figures->session);
    }
  }
  add(conductor::take(m_roster, report, {.now = now, .settings = values}));
  if (const auto* failed = std::get_if<model::WorkerFailed>(&report)) {
    log::warning("task {}: {} ({})", task, failed->failure.message(), failed->failure.technical());
    if (failed->failure.kind() == v1::Failure::KIND_DEVICE_LOST) m_stages.senses.lookForGpus();
  }
}

void Ring::carryOut(const model::Action& action, const model::Facts& facts, const Now& now) {
  auto& workers = m_stages.workers;
  const auto close = [&](const auto& a, auto&& how) {
    const auto before = workers.figures(a.task);
    how();
    if (!before || !before->open) return;
    // The owner's return is measured from the input event itself; one from before the gate was opened did not close it.
    const auto& input = facts.presence.lastActivity;
    const bool byInput = a.cause == "owner_present" && input && *input >= before->gateChangedAt;
    m_giveBack.closed(a.task, a.cause, byInput ? *input : now.instant);
  };
  std::visit(Overload{
                 [](const model::StartWorker&) {},
                 [&](const model::OpenGate& a) {
                   workers.openGate(a.task);
                   m_giveBack.reopened(a.task);
                   pulse();
                 },
                 [&](const model::SetDuty& a) { workers.setDuty(a.task, a.percent); },
                 [&](const model::CloseGate& a) { close(a, [&] { workers.closeGate(a.task); }); },
                 [&](const model::EvictWorker& a) { close(a, [&] { workers.evict(a.task); }); },
                 [&](const model::KillWorker& a) { workers.kill(a.task); },
                 [](const model::DropTask&) {},
             },
             action);
  add(conductor::take(m_roster, action, {.now = now, .settings = m_stages.settings.values()}));
  if (const auto* start = std::get_if<model::StartWorker>(&action)) startWorker(*start, facts);
}

Result<std::optional<runtimes::ModelOrder>> Ring::modelFor(const v1::TaskSpec& spec, const model::GpuId& device) {
  const auto named = runtimes::modelOf(spec);
  if (named.empty()) return std::optional<runtimes::ModelOrder>();
  auto used = m_stages.models.use(named);
  if (!used) return used.error();
  auto programs = m_stages.images.programs("llama");
  if (!programs) return programs.error();
  const auto& header = used->model.header();
  const bool onProcessor = device == model::kProcessorId;
  return std::optional(runtimes::ModelOrder{.file = used->file,
                                            .memory = models::memoryOf(header),
                                            .trainedContext = static_cast<std::uint32_t>(header.context_length()),
                                            .programs = *std::move(programs),
                                            .onProcessor = onProcessor,
                                            .threads = onProcessor ? coresFor(spec, m_stages.settings.values()) : 1,
                                            .held = std::move(used->held)});
}

void Ring::startWorker(const model::StartWorker& order, const model::Facts& facts) {
  const auto task = m_stages.ledger.task(order.task);
  if (!task) return heard(model::WorkerFailed{order.task, notStarted(task.error())});
  auto model = modelFor(task->spec(), order.gpu);
  if (!model) return heard(model::WorkerFailed{order.task, notStarted(model.error())});
  const auto gpu = gpuOf(order.gpu, facts);
  const auto& values = m_stages.settings.values();
  const auto verdict = m_verdicts.byGpu.find(order.gpu);
  const bool own = task->spec().own();
  const auto granted = verdict == m_verdicts.byGpu.end() ? 0 : verdict->second.leaveFor(own).memoryLimit;
  const auto limits = model::memoryLimits(gpu, model::stricter(granted, task->spec().limits().memory_bytes()));
  auto started = m_stages.workers.start({.task = order.task,
                                         .session = newSession(order.task),
                                         .spec = task->spec(),
                                         .model = *std::move(model),
                                         .gpu = order.gpu,
                                         .blobFolder = m_stages.files.blobFolder(),
                                         .workFolder = m_stages.files.workFolder(order.task),
                                         .outFolder = m_stages.files.outFolder(order.task),
                                         .devices = {gpu.nodes().begin(), gpu.nodes().end()},
                                         .gpuType = gpu.type(),
                                         .pieceMs = values.gpu().piece_ms(),
                                         .pieceLimitS = values.gpu().piece_limit(),
                                         .checkpointEveryS = values.tasks().checkpoint_every(),
                                         .inFlightCap = values.gpu().in_flight(),
                                         .memoryLimit = limits.enforced,
                                         .memoryPlanned = limits.planned,
                                         .diskLimit = std::uint64_t{values.tasks().max_storage()} << 20U,
                                         .mainMemoryLimit = mainMemoryFor(values.tasks(), facts.memory.value),
                                         .sandboxRequired = values.sandbox().required()});
  if (!started) heard(model::WorkerFailed{order.task, notStarted(started.error())});
}

}  // namespace lull::app
