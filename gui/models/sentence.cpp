// SPDX-License-Identifier: Apache-2.0
#include "models/sentence.h"

#include "models/wording.h"

#include <QCoreApplication>

#include <algorithm>
#include <array>
#include <cmath>
#include <string_view>

namespace lull::models {

namespace {

struct Words {
  Q_DECLARE_TR_FUNCTIONS(Sentence)
};

constexpr std::int64_t kMinuteMs = 60'000;
constexpr std::int64_t kJustNow = 10'000;  // input this fresh: somebody is at work, no countdown yet

ReasonText paused(const v1::Reason&, const v1::Status& status, UnixMs now) {
  const auto until = status.paused_until_unix_ms();
  if (until <= 0) return {Words::tr("paused until you resume"), {}};
  return {Words::tr("paused until %1").arg(pointInTime(until, now)), {}};
}

ReasonText ownerPresent(const v1::Reason& reason, const v1::Status& status, UnixMs now) {
  if (status.presence().state() == v1::Presence::STATE_UNSPECIFIED) {
    const auto trouble = QString::fromStdString(status.presence().trouble());
    if (trouble.isEmpty()) return {Words::tr("not sure yet that nobody is using this computer"), {}};
    return {Words::tr("cannot tell whether somebody is using this computer (%1)").arg(trouble), {}};
  }
  if (status.presence().state() == v1::Presence::STATE_UNATTENDED) {
    return {Words::tr("this computer has no input device, and is set to count as in use then"), {}};
  }
  const auto until = reason.until_unix_ms();
  if (status.presence().last_activity_unix_ms() == 0 && until > now) {
    const auto left = countdown(until, now);
    return {Words::tr("making sure that nobody is here; goes on in %1").arg(left.text), left.changesAt};
  }
  const auto threshold = static_cast<std::int64_t>(std::llround(reason.threshold_number()));
  const auto startOfCountdown = until - threshold * 1000 + kJustNow;
  if (until <= now || now < startOfCountdown) {
    const auto goesOn =
        reason.unit() == "seconds" && threshold > 0
            ? Words::tr("somebody is using this computer; goes on after %1 without input").arg(exactSpan(threshold))
            : Words::tr("somebody is using this computer");
    return {goesOn, until <= now ? std::nullopt : std::optional(startOfCountdown)};
  }
  const auto left = countdown(until, now);
  return {Words::tr("somebody was just here; goes on in %1 unless they come back").arg(left.text), left.changesAt};
}

// Whether it is the GPU's temperature that decided.
bool ofGpu(const v1::Reason& reason, const v1::Status& status) {
  if (reason.text().starts_with("The processor ")) return false;
  return std::ranges::any_of(status.temperatures(), [](const v1::Temperature& t) { return t.is_gpu(); });
}

ReasonText tooHot(const v1::Reason& reason, const v1::Status& status, UnixMs) {
  if (reason.unit() != "celsius") return {QString::fromStdString(reason.text()), {}};
  const bool gpu = ofGpu(reason, status);
  const auto seen = celsius(reason.value_number());
  const auto below = celsius(reason.threshold_number());
  return {gpu ? Words::tr("the GPU is at %1, will go on below %2").arg(seen, below)
              : Words::tr("the processor is at %1, will go on below %2").arg(seen, below),
          {}};
}

// Whether the processor is what is lent, and not only what tells the heat.
bool ofProcessor(const v1::Reason& reason, const v1::Status& status) {
  return std::ranges::any_of(status.gpus(), [&reason](const v1::Gpu& device) {
    return device.type() == "processor" && device.verdict().duty_reason().text() == reason.text();
  });
}

ReasonText warm(const v1::Reason& reason, const v1::Status& status, UnixMs) {
  if (reason.unit() != "celsius") return {QString::fromStdString(reason.text()), {}};
  const auto text = ofProcessor(reason, status)
                        ? Words::tr("lends less of the processor's time at %1, and more again when it is cooler")
                        : Words::tr("lends less of the GPU's time at %1, and more again when it is cooler");
  return {text.arg(celsius(reason.value_number())), {}};
}

ReasonText maxDuty(const v1::Reason& reason, const v1::Status&, UnixMs) {
  return {Words::tr("lends at most %1 of the GPU's time, as it was set").arg(percent(reason.value_number() / 100)), {}};
}

ReasonText onBattery(const v1::Reason& reason, const v1::Status& status, UnixMs) {
  if (reason.unit() == "percent" && reason.threshold_number() > 0) {
    return {Words::tr("the battery is at %1, will go on at %2")
                .arg(percent(reason.value_number() / 100), percent(reason.threshold_number() / 100)),
            {}};
  }
  if (!status.power().known()) return {Words::tr("cannot tell whether this computer runs on its battery"), {}};
  return {Words::tr("running on the battery; goes on with mains power"), {}};
}

ReasonText memoryPressure(const v1::Reason& reason, const v1::Status&, UnixMs) {
  if (reason.unit() == "bytes") {
    return {Words::tr("only %1 of memory are free, will go on above %2")
                .arg(bytes(static_cast<std::uint64_t>(std::max(reason.value_number(), 0.0))),
                     bytes(static_cast<std::uint64_t>(std::max(reason.threshold_number(), 0.0)))),
            {}};
  }
  return {Words::tr("other programs need the memory"), {}};
}

ReasonText noGpu(const v1::Reason&, const v1::Status& status, UnixMs) {
  if (status.gpus_size() == 1 && !status.gpus(0).why_not().empty()) {
    return {Words::tr("no GPU can be used (%1)").arg(QString::fromStdString(status.gpus(0).why_not())), {}};
  }
  return {status.gpus().empty() ? Words::tr("no GPU was found") : Words::tr("no GPU can be used"), {}};
}

struct Rule {
  std::string_view name;
  ReasonText (*say)(const v1::Reason&, const v1::Status&, UnixMs);
};
constexpr std::array kRules{
    Rule{"sharing_off",
         [](const v1::Reason&, const v1::Status&, UnixMs) -> ReasonText {
           return {Words::tr("sharing is switched off"), {}};
         }},
    Rule{"paused", paused},
    Rule{"owner_present", ownerPresent},
    Rule{"too_hot", tooHot},
    Rule{"on_battery", onBattery},
    Rule{"memory_pressure", memoryPressure},
    Rule{"no_gpu", noGpu},
    Rule{"cpu_not_lent",
         [](const v1::Reason&, const v1::Status&, UnixMs) -> ReasonText {
           return {Words::tr("the processor is not lent any more"), {}};
         }},
    Rule{"warm", warm},
    Rule{"max_duty", maxDuty},
    Rule{"starting",
         [](const v1::Reason&, const v1::Status&, UnixMs) -> ReasonText {
           return {Words::tr("getting to know this computer first"), {}};
         }},
};

// What takes something of the GPU's time, of the one that works.
const v1::Verdict* lowered(const v1::Status& status) {
  for (const auto& gpu : status.gpus()) {
    if (!gpu.task_id().empty() && gpu.verdict().has_duty_reason()) return &gpu.verdict();
  }
  return nullptr;
}

QString whyLowered(const v1::Reason& reason, const v1::Status& status) {
  if (reason.rule() == "warm" && reason.unit() == "celsius") {
    return (ofGpu(reason, status) ? Words::tr("the GPU is at %1") : Words::tr("the processor is at %1"))
        .arg(celsius(reason.value_number()));
  }
  if (reason.rule() == "max_duty") return Words::tr("no more is to be lent");
  return QString::fromStdString(reason.text());
}

Sentence working(const v1::Status& status, UnixMs now) {
  const auto state = Words::tr("Working");
  if (const auto* verdict = lowered(status)) {
    return {state,
            Words::tr("for %1 of the time, because %2", "the share of GPU time; a reason")
                .arg(percent(verdict->duty()), whyLowered(verdict->duty_reason(), status)),
            {}};
  }
  if (status.presence().state() == v1::Presence::STATE_UNATTENDED) {
    return {state, Words::tr("this computer has no keyboard, mouse or remote control"), {}};
  }
  if (status.idle_since_unix_ms() <= 0) return {state, Words::tr("nobody is using this computer"), {}};
  const auto idle = age(status.idle_since_unix_ms(), now);
  // "For less than a minute" would read as if somebody had, before that.
  if (now - status.idle_since_unix_ms() < kMinuteMs) {
    return {state, Words::tr("nobody is using this computer"), idle.changesAt};
  }
  return {state, Words::tr("nobody has touched this computer for %1").arg(idle.text), idle.changesAt};
}

Sentence ready(const v1::Status& status) {
  const auto state = Words::tr("Ready");
  if (status.queued() == 0) return {state, Words::tr("nothing to do"), {}};
  // Only the service knows what the tasks in its queue need; it tells by its sentence.
  const bool inVain = status.sentence().starts_with("Ready, but");
  return {state, inVain ? Words::tr("what waits needs a GPU") : Words::tr("about to start"), {}};
}

Sentence resting(const v1::Status& status, UnixMs now) {
  const auto state = Words::tr("Resting");
  const auto reasons = allReasons(status);
  if (!reasons.empty()) {
    const auto said = reasonText(*reasons.front().reason, status, now);
    return {state, said.text, said.changesAt};
  }
  if (status.paused_until_unix_ms() != 0) return {state, paused({}, status, now).text, {}};
  if (status.gpus().empty()) return {state, noGpu({}, status, now).text, {}};
  // The service's own sentence says its state before the colon.
  const auto told = QString::fromStdString(status.sentence());
  return {state, told.mid(told.indexOf(QStringLiteral(": ")) + 1).trimmed(), {}};
}

}  // namespace

QString Sentence::whole() const {
  return because.isEmpty() ? state : Words::tr("%1: %2", "Working: nobody has …").arg(state, because);
}

Sentence sentence(const v1::Status& status, UnixMs now) {
  switch (status.activity()) {
    case v1::ACTIVITY_WORKING:
      return working(status, now);
    case v1::ACTIVITY_READY:
      return ready(status);
    case v1::ACTIVITY_RESTING:
      return resting(status, now);
    case v1::ACTIVITY_OFF:
      return {Words::tr("Off"), Words::tr("this computer keeps its GPU to itself"), {}};
    case v1::ACTIVITY_STOPPING:
      return {Words::tr("Stopping"), Words::tr("the service is ending"), {}};
    case v1::ACTIVITY_UNSPECIFIED:
    case v1::Activity_INT_MIN_SENTINEL_DO_NOT_USE_:
    case v1::Activity_INT_MAX_SENTINEL_DO_NOT_USE_:
      break;
  }
  return {QString::fromStdString(status.sentence()), {}, {}};
}

std::vector<HeldBy> allReasons(const v1::Status& status) {
  std::vector<HeldBy> all;
  std::vector<int> holdsFor;  // how many GPUs, beside `all`
  const auto usable = std::ranges::count_if(status.gpus(), &v1::Gpu::usable);
  const auto considered = usable > 0 ? usable : status.gpus_size();
  const auto add = [&](const v1::Gpu& gpu, const v1::Reason& reason) {
    const auto same = std::ranges::find_if(all, [&reason](const HeldBy& held) {
      return held.reason->rule() == reason.rule() && held.reason->value() == reason.value();
    });
    if (same == all.end()) {
      all.push_back({&reason, QString::fromStdString(gpu.name())});
      holdsFor.push_back(1);
    } else {
      ++holdsFor[static_cast<std::size_t>(same - all.begin())];
    }
  };
  for (const auto& gpu : status.gpus()) {
    if (usable > 0 && !gpu.usable()) continue;  // what keeps it out does not keep the device from working
    for (const auto& reason : gpu.verdict().reasons()) add(gpu, reason);
    if (gpu.verdict().has_duty_reason()) add(gpu, gpu.verdict().duty_reason());
  }
  for (std::size_t i = 0; i < all.size(); ++i) {
    if (holdsFor[i] == considered) all[i].gpu.clear();
  }
  std::ranges::stable_sort(all, std::ranges::greater{}, [](const HeldBy& held) { return held.reason->limit(); });
  return all;
}

ReasonText reasonText(const v1::Reason& reason, const v1::Status& status, UnixMs now) {
  const auto* rule = std::ranges::find(kRules, std::string_view(reason.rule()), &Rule::name);
  if (rule == kRules.end()) return {QString::fromStdString(reason.text()), {}};
  return rule->say(reason, status, now);
}

}  // namespace lull::models
