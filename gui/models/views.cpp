// SPDX-License-Identifier: Apache-2.0
#include "models/views.h"

#include "models/sentence.h"
#include "models/wording.h"

#include <QCoreApplication>
#include <QDateTime>
#include <QLocale>
#include <QStringList>

#include <algorithm>
#include <cmath>

namespace lull::models {

namespace {

struct Words {
  Q_DECLARE_TR_FUNCTIONS(Views)
};

constexpr double kColdest = 20;  // the gauge's scale
constexpr double kHottest = 105;

double position(double degrees) { return std::clamp((degrees - kColdest) / (kHottest - kColdest), 0.0, 1.0); }

// The hottest GPU sensor; where there is none, the hottest of the processor: what the service goes by.
const v1::Temperature* shownTemperature(const v1::Status& status) {
  const auto rank = [](const v1::Temperature& t) {
    return t.is_gpu() ? 2 : t.name().starts_with("CPU") || t.name().starts_with("SoC") ? 1 : 0;
  };
  const auto& all = status.temperatures();
  const auto found = std::ranges::max_element(all, [&rank](const auto& a, const auto& b) {
    return std::pair(rank(a), a.celsius()) < std::pair(rank(b), b.celsius());
  });
  return found == all.end() || rank(*found) == 0 ? nullptr : &*found;
}

// The one that has a task, else the first usable one.
const v1::Gpu* shownGpu(const v1::Status& status) {
  const v1::Gpu* usable = nullptr;
  for (const auto& gpu : status.gpus()) {
    if (!gpu.task_id().empty()) return &gpu;
    if (gpu.usable() && usable == nullptr) usable = &gpu;
  }
  return usable;
}

const v1::Task* shownTask(const v1::Status& status) {
  const auto& running = status.running();
  const auto found = std::ranges::find(running, v1::TASK_STATE_RUNNING, &v1::Task::state);
  if (found != running.end()) return &*found;
  return running.empty() ? nullptr : &running[0];
}

QString stateOf(const v1::Task& task) {
  const QString again = task.attempt() > 1 ? Words::tr(" (attempt %1)").arg(task.attempt()) : QString();
  switch (task.state()) {
    case v1::TASK_STATE_STARTING:
      return Words::tr("Starting") + again;
    case v1::TASK_STATE_RUNNING:
      return Words::tr("Running") + again;
    case v1::TASK_STATE_PARKED:
      return Words::tr("Parked: goes on where it stopped");
    case v1::TASK_STATE_EVICTING:
      return Words::tr("Saving where it stands");
    default:
      return {};
  }
}

QString queueOf(const v1::Status& status) {
  const auto waiting = status.queued();
  if (waiting == 0) return Words::tr("No other task waits");
  return waiting == 1 ? Words::tr("1 more task waits")
                      : Words::tr("%1 more tasks wait", "the number is never 1").arg(count(waiting));
}

QString emptyQueueOf(const v1::Status& status) {
  const auto waiting = status.queued();
  if (waiting == 0) return {};
  return waiting == 1 ? Words::tr("1 task waits")
                      : Words::tr("%1 tasks wait", "the number is never 1").arg(count(waiting));
}

QString tasksInWords(std::uint64_t tasks) {
  return tasks == 1 ? Words::tr("1 task") : Words::tr("%1 tasks", "the number is never 1").arg(count(tasks));
}

double seconds(std::uint64_t gpuNs) { return static_cast<double>(gpuNs) / 1e9; }

}  // namespace

Thresholds thresholds(const v1::GetSettingsReply& thermal) {
  Thresholds out;
  for (const auto& setting : thermal.settings()) {
    bool number = false;
    const double value = QString::fromStdString(setting.value()).toDouble(&number);
    if (!number) continue;
    if (setting.key() == "thermal.stop") out.stop = value;
    if (setting.key() == "thermal.resume") out.resume = value;
  }
  return out;
}

Headline headline(const v1::Status& status, UnixMs now) {
  const auto said = sentence(status, now);
  QStringList troubles;
  for (const auto& trouble : status.troubles()) troubles.append(capitalised(QString::fromStdString(trouble)));
  return {said.state, capitalised(said.because), said.whole(), troubles.join(QChar('\n'))};
}

Heat heat(const v1::Status& status, const Thresholds& limits) {
  const auto* shown = shownTemperature(status);
  if (shown == nullptr) return {};
  Heat out{.known = true,
           .name = QString::fromStdString(shown->name()),
           .value = celsius(shown->celsius()),
           .limits = {},
           .position = position(shown->celsius())};
  if (limits.stop) out.stopPosition = position(*limits.stop);
  if (limits.resume) out.resumePosition = position(*limits.resume);
  if (limits.stop && limits.resume) {
    out.limits = Words::tr("rests at %1, goes on below %2").arg(celsius(*limits.stop), celsius(*limits.resume));
    out.level = shown->celsius() >= *limits.stop ? 2 : shown->celsius() >= *limits.resume ? 1 : 0;
  }
  return out;
}

Share share(const v1::Status& status) {
  const auto* gpu = shownGpu(status);
  if (gpu == nullptr) return {};
  const auto& verdict = gpu->verdict();
  const bool part = verdict.has_duty_reason();
  return {.known = true,
          .value = percent(gpu->gpu_share()),
          .gpu = QString::fromStdString(gpu->name()),
          .processor = gpu->type() == "processor",
          .memory = gpu->vram_used() == 0 ? QString() : Words::tr("%1 of its memory lent").arg(bytes(gpu->vram_used())),
          .most = part ? percent(verdict.duty()) : QString(),
          .position = std::clamp(gpu->gpu_share(), 0.0, 1.0),
          .mostPosition = part ? std::clamp(verdict.duty(), 0.0, 1.0) : -1};
}

QString leftOf(const v1::Task& task) {
  constexpr double kMinute = 60;
  if (task.seconds_left() <= 0) return {};
  const auto span = inWords(static_cast<std::int64_t>(task.seconds_left() * 1000));
  return task.seconds_left() < kMinute ? Words::tr("%1 left").arg(span) : Words::tr("about %1 left").arg(span);
}

// Requests are only known by what was done of them; a training has none.
QString requestsOf(const v1::Task& task) {
  const auto& usage = task.usage();
  const auto done = usage.requests() + usage.requests_failed();
  if (done == 0) return {};
  const auto all = task.progress() > 0 ? std::llround(static_cast<double>(done) / task.progress()) : 0;
  const auto asked = count(static_cast<std::uint64_t>(std::max<std::int64_t>(all, static_cast<std::int64_t>(done))));
  const auto text = Words::tr("%1 of %2 requests").arg(count(done), asked);
  const auto failed = usage.requests_failed();
  return failed == 0 ? text : Words::tr("%1, %2 failed").arg(text, count(failed));
}

// How many tokens were written in a second of computing.
QString speedOf(const v1::Task& task) {
  const auto spent = seconds(task.gpu_ns() + task.cpu_ns());
  const auto written = static_cast<double>(task.usage().completion());
  if (spent < 1 || written == 0) return {};
  const auto speed = written / spent;
  return Words::tr("%1 a second").arg(QLocale().toString(speed, 'f', speed < 10 ? 1 : 0));
}

QString tokensOf(const v1::Task& task) {
  const auto& usage = task.usage();
  QStringList parts;
  if (usage.prompt() > 0) parts << Words::tr("%1 tokens read").arg(count(usage.prompt()));
  if (usage.completion() > 0) parts << Words::tr("%1 written").arg(count(usage.completion())) << speedOf(task);
  parts.removeAll(QString());
  return parts.join(", ");
}

Work work(const v1::Status& status) {
  const auto* task = shownTask(status);
  if (task == nullptr)
    return {.id = {},
            .name = {},
            .state = {},
            .done = {},
            .left = {},
            .queue = emptyQueueOf(status),
            .requests = {},
            .tokens = {}};
  // Whole percent, rounded down: 100 % is only what is done.
  const double progress = std::floor(std::clamp(task->progress(), 0.0, 1.0) * 100) / 100;
  return {.id = QString::fromStdString(task->id()),
          .name = QString::fromStdString(task->name()),
          .state = stateOf(*task),
          .done = percent(progress),
          .left = leftOf(*task),
          .queue = queueOf(status),
          .requests = requestsOf(*task),
          .tokens = tokensOf(*task),
          .progress = progress};
}

Contributed contributed(const v1::Status& status) {
  const auto& today = status.today();
  const auto& total = status.total();
  return {.gpuTime = shortSpan(seconds(today.gpu_ns())),
          .tasks = count(today.tasks_done()),
          .credits = credits(today.micro_credits()),
          .energy = energy(today.energy_uj()),
          .energyLabel = today.energy_estimated() ? Words::tr("Energy, estimated") : Words::tr("Energy"),
          .inAll = Words::tr("In all: %1 of GPU time, %2, %3 credits")
                       .arg(shortSpan(seconds(total.gpu_ns())), tasksInWords(total.tasks_done()),
                            credits(total.micro_credits()))};
}

QString stopsOf(const v1::Status& status) {
  const auto* gpu = shownGpu(status);
  if (gpu == nullptr || gpu->governor().stops() == 0) return {};
  const auto half = milliseconds(gpu->governor().stop_p50_ms());
  const auto nearlyAll = milliseconds(gpu->governor().stop_p99_ms());
  if (half == nearlyAll) return Words::tr("GPU work stops in %1").arg(half);
  return Words::tr("GPU work stops in %1 to %2", "median, 99 of 100").arg(half, nearlyAll);
}

GivenBack givenBack(const v1::Status& status, UnixMs now) {
  const auto& stats = status.give_back();
  if (stats.last_unix_ms() == 0) {
    GivenBack none;
    none.stops = stopsOf(status);
    return none;
  }
  const auto at = pointInTime(stats.last_unix_ms(), now);
  const bool today = stats.last_unix_ms() >= nextMidnight(now) - 24 * 60 * 60 * 1000;
  return {.known = true,
          .last = milliseconds(stats.last_ms()),
          .sentence = Words::tr("Gave the GPU back in %1").arg(milliseconds(stats.last_ms())),
          .when = today ? Words::tr("today %1").arg(at) : at,
          .half = milliseconds(stats.p50_ms()),
          .nearlyAll = milliseconds(stats.p99_ms()),
          .times = stats.count() == 1 ? Words::tr("once so far")
                                      : Words::tr("%1 times so far", "the number is never 1").arg(count(stats.count())),
          .stops = stopsOf(status)};
}

UnixMs nextMidnight(UnixMs now) {
  return QDateTime::fromMSecsSinceEpoch(now).date().addDays(1).startOfDay().toMSecsSinceEpoch();
}

}  // namespace lull::models
