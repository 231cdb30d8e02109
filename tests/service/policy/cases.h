// SPDX-License-Identifier: Apache-2.0
// A machine on which work may run, to be spoiled in one way by each case.
#pragma once

#include "policy/policy.h"

#include <QString>
#include <QStringList>

namespace lull::test {

inline constexpr Instant kStart = instantFromNs(1'000'000'000'000);
inline constexpr UnixMs kStartUnix = 1'800'000'000'000;

inline Now at(Nanoseconds since) {
  return {.instant = kStart + since, .unixMs = kStartUnix + std::chrono::floor<Milliseconds>(since).count()};
}

inline v1::Temperature temperature(std::string name, double celsius, bool ofGpu = false) {
  v1::Temperature t;
  t.set_name(std::move(name));
  t.set_celsius(celsius);
  t.set_is_gpu(ofGpu);
  return t;
}

inline v1::Gpu gpu(std::string id, std::string type = "discrete", bool usable = true) {
  v1::Gpu g;
  g.set_id(id);
  g.set_name("Card " + id);
  g.set_type(std::move(type));
  g.set_usable(usable);
  if (!usable) g.set_why_not("the driver is too old");
  return g;
}

inline v1::Gpu processor() { return gpu("cpu", "processor"); }

inline v1::Power mains() {
  v1::Power p;
  p.set_known(true);
  p.set_on_mains(true);
  return p;
}

inline v1::Power battery(double percent, bool onMains = false, bool discharging = true) {
  v1::Power p;
  p.set_known(true);
  p.set_has_battery(true);
  p.set_on_mains(onMains);
  p.set_discharging(discharging);
  p.set_battery_percent(percent);
  return p;
}

inline v1::Memory memory(std::uint64_t availableMiB, double pressure = 0) {
  v1::Memory m;
  m.set_total_bytes(16ULL << 30U);
  m.set_available_bytes(availableMiB << 20U);
  m.set_pressure_percent(pressure);
  return m;
}

// Away for ten minutes, cool, on mains, plenty of memory, one discrete GPU.
inline model::Facts quietMachine() {
  model::Facts facts;
  facts.now = at({});
  facts.presence = {.source = model::Presence::Source::Watching,
                    .trouble = {},
                    .devices = 3,
                    .lastActivity = kStart - std::chrono::minutes(10),
                    .since = kStart - std::chrono::hours(1)};
  facts.temperatures = {.value = {temperature("GPU", 50, true), temperature("CPU", 45)}, .at = kStart};
  facts.power = {.value = mains(), .at = kStart};
  facts.memory = {.value = memory(8192), .at = kStart};
  facts.gpus = {.value = {gpu("a")}, .at = kStart};
  return facts;
}

// Sharing, all else as shipped; written out, so that these tables read without settings.proto beside them.
inline v1::Settings sharing() {
  v1::Settings settings;
  settings.mutable_sharing()->set_enabled(true);
  settings.mutable_presence()->set_idle_after(120);
  settings.mutable_presence()->set_evict_after(10);
  settings.mutable_presence()->set_unattended("away");
  settings.mutable_thermal()->set_stop(80);
  settings.mutable_thermal()->set_resume(70);
  settings.mutable_thermal()->set_soften(8);
  settings.mutable_gpu()->set_max_duty(100);
  settings.mutable_power()->set_min_battery(50);
  settings.mutable_memory()->set_min_available(1024);
  settings.mutable_memory()->set_max_pressure(10);
  return settings;
}

inline QStringList rulesOf(const model::Leave& verdict) {
  QStringList rules;
  for (const auto& reason : verdict.reasons) rules << QString::fromStdString(reason.rule());
  return rules;
}

inline QString limitOf(const model::Leave& verdict) {
  switch (verdict.limit) {
    case v1::LIMIT_RUN:
      return QStringLiteral("run");
    case v1::LIMIT_PARK:
      return QStringLiteral("park");
    case v1::LIMIT_EVICT:
      return QStringLiteral("evict");
    default:
      return QStringLiteral("?");
  }
}

}  // namespace lull::test
