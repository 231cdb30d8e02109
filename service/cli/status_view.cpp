// SPDX-License-Identifier: Apache-2.0
#include "cli/status_view.h"

#include "cli/computed.h"
#include "cli/format.h"
#include "cli/table.h"

#include <fmt/core.h>

#include <algorithm>
#include <cmath>
#include <iterator>

namespace lull::cli {

namespace {

// Parts with ", " between, empty ones left out.
std::string listed(std::initializer_list<std::string> parts) {
  std::string out;
  for (const auto& part : parts) {
    if (!part.empty()) out += (out.empty() ? "" : ", ") + part;
  }
  return out;
}

std::string gpuText(const v1::Gpu& gpu) {
  if (!gpu.usable()) return gpu.name() + ": not used" + (gpu.why_not().empty() ? "" : ", " + gpu.why_not());
  if (gpu.task_id().empty()) return gpu.name() + ": free";
  return gpu.name() + ": " +
         listed({fmt::format("{} of its time", percent(gpu.gpu_share())),
                 gpu.verdict().has_duty_reason() ? fmt::format("at most {}", percent(gpu.verdict().duty()))
                                                 : std::string{},
                 gpu.vram_used() > 0 ? bytes(gpu.vram_used()) + " of its memory" : std::string{}});
}

// What a governor could not do as it should. Empty: all went well.
std::string governorTrouble(const v1::Governor& governor) {
  const auto some = [](std::uint64_t n, std::string_view one, std::string_view many) {
    return n == 0 ? std::string{} : count(n, one, many);
  };
  return listed({some(governor.passed_ungoverned(), "submission ran ungoverned", "submissions ran ungoverned"),
                 some(governor.uncut(), "recording could not be cut", "recordings could not be cut"),
                 some(governor.unknown_commands(), "unknown command", "unknown commands")});
}

std::string governorText(const v1::Governor& governor) {
  if (governor.stops() == 0) return {};
  return fmt::format("{}, half within {}, 99 of 100 within {}", count(governor.stops(), "stop", "stops"),
                     milliseconds(governor.stop_p50_ms()), milliseconds(governor.stop_p99_ms()));
}

std::string temperatureText(const v1::Temperature& t) {
  if (t.limit_celsius() <= 0) return fmt::format("{} {}", t.name(), celsius(t.celsius()));
  return fmt::format("{} {} (limit {})", t.name(), celsius(t.celsius()), celsius(t.limit_celsius()));
}

// The GPUs and the hottest of the others: what decides, not all of 20 sensors.
std::string temperaturesText(const v1::Status& status) {
  std::string out;
  const v1::Temperature* hottest = nullptr;
  for (const auto& t : status.temperatures()) {
    if (t.is_gpu()) {
      out += (out.empty() ? "" : ", ") + temperatureText(t);
    } else if (hottest == nullptr || t.celsius() > hottest->celsius()) {
      hottest = &t;
    }
  }
  if (hottest != nullptr) out += (out.empty() ? "" : ", ") + temperatureText(*hottest);
  return out;
}

std::string ownerText(const v1::Status& status, UnixMs now) {
  const auto& presence = status.presence();
  const auto seen = presence.last_activity_unix_ms();
  switch (presence.state()) {
    case v1::Presence::STATE_PRESENT:
      return seen > 0 ? "here, last input " + ago(seen, now) : "here";
    case v1::Presence::STATE_AWAY:
      return seen > 0 ? "away, last input " + ago(seen, now) : "away, no input seen since the service started";
    case v1::Presence::STATE_UNATTENDED:
      return "this computer has no input device";
    default:
      return "not known, so it counts as here" + (presence.trouble().empty() ? "" : ": " + presence.trouble());
  }
}

std::string powerText(const v1::Power& power) {
  if (!power.known()) return {};
  std::string source = power.on_mains() ? "mains" : "battery";
  if (!power.has_battery()) return source;
  return fmt::format("{}, battery {:.0f} %{}", source, power.battery_percent(),
                     power.discharging() ? ", discharging" : "");
}

std::string memoryText(const v1::Memory& memory) {
  if (memory.total_bytes() == 0) return {};
  return fmt::format("{} of {} free", bytes(memory.available_bytes()), bytes(memory.total_bytes()));
}

std::string tokensNow(const v1::TokenUsage& usage) {
  const auto tokens = tokensText(usage);
  return tokens.empty() ? tokens : "tokens: " + tokens;
}

std::string taskText(const v1::Task& task, const v1::Status& status) {
  const auto left = timeLeftText(task, isOnProcessor(status, task.id()));
  return fmt::format("{} {}: {}", task.id(), task.name(),
                     listed({std::string(stateWord(task.state())), percent(task.progress()),
                             left.empty() ? left : "about " + left, tokensNow(task.usage())}));
}

std::string contributionText(const v1::Contribution& sum) {
  return listed({gpuTime(sum.gpu_ns()) + " of GPU time",
                 sum.cpu_ns() > 0 ? gpuTime(sum.cpu_ns()) + " of processor time" : std::string{},
                 count(sum.tasks_done(), "task", "tasks"), credits(sum.micro_credits()),
                 sum.energy_uj() > 0 ? energy(sum.energy_uj(), sum.energy_estimated()) : std::string{}});
}

std::string giveBackText(const v1::GiveBackStats& stats, UnixMs now) {
  if (stats.count() == 0) return "none yet";
  return fmt::format("last {}, {}; p50 {}, p99 {} of {}", milliseconds(stats.last_ms()), ago(stats.last_unix_ms(), now),
                     milliseconds(stats.p50_ms()), milliseconds(stats.p99_ms()), stats.count());
}

void addRow(Table& table, std::string_view label, std::string text, Colour colour = Colour::Plain) {
  if (!text.empty()) table.add({{std::string(label), Colour::Dim}, {std::move(text), colour}});
}

std::string pausedText(const v1::Status& status, UnixMs now) {
  if (status.paused_until_unix_ms() == 0) return {};
  if (status.paused_until_unix_ms() < 0) return "until you say `lull resume`";
  return "until " + moment(status.paused_until_unix_ms(), now);
}

}  // namespace

Colour colourOf(v1::Activity activity) {
  switch (activity) {
    case v1::ACTIVITY_WORKING:
      return Colour::Green;
    case v1::ACTIVITY_READY:
      return Colour::Blue;
    case v1::ACTIVITY_RESTING:
    case v1::ACTIVITY_STOPPING:
      return Colour::Yellow;
    default:
      return Colour::Bold;
  }
}

std::string headline(const v1::Status& status, const Terminal& terminal) {
  const auto sentence =
      status.sentence().empty() ? "The service does not say what it does." : harmless(status.sentence());
  return terminal.paint(colourOf(status.activity()), wrap(sentence, terminal.width())) + "\n";
}

std::string statusText(const v1::Status& status, UnixMs now, const Terminal& terminal) {
  Table table({{}, {}}, Table::LastColumn::Wrap);
  for (const auto& task : status.running()) addRow(table, "Task", taskText(task, status));
  addRow(table, "Queue",
         listed({fmt::format("{} waiting", status.queued()), fmt::format("{} done", status.done()),
                 status.failed() > 0 ? fmt::format("{} failed", status.failed()) : std::string{}}));
  for (const auto& gpu : status.gpus()) addRow(table, isProcessor(gpu) ? "Processor" : "GPU", gpuText(gpu));
  if (std::ranges::all_of(status.gpus(), isProcessor)) {
    addRow(table, "GPU", "none found; `lull doctor` says what is missing", Colour::Yellow);
  }
  for (const auto& gpu : status.gpus()) {
    addRow(table, "Governor", governorText(gpu.governor()));
    addRow(table, "Governor", governorTrouble(gpu.governor()), Colour::Yellow);
  }
  addRow(table, "Temperature", temperaturesText(status));
  addRow(table, "Owner", ownerText(status, now));
  addRow(table, "Power", powerText(status.power()));
  if (status.network().metered()) addRow(table, "Network", harmless(status.network().text()));
  addRow(table, "Memory", memoryText(status.memory()));
  addRow(table, "Sharing", status.sharing() ? "on" : "off; `lull share on` switches it on");
  addRow(table, "Paused", pausedText(status, now));
  addRow(table, "Today", contributionText(status.today()));
  addRow(table, "Tokens today", tokensText(status.today().usage()));
  addRow(table, "In all", contributionText(status.total()));
  addRow(table, "Give-back", giveBackText(status.give_back(), now));
  for (const auto& trouble : status.troubles()) addRow(table, "Trouble", trouble, Colour::Red);
  return headline(status, terminal) + "\n" + table.text(terminal);
}

// Steps of ten percent: a log of lines is no progress bar.
std::string statusLine(const v1::Status& status) {
  std::string out = harmless(status.sentence());
  for (const auto& task : status.running()) {
    out +=
        fmt::format(" [{} {} {}]", task.id(), stateWord(task.state()), percent(std::floor(task.progress() * 10) / 10));
  }
  return out;
}

}  // namespace lull::cli
