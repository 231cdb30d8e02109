// SPDX-License-Identifier: Apache-2.0
#include "fakes/scenes.h"

#include <QDateTime>

#include <algorithm>
#include <array>
#include <cmath>

namespace lull::fakes {

namespace {

constexpr std::int64_t kMinute = 60'000;
constexpr std::int64_t kHour = 60 * kMinute;
constexpr const char* kModel = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08";

std::int64_t now() { return QDateTime::currentMSecsSinceEpoch(); }

v1::Gpu& gpu(v1::Status& status) { return *status.mutable_gpus(0); }

void addTemperature(v1::Status& status, const char* name, double celsius, bool ofGpu) {
  auto* out = status.add_temperatures();
  out->set_name(name);
  out->set_celsius(celsius);
  out->set_is_gpu(ofGpu);
}

v1::Status base() {
  v1::Status status;
  status.set_version("0.1.0");
  status.set_started_unix_ms(now() - 26 * kHour);
  status.set_sharing(true);
  auto* one = status.add_gpus();
  one->set_id("8f0c");
  one->set_name("Radeon RX 7800 XT");
  one->set_type("discrete");
  one->set_memory_bytes(16ULL << 30U);
  one->set_usable(true);
  addTemperature(status, "GPU", 64, true);
  addTemperature(status, "CPU", 52, false);
  status.mutable_presence()->set_state(v1::Presence::STATE_AWAY);
  status.mutable_presence()->set_devices(3);
  status.mutable_presence()->set_last_activity_unix_ms(now() - 12 * kMinute - 20'000);
  // Half a minute into its minute, so that a picture or a still bench does not meet the next one.
  status.set_idle_since_unix_ms(now() - 12 * kMinute - 20'000);
  status.mutable_power()->set_known(true);
  status.mutable_power()->set_on_mains(true);
  status.set_done(1204);
  auto* today = status.mutable_today();
  today->set_gpu_ns(11'640'000'000'000);
  today->set_tasks_done(18);
  today->set_micro_credits(3'233'333);
  today->set_energy_uj(698'400'000'000);
  today->set_energy_estimated(true);
  auto* total = status.mutable_total();
  total->set_gpu_ns(771'000'000'000'000);
  total->set_tasks_done(1204);
  total->set_micro_credits(214'166'000);
  auto* back = status.mutable_give_back();
  back->set_count(41);
  back->set_p50_ms(2.8);
  back->set_p99_ms(7.4);
  back->set_max_ms(9.1);
  back->set_last_ms(3.1);
  back->set_last_unix_ms(now() - 2 * kHour);
  return status;
}

v1::Task& run(v1::Status& status, const char* name, v1::TaskState state) {
  auto* task = status.add_running();
  task->set_id("t-abcdefghjkmn");
  task->set_name(name);
  task->set_runtime("spirv");
  task->set_state(state);
  task->set_progress(0.42);
  task->set_seconds_left(740);
  task->set_attempt(1);
  gpu(status).set_task_id(task->id());
  status.set_queued(3);
  return *task;
}

v1::Reason& hold(v1::Status& status, const char* rule, v1::Limit limit) {
  auto* verdict = gpu(status).mutable_verdict();
  verdict->set_limit(std::max(verdict->limit(), limit));
  auto* reason = verdict->add_reasons();
  reason->set_rule(rule);
  reason->set_limit(limit);
  return *reason;
}

void holdHot(v1::Status& status) {
  auto& reason = hold(status, "too_hot", v1::LIMIT_PARK);
  reason.set_text("the GPU is too hot");
  reason.set_value("84 °C");
  reason.set_threshold("70 °C");
  reason.set_unit("celsius");
  reason.set_value_number(84);
  reason.set_threshold_number(70);
  reason.set_setting("thermal.resume");
  reason.set_remedy("Wait until it has cooled down, or let it go on while warmer.");
  status.mutable_temperatures(0)->set_celsius(84);
}

void holdOwner(v1::Status& status, std::int64_t untilFromNow) {
  auto& reason = hold(status, "owner_present", v1::LIMIT_EVICT);
  reason.set_text("somebody is using this computer");
  reason.set_value("now");
  reason.set_threshold("120 s");
  reason.set_unit("seconds");
  reason.set_threshold_number(120);
  reason.set_setting("presence.idle_after");
  reason.set_remedy("Leave keyboard and mouse alone, or choose a shorter wait.");
  reason.set_until_unix_ms(now() + untilFromNow);
  status.mutable_presence()->set_state(v1::Presence::STATE_PRESENT);
  status.set_idle_since_unix_ms(now());
}

v1::Status working() {
  auto status = base();
  status.set_activity(v1::ACTIVITY_WORKING);
  run(status, "Galaxy collision, 200,000 stars", v1::TASK_STATE_RUNNING);
  gpu(status).set_gpu_share(0.87);
  gpu(status).set_vram_used(1'400ULL << 20U);
  return status;
}

v1::Status answering() {
  auto status = base();
  status.set_activity(v1::ACTIVITY_WORKING);
  auto& task = run(status, "Summaries of 500 articles", v1::TASK_STATE_RUNNING);
  task.set_runtime("llama");
  task.set_gpu_ns(1'070'000'000'000);
  task.mutable_usage()->set_requests(208);
  task.mutable_usage()->set_requests_failed(2);
  task.mutable_usage()->set_prompt(412'380);
  task.mutable_usage()->set_completion(51'204);
  gpu(status).set_gpu_share(0.94);
  gpu(status).set_vram_used(5'300ULL << 20U);
  return status;
}

v1::Status learning() {
  auto status = answering();
  auto& task = *status.mutable_running(0);
  task.set_name("A model that knows our handbook");
  task.clear_usage();
  task.mutable_usage()->set_prompt(184'320);
  return status;
}

v1::Status warm() {
  auto status = working();
  auto* verdict = gpu(status).mutable_verdict();
  verdict->set_limit(v1::LIMIT_RUN);
  verdict->set_duty(0.58);
  auto* reason = verdict->mutable_duty_reason();
  reason->set_rule("warm");
  reason->set_limit(v1::LIMIT_RUN);
  reason->set_text("The GPU is at 76 °C");
  reason->set_value("76 °C");
  reason->set_threshold("72 °C");
  reason->set_unit("celsius");
  reason->set_value_number(76);
  reason->set_threshold_number(72);
  reason->set_setting("thermal.soften");
  reason->set_remedy("Nothing to do: more of its time is lent as the GPU gets cooler");
  gpu(status).set_gpu_share(0.57);
  auto* governor = gpu(status).mutable_governor();
  governor->set_duty(0.58);
  governor->set_stops(41);
  governor->set_stop_p50_ms(1.6);
  governor->set_stop_p99_ms(4.5);
  status.mutable_temperatures(0)->set_celsius(76);
  return status;
}

v1::Status restingHot() {
  auto status = base();
  status.set_activity(v1::ACTIVITY_RESTING);
  run(status, "Galaxy collision, 200,000 stars", v1::TASK_STATE_PARKED);
  holdHot(status);
  return status;
}

v1::Status restingOwner() {
  auto status = base();
  status.set_activity(v1::ACTIVITY_RESTING);
  run(status, "Galaxy collision, 200,000 stars", v1::TASK_STATE_PARKED);
  holdOwner(status, 120'000);
  return status;
}

v1::Status restingCountdown() {
  auto status = base();
  status.set_activity(v1::ACTIVITY_RESTING);
  holdOwner(status, 55'000);
  status.set_queued(4);
  return status;
}

v1::Status paused() {
  auto status = base();
  status.set_activity(v1::ACTIVITY_RESTING);
  status.set_paused_until_unix_ms(-1);
  hold(status, "paused", v1::LIMIT_EVICT).set_remedy("Resume when you like.");
  status.set_queued(4);
  return status;
}

v1::Status ready() {
  auto status = base();
  status.set_activity(v1::ACTIVITY_READY);
  return status;
}

v1::Status off() {
  auto status = base();
  status.set_activity(v1::ACTIVITY_OFF);
  status.set_sharing(false);
  auto& reason = hold(status, "sharing_off", v1::LIMIT_EVICT);
  reason.set_setting("sharing.enabled");
  reason.set_remedy("Switch sharing on.");
  status.clear_today();
  return status;
}

v1::Status manyReasons() {
  auto status = restingOwner();
  holdHot(status);
  auto& battery = hold(status, "on_battery", v1::LIMIT_EVICT);
  battery.set_value("41 %");
  battery.set_threshold("50 %");
  battery.set_unit("percent");
  battery.set_value_number(41);
  battery.set_threshold_number(50);
  battery.set_setting("power.min_battery");
  battery.set_remedy("Plug the computer in.");
  auto& memory = hold(status, "memory_pressure", v1::LIMIT_EVICT);
  memory.set_value("612 MiB");
  memory.set_threshold("1024 MiB");
  memory.set_unit("bytes");
  memory.set_value_number(612.0 * (1U << 20U));
  memory.set_threshold_number(1024.0 * (1U << 20U));
  memory.set_setting("memory.min_available");
  memory.set_remedy("Close programs that need much memory.");
  status.set_paused_until_unix_ms(now() + kHour);
  hold(status, "paused", v1::LIMIT_EVICT).set_remedy("Resume when you like.");
  status.add_troubles("the settings file was damaged and set aside as settings.json.bad-1");
  return status;
}

v1::Status longName() {
  auto status = working();
  status.mutable_running(0)->set_name(
      "Heat equation on a 4096 × 4096 plate with mixed boundary conditions, checked against the analytic solution");
  status.mutable_running(0)->set_attempt(2);
  gpu(status).set_name("NVIDIA GeForce RTX 4090 Laptop GPU (AD103) with a long marketing name");
  status.set_queued(12'345);
  return status;
}

v1::Status noTemperature() {
  auto status = working();
  status.clear_temperatures();
  status.clear_give_back();
  return status;
}

v1::Status noGpu() {
  auto status = base();
  status.set_activity(v1::ACTIVITY_RESTING);
  gpu(status).set_usable(false);
  gpu(status).set_name("llvmpipe");
  gpu(status).set_why_not("it computes on the processor");
  auto& reason = hold(status, "no_gpu", v1::LIMIT_EVICT);
  reason.set_setting("gpu.allow_software");
  reason.set_remedy("Install the Vulkan driver of your graphics card.");
  return status;
}

struct Scene {
  std::string_view name;
  v1::Status (*make)();
};
constexpr std::array kScenes{
    Scene{"working", working},
    Scene{"answering", answering},
    Scene{"learning", learning},
    Scene{"warm", warm},
    Scene{"resting-hot", restingHot},
    Scene{"resting-owner", restingOwner},
    Scene{"resting-countdown", restingCountdown},
    Scene{"paused", paused},
    Scene{"ready", ready},
    Scene{"off", off},
    Scene{"many-reasons", manyReasons},
    Scene{"long-name", longName},
    Scene{"no-temperature", noTemperature},
    Scene{"no-gpu", noGpu},
};

v1::Setting setting(const char* key, const char* value) {
  v1::Setting out;
  out.set_key(key);
  out.set_value(value);
  return out;
}

// A night of work, a pause in the morning, some hours in the afternoon.
std::vector<v1::Point> history() {
  constexpr std::array kMinutes{0.0,  0.0,  4.0,  11.0, 9.0,  0.0,  0.0,  2.0,  14.0, 26.0, 27.0, 28.0,
                                28.0, 27.0, 28.0, 29.0, 28.0, 24.0, 28.0, 28.0, 27.0, 21.0, 6.0,  0.0,
                                0.0,  0.0,  0.0,  3.0,  8.0,  0.0,  0.0,  12.0, 17.0, 5.0,  0.0,  0.0,
                                0.0,  9.0,  22.0, 25.0, 13.0, 0.0,  0.0,  7.0,  18.0, 24.0, 27.0, 16.0};
  constexpr std::int64_t kBar = kHour / 2;
  const auto begin = (now() / kBar + 1) * kBar - static_cast<std::int64_t>(kMinutes.size()) * kBar;
  std::vector<v1::Point> points;
  for (std::size_t i = 0; i < kMinutes.size(); ++i) {
    if (kMinutes[i] == 0) continue;  // empty buckets are left out
    v1::Point point;
    point.set_unix_ms(begin + static_cast<std::int64_t>(i) * kBar);
    point.set_value(kMinutes[i] * 60);
    points.push_back(point);
  }
  return points;
}

// What is told of the running task when it is asked for.
v1::Task taskOf(const v1::Status& status, std::string_view scene) {
  if (status.running().empty()) return {};
  auto task = status.running(0);
  if (scene == "answering") task.mutable_spec()->mutable_llama_batch()->set_model(kModel);
  if (scene != "learning") return task;
  task.mutable_spec()->mutable_llama_training()->set_model(kModel);
  for (int i = 0; i <= 90; ++i) {
    auto& point = *task.add_losses();
    point.set_step(static_cast<std::uint64_t>(i));
    point.set_training(i == 0 ? 0 : 0.9 + 3.1 * std::exp(-i / 24.0) + 0.12 * std::sin(i * 1.7));
  }
  return task;
}

v1::Model model() {
  v1::Model out;
  out.set_sha256(kModel);
  out.set_name("qwen2.5-0.5b-instruct-q4_k_m");
  return out;
}

}  // namespace

std::vector<std::string_view> sceneNames() {
  std::vector<std::string_view> names;
  for (const auto& scene : kScenes) names.push_back(scene.name);
  return names;
}

bool play(FakeService& service, std::string_view scene) {
  const auto* found = std::ranges::find(kScenes, scene, &Scene::name);
  if (found == kScenes.end()) return false;
  service.setSettings({setting("thermal.stop", "80"), setting("thermal.resume", "70")});
  service.setHistory(history());
  const auto status = found->make();
  service.setTask(taskOf(status, scene));
  service.setModel(model());
  service.setStatus(status);
  return true;
}

}  // namespace lull::fakes
