// SPDX-License-Identifier: Apache-2.0
#include "cli/doctor.h"

#include "cli/format.h"

#include <fmt/core.h>

#include <algorithm>
#include <optional>
#include <string_view>
#include <vector>

namespace lull::cli {

namespace {

using State = Check::State;

std::string joined(const std::vector<std::string>& parts) {
  std::string out;
  for (const auto& part : parts) out += (out.empty() ? "" : ", ") + part;
  return out;
}

constexpr const char* kLendProcessor =
    " Or lend the processor to tasks with a language model: lull settings set sharing.cpu no_gpu";

std::string gpuWords(const v1::Gpu& gpu) {
  return gpu.driver().empty() ? gpu.name() : fmt::format("{} ({})", gpu.name(), gpu.driver());
}

// A GPU that works may still be one that the settings do not allow.
std::optional<std::string> whyNotUsed(const v1::Gpu& gpu) {
  if (!gpu.usable()) return gpu.why_not().empty() ? "not usable" : gpu.why_not();
  for (const auto& reason : gpu.verdict().reasons()) {
    if (reason.rule() != "no_gpu") continue;
    return gpu.type() == "software" ? "it computes on the processor, which the settings do not allow" : reason.text();
  }
  return std::nullopt;
}

}  // namespace

Check checkRight(v1::Right right) {
  const std::string name = "Your rights";
  if (right == v1::RIGHT_ADMINISTER) return {name, State::Ok, "you may look, control and administer", {}};
  if (right == v1::RIGHT_CONTROL) {
    return {name, State::Ok, "you may look and control; what administrators may change needs sudo", {}};
  }
  return {name, State::Note, "you may only look", "Join the group: sudo usermod -aG lull $USER, then log in again."};
}

Check checkGpus(const v1::Status& status) {
  std::vector<std::string> usable;
  std::vector<std::string> others;
  bool software = false;
  const v1::Gpu* processor = nullptr;
  for (const auto& gpu : status.gpus()) {
    if (gpu.type() == "processor") {
      processor = &gpu;
      continue;
    }
    const auto trouble = whyNotUsed(gpu);
    software = software || gpu.type() == "software";
    (trouble ? others : usable).push_back(gpuWords(gpu) + (trouble ? ": " + *trouble : std::string{}));
  }
  if (!usable.empty()) {
    const auto lentToo = processor != nullptr ? "; lent too: the processor, " + processor->name() : std::string();
    return {"GPU", State::Ok, joined(usable) + lentToo, {}};
  }
  if (processor != nullptr) {
    return {"GPU", State::Note,
            fmt::format("none may be used{}{}; the processor ({}) computes tasks with a language model, others wait",
                        others.empty() ? "" : ": ", joined(others), processor->name()),
            kInstallDriver};
  }
  if (status.gpus().empty()) {
    return {"GPU", State::Problem, "no GPU answers to Vulkan", std::string(kInstallDriver) + kLendProcessor};
  }
  return {"GPU", State::Problem, "none may be used: " + joined(others),
          software ? "To compute on the processor instead: sudo lull settings set gpu.allow_software true"
                   : "See the reason beside each GPU."};
}

Check checkPresence(const v1::Presence& presence) {
  const std::string name = "Presence";
  switch (presence.state()) {
    case v1::Presence::STATE_PRESENT:
    case v1::Presence::STATE_AWAY:
      return {name,
              State::Ok,
              fmt::format("the service watches {}", count(presence.devices(), "input device", "input devices")),
              {}};
    case v1::Presence::STATE_UNATTENDED:
      return {name, State::Note, "this computer has no input device, so nobody counts as being here",
              "If somebody does use it: sudo lull settings set presence.unattended present"};
    default:
      return {name, State::Problem,
              "the service cannot tell whether somebody is here, so nothing runs" +
                  (presence.trouble().empty() ? "" : ": " + presence.trouble()),
              "Its presence reader needs the group input: see `journalctl -u lulld`."};
  }
}

Check checkTemperatures(const v1::Status& status) {
  std::vector<std::string> names;
  for (const auto& t : status.temperatures()) names.push_back(t.name() + " " + celsius(t.celsius()));
  if (!names.empty()) return {"Sensors", State::Ok, joined(names), {}};
  return {"Sensors", State::Note, "this computer tells no temperature; heat cannot stop the work",
          "In a virtual machine this is normal. Else: sudo apt install lm-sensors, then sudo sensors-detect."};
}

Check checkGoverned(const v1::Status& status) {
  const std::string name = "Governed work";
  std::vector<std::string> gone;
  std::uint64_t stops = 0;
  double slowest = 0;
  for (const auto& gpu : status.gpus()) {
    const auto& governor = gpu.governor();
    stops += governor.stops();
    slowest = std::max(slowest, governor.stop_p99_ms());
    const auto add = [&](std::uint64_t n, std::string_view one, std::string_view many) {
      if (n > 0) gone.push_back(fmt::format("{} on {}", count(n, one, many), gpu.name()));
    };
    add(governor.passed_ungoverned(), "submission that could not be held", "submissions that could not be held");
    add(governor.uncut(), "recording that could not be cut", "recordings that could not be cut");
    add(governor.unknown_commands(), "command it does not know", "commands it does not know");
  }
  if (!gone.empty()) {
    return {name, State::Note, "the governor met " + joined(gone),
            "The GPU may come back a little later than a frame while such a task runs. Tell us which program it was."};
  }
  if (stops == 0) return {name, State::Ok, "nothing had to be stopped yet", {}};
  return {name,
          State::Ok,
          fmt::format("{}, 99 of 100 within {}", count(stops, "stop", "stops"), milliseconds(slowest)),
          {}};
}

Check checkRuntimes(const v1::RuntimeStore& store) {
  const std::string name = "AI programs";
  for (const auto& runtime : store.runtimes()) {
    if (!runtime.current()) continue;
    const bool image = runtime.source() == v1::Runtime::SOURCE_IMAGE;
    return {name, State::Ok, image ? "llama.cpp, image " + runtime.version() : "llama.cpp in " + runtime.place(), {}};
  }
  if (store.work().state() == v1::RuntimeWork::STATE_RUNNING) {
    return {name, State::Note, "llama.cpp is being installed: lull runtime list tells how it stands", {}};
  }
  const std::string mend = "lull runtime install llama";
  if (store.runtimes().empty()) {
    return {name, State::Note, "there is no llama.cpp, so tasks with language models are refused", mend};
  }
  const auto& broken = store.runtimes(0);
  return {name, State::Problem, fmt::format("the image {} is damaged: {}", broken.version(), broken.trouble()), mend};
}

}  // namespace lull::cli
