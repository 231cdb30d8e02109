// SPDX-License-Identifier: Apache-2.0
#include "app/view.h"

#include "base/version.h"
#include "model/processor.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <cmath>

namespace lull::app {

namespace {

v1::Presence presenceOf(const ViewInput& in) {
  const auto& seen = in.facts.presence;
  v1::Presence out;
  out.set_devices(seen.devices);
  out.set_trouble(seen.trouble);
  if (seen.lastActivity) out.set_last_activity_unix_ms(in.facts.now.unixOf(*seen.lastActivity));
  switch (seen.source) {
    case model::Presence::Source::Unknown:
      break;
    case model::Presence::Source::Unattended:
      out.set_state(v1::Presence::STATE_UNATTENDED);
      break;
    case model::Presence::Source::Watching:
      out.set_state(in.verdicts.memory.presentSince ? v1::Presence::STATE_PRESENT : v1::Presence::STATE_AWAY);
      break;
  }
  return out;
}

v1::Verdict verdictOf(const model::Verdict& verdict) {
  v1::Verdict out;
  out.set_limit(verdict.limit);
  for (const auto& reason : verdict.reasons) *out.add_reasons() = reason;
  out.set_duty(verdict.duty);
  if (verdict.dutyReason) *out.mutable_duty_reason() = *verdict.dutyReason;
  return out;
}

const runtimes::WorkerFigures* workerOn(const ViewInput& in, const std::string& gpu) {
  for (const auto& worker : in.workers) {
    if (worker.gpu == gpu && !worker.endedAt) return &worker;
  }
  return nullptr;
}

const model::Verdict& verdictFor(const ViewInput& in, const std::string& gpu) {
  const auto found = in.verdicts.byGpu.find(gpu);
  return found == in.verdicts.byGpu.end() ? in.verdicts.device : found->second;
}

// A processor that is not lent is no device of Lull's: it is not shown beside the GPUs.
bool isShown(const ViewInput& in, const v1::Gpu& device) {
  if (!model::isProcessor(device) || workerOn(in, device.id()) != nullptr) return true;
  return std::ranges::none_of(verdictFor(in, device.id()).reasons,
                              [](const v1::Reason& reason) { return reason.rule() == "cpu_not_lent"; });
}

void addGpus(const ViewInput& in, v1::Status& status) {
  for (const auto& seen : in.facts.gpus.value) {
    if (!isShown(in, seen)) continue;
    auto& gpu = *status.add_gpus();
    gpu = seen;
    *gpu.mutable_verdict() = verdictOf(verdictFor(in, seen.id()));
    if (const auto* worker = workerOn(in, seen.id())) {
      gpu.set_task_id(worker->task);
      // Steps that a person can see: finer ones would only keep the stream busy.
      gpu.set_gpu_share(std::round(in.meter.share(worker->task) * 100) / 100);
      gpu.set_vram_used(worker->memoryBytes);
    }
    if (model::isProcessor(seen)) continue;  // it needs no governor
    if (const auto governor = in.governors.of(seen.id(), in.workers)) *gpu.mutable_governor() = *governor;
  }
}

void addRunning(const ViewInput& in, v1::Status& status) {
  for (const auto& task : in.roster) {
    if (!model::hasWorker(task.state)) continue;
    auto& out = *status.add_running();
    if (const auto label = in.labels.find(task.id); label != in.labels.end()) out = label->second;
    out.set_id(task.id);
    out.set_state(task.state);
    out.set_progress(task.progress);
    out.set_seconds_left(std::round(task.secondsLeft));
    out.set_attempt(task.attempt);
    out.set_attempts_allowed(task.attemptsAllowed);
    out.set_gpu_ns(task.gpuNs);
    raiseUsage(out, task.usage);
    for (const auto& gpu : in.facts.gpus.value) {
      if (gpu.id() == task.gpu) out.set_gpu(gpu.name());
    }
  }
}

bool isWorking(const ViewInput& in, const model::RosterTask& task) {
  if (task.state == v1::TASK_STATE_RUNNING) return true;
  const auto found = in.verdicts.byGpu.find(task.gpu);
  return task.state == v1::TASK_STATE_STARTING && found != in.verdicts.byGpu.end() &&
         found->second.leaveFor(task.own).limit == v1::LIMIT_RUN;
}

// Of the owner's own; nullptr: none is worked on.
const model::RosterTask* ownWork(const ViewInput& in) {
  const auto found =
      std::ranges::find_if(in.roster, [&in](const model::RosterTask& task) { return task.own && isWorking(in, task); });
  return found == in.roster.end() ? nullptr : &*found;
}

v1::Activity activityOf(const ViewInput& in) {
  if (in.stopping) return v1::ACTIVITY_STOPPING;
  if (ownWork(in) != nullptr) return v1::ACTIVITY_WORKING;
  if (!in.settings.sharing().enabled()) return v1::ACTIVITY_OFF;
  const auto works = [&in](const model::RosterTask& task) { return isWorking(in, task); };
  if (std::ranges::any_of(in.roster, works)) return v1::ACTIVITY_WORKING;
  return in.verdicts.device.limit == v1::LIMIT_RUN ? v1::ACTIVITY_READY : v1::ACTIVITY_RESTING;
}

// "This computer is in use" → "this computer is in use", but "GPU …" and "Lull …" stay.
std::string inSentence(std::string text) {
  const bool isName = text.starts_with("Lull ");
  if (!isName && text.size() > 1 && std::islower(static_cast<unsigned char>(text[1])) != 0) {
    text[0] = static_cast<char>(std::tolower(static_cast<unsigned char>(text[0])));
  }
  while (!text.empty() && text.back() == '.') text.pop_back();
  return text;
}

// "Working on “Mix”: nobody is using this computer"; with less than the whole GPU that is what there is to say:
// "Working on “Mix” at 40 % because the GPU is at 76 °C".
std::string workingSentence(const ViewInput& in, const v1::Status& status) {
  if (const auto* own = ownWork(in)) {
    const auto label = in.labels.find(own->id);
    return fmt::format("Working for you on “{}”", label == in.labels.end() ? "a task" : label->second.name());
  }
  const std::string work =
      fmt::format("Working on “{}”", status.running_size() > 0 ? status.running(0).name() : "a task");
  const auto working = std::ranges::find(in.roster, v1::TASK_STATE_RUNNING, &model::RosterTask::state);
  const auto& verdict = working == in.roster.end() ? in.verdicts.device : verdictFor(in, working->gpu);
  if (verdict.dutyReason) {
    return fmt::format("{} at {:.0f} % because {}", work, verdict.duty * 100, inSentence(verdict.dutyReason->text()));
  }
  const bool alone = in.facts.presence.source == model::Presence::Source::Unattended;
  return fmt::format("{}: {}", work,
                     alone ? "this computer has no keyboard, mouse or remote" : "nobody is using this computer");
}

std::string readySentence(const ViewInput& in, const v1::Status& status) {
  if (status.queued() == 0) return "Ready: there is no task to work on";
  const auto needsGpu = [](const model::RosterTask& task) {
    return task.state != v1::TASK_STATE_QUEUED || !task.onProcessor;
  };
  const auto isGpuThatMay = [&in](const v1::Gpu& gpu) {
    return !model::isProcessor(gpu) && verdictFor(in, gpu.id()).limit == v1::LIMIT_RUN;
  };
  const bool inVain =
      std::ranges::all_of(in.roster, needsGpu) && std::ranges::none_of(in.facts.gpus.value, isGpuThatMay);
  return inVain ? "Ready, but what waits needs a GPU" : "Ready: the next task is about to start";
}

std::string sentenceOf(const ViewInput& in, const v1::Status& status) {
  switch (status.activity()) {
    case v1::ACTIVITY_WORKING:
      return workingSentence(in, status);
    case v1::ACTIVITY_READY:
      return readySentence(in, status);
    case v1::ACTIVITY_RESTING: {
      const auto& reasons = in.verdicts.device.reasons;
      return reasons.empty() ? "Resting" : "Resting: " + inSentence(reasons.front().text());
    }
    case v1::ACTIVITY_OFF:
      return "Off: sharing is switched off";
    case v1::ACTIVITY_STOPPING:
      return "Stopping: tasks are saved and given back";
    default:
      return {};
  }
}

}  // namespace

void raiseUsage(v1::Task& task, const v1::TokenUsage& told) {
  if (told.ByteSizeLong() == 0) return;
  auto& usage = *task.mutable_usage();
  usage.set_prompt(std::max(usage.prompt(), told.prompt()));
  usage.set_completion(std::max(usage.completion(), told.completion()));
  usage.set_requests(std::max(usage.requests(), told.requests()));
  usage.set_requests_failed(std::max(usage.requests_failed(), told.requests_failed()));
}

v1::Status project(const ViewInput& in) {
  v1::Status status;
  status.set_version(kVersion);
  status.set_started_unix_ms(in.startedAt);
  status.set_sharing(in.settings.sharing().enabled());
  status.set_paused_until_unix_ms(in.facts.wishes.pausedUntil.value_or(0));
  addGpus(in, status);
  for (const auto& temperature : in.facts.temperatures.value) *status.add_temperatures() = temperature;
  *status.mutable_presence() = presenceOf(in);
  *status.mutable_power() = in.facts.power.value;
  *status.mutable_network() = in.facts.network;
  *status.mutable_memory() = in.facts.memory.value;
  addRunning(in, status);
  status.set_queued(
      static_cast<std::uint64_t>(std::ranges::count(in.roster, v1::TASK_STATE_QUEUED, &model::RosterTask::state)));
  status.set_done(in.totals.done);
  status.set_failed(in.totals.failed);
  *status.mutable_today() = in.totals.today;
  *status.mutable_total() = in.totals.total;
  *status.mutable_give_back() = in.totals.giveBack;
  for (const auto& trouble : in.troubles) status.add_troubles(trouble);
  *status.mutable_models() = in.models;
  *status.mutable_runtimes() = in.runtimes;
  status.set_idle_since_unix_ms(status.presence().last_activity_unix_ms());
  status.set_activity(activityOf(in));
  status.set_sentence(sentenceOf(in, status));
  return status;
}

}  // namespace lull::app
