// SPDX-License-Identifier: Apache-2.0
#include "cli/governor/check.h"

#include "cli/format.h"
#include "cli/governor/layer.h"
#include "cli/governor/own_page.h"

#include <fmt/core.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <iterator>

namespace lull::cli {

namespace {

using State = Check::State;

constexpr std::size_t kMostGpus = 16;
constexpr const char* kName = "Governor";
constexpr const char* kUpdateDriver = "Update the GPU driver.";

template <typename Number>
Number numberFrom(std::string_view text) {
  Number value{};
  std::from_chars(text.data(), text.data() + text.size(), value);
  return value;
}

struct Words {
  std::string_view first;
  std::string_view rest;
};
Words split(std::string_view line, char at) {
  const auto end = line.find(at);
  if (end == std::string_view::npos) return {line, {}};
  return {line.substr(0, end), line.substr(end + 1)};
}

void takeLine(Tried& out, std::string_view line) {
  const auto [key, rest] = split(line, ' ');
  const auto [first, second] = split(rest, '\t');
  auto* gpu = out.gpus.empty() ? nullptr : &out.gpus.back();
  if (key == "loader") {
    out.loader = rest;
  } else if (key == "layer") {
    out.layerFound = rest == "yes";
  } else if (key == "gpu") {
    out.gpus.push_back({.index = numberFrom<std::uint32_t>(first), .name = std::string(second)});
  } else if (key == "step") {
    (gpu == nullptr ? out.step : gpu->step) = rest;
  } else if (key == "fails") {
    (gpu == nullptr ? out.trouble : gpu->trouble) = rest;
  } else if (key == "works" && gpu != nullptr) {
    gpu->works = true;
    gpu->ms = numberFrom<double>(first);
    gpu->gpuNs = numberFrom<std::uint64_t>(second);
  }
}

Check checkOf(const Tried::Gpu& gpu, const Outcome& end) {
  const std::string name = kName;
  const auto onIt = [&gpu](const std::string& text) { return gpu.name + ": " + text; };
  if (gpu.works && gpu.gpuNs > 0) {
    return {name, State::Ok, onIt("gives the GPU back in " + milliseconds(gpu.ms)), {}};
  }
  if (gpu.works) {
    return {name, State::Note,
            onIt(fmt::format("gives the GPU back in {}, but its work is not metered", milliseconds(gpu.ms))),
            kUpdateDriver};
  }
  if (!gpu.trouble.empty()) {
    return {name, State::Problem, onIt(gpu.trouble),
            "Update the GPU driver and the Vulkan loader; if that does not help, tell us what `lull doctor --json` "
            "says."};
  }
  const auto how = end.ok() ? std::string("it ended early") : end.error().text();
  return {name, State::Problem, onIt(fmt::format("while it tried to {}: {}", gpu.step, how)), kUpdateDriver};
}

bool isDecided(const Tried::Gpu& gpu) { return gpu.works || !gpu.trouble.empty(); }

std::vector<std::string> ownEnvironment() {
  std::vector<std::string> out;
  for (char** variable = environ; *variable != nullptr; ++variable) out.emplace_back(*variable);
  return out;
}

}  // namespace

Tried parseTried(std::string_view text) {
  Tried out;
  while (!text.empty()) {
    const auto [line, rest] = split(text, '\n');
    takeLine(out, line);
    text = rest;
  }
  return out;
}

std::vector<Check> checksOf(const Tried& tried, const Outcome& end) {
  const auto one = [](std::string text, std::string mend) {
    return std::vector<Check>{{kName, State::Problem, std::move(text), std::move(mend)}};
  };
  if (!tried.layerFound && !tried.loader.empty()) {
    return one("the Vulkan loader " + tried.loader + " does not find the governor's layer", "Install Lull again.");
  }
  if (!tried.trouble.empty()) return one(tried.trouble, "Install the Vulkan driver of your GPU.");
  if (tried.gpus.empty() && !end) {
    return one(tried.step.empty() ? end.error().text()
                                  : fmt::format("while it tried to {}: {}", tried.step, end.error().text()),
               kUpdateDriver);
  }
  std::vector<Check> out;
  out.reserve(tried.gpus.size());
  for (const auto& gpu : tried.gpus) out.push_back(checkOf(gpu, end));
  if (out.empty()) out.push_back({kName, State::Note, "there is no GPU to try it on", {}});
  return out;
}

std::vector<Check> checkGovernor(const std::filesystem::path& program, const std::filesystem::path& layerFolder,
                                 const Interrupt& interrupt, const HelperLimits& limits) {
  std::vector<Check> out;
  std::uint32_t from = 0;
  while (out.size() < kMostGpus) {
    // No heart beats here: the program works the gate itself.
    const auto page = OwnPage::create({.heartbeatLimit = Nanoseconds(0)});
    if (!page) return {{kName, State::Problem, page.error().text(), {}}};
    const PageDescriptors descriptors{.page = page->pageFd(), .event = page->eventFd()};
    const HelperLaunch launch{.program = program,
                              .arguments = {std::to_string(from)},
                              .environment = governedEnvironment(ownEnvironment(), layerFolder, descriptors),
                              .descriptors = {descriptors.page, descriptors.event}};
    const auto run = runHelper(launch, interrupt, limits);
    const auto tried = parseTried(run.output);
    auto checks = checksOf(tried, run.end);
    // Behind a GPU whose driver took the program down, the next ones may work.
    const bool goOn = !tried.gpus.empty() && !isDecided(tried.gpus.back()) && !interrupt.pending();
    const bool nothingNew = tried.gpus.empty() && !out.empty() && run.end.ok();
    if (!nothingNew) std::ranges::move(checks, std::back_inserter(out));
    if (!goOn) break;
    from = tried.gpus.back().index + 1;
  }
  return out;
}

}  // namespace lull::cli
