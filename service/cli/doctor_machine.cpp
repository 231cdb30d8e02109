// SPDX-License-Identifier: Apache-2.0
#include "cli/doctor_machine.h"

#include "base/file.h"
#include "cli/format.h"
#include "cli/governor/layer.h"
#include "cli/helper.h"
#include "cli/programs.h"
#include "governor/page.h"
#include "wire/frame.h"

#include <dlfcn.h>
#include <fmt/core.h>
#include <fmt/format.h>
#include <unistd.h>

#include <nlohmann/json.hpp>

#include <algorithm>
#include <cstdlib>
#include <optional>

namespace lull::cli {

namespace {

namespace fs = std::filesystem;
using State = Check::State;
using Json = nlohmann::json;

// Files of a folder whose names begin and end so; none when it cannot be read.
std::vector<fs::path> filesIn(const fs::path& folder, std::string_view begin, std::string_view end) {
  std::vector<fs::path> out;
  std::error_code code;
  for (fs::directory_iterator it(folder, code), last; !code && it != last; it.increment(code)) {
    const auto name = it->path().filename().native();
    if (name.starts_with(begin) && name.ends_with(end)) out.push_back(it->path());
  }
  std::ranges::sort(out);
  return out;
}

// `list`: files and folders, as the Vulkan loader takes them from the environment.
bool anyIsThere(std::string_view list) {
  while (!list.empty()) {
    const auto end = std::min(list.find(':'), list.size());
    if (end > 0 && ::access(std::string(list.substr(0, end)).c_str(), R_OK) == 0) return true;
    list.remove_prefix(std::min(end + 1, list.size()));
  }
  return false;
}

std::optional<std::string> loadTrouble(const std::string& library) {
  void* handle = ::dlopen(library.c_str(), RTLD_LAZY | RTLD_LOCAL);
  if (handle == nullptr) return ::dlerror();
  ::dlclose(handle);
  return std::nullopt;
}

Result<fs::path> libraryOf(const fs::path& manifest) {
  const auto text = readFile(manifest);
  if (!text) return text.error();
  const auto json = Json::parse(*text, nullptr, false);
  const auto layer = json.is_object() ? json.value("layer", Json::object()) : Json::object();
  const auto name = layer.is_object() ? layer.value("name", Json()) : Json();
  const auto library = layer.is_object() ? layer.value("library_path", Json()) : Json();
  if (!library.is_string() || name != governor::kLayerName) {
    return Error(Error::Kind::Invalid, manifest.native() + " does not describe the governor");
  }
  const fs::path path(library.get<std::string>());
  return path.is_absolute() ? path : (manifest.parent_path() / path).lexically_normal();
}

}  // namespace

Doors thisMachine() {
  Doors doors;
  for (const char* base : {"/etc", "/usr/local/share", "/usr/share", "/usr/local/etc"}) {
    doors.drivers.push_back(fs::path(base) / "vulkan/icd.d");
  }
  doors.layers = layerFolders();
  return doors;
}

Check checkLoader(const Doors& doors) {
  const auto trouble = loadTrouble(doors.loader);
  if (!trouble) return {"Vulkan loader", State::Ok, doors.loader + " is there", {}};
  return {"Vulkan loader", State::Problem, *trouble, "sudo apt install libvulkan1"};
}

Check checkDrivers(const Doors& doors) {
  const std::string name = "Vulkan drivers";
  for (const char* variable : {"VK_DRIVER_FILES", "VK_ICD_FILENAMES"}) {
    const char* told = std::getenv(variable);
    if (told == nullptr || *told == '\0') continue;
    if (anyIsThere(told)) return {name, State::Ok, fmt::format("{} (from {})", told, variable), {}};
    return {name, State::Problem, fmt::format("{} names {}, which is not there", variable, told),
            fmt::format("unset {}, or let it name a driver's manifest.", variable)};
  }
  std::vector<std::string> names;
  for (const auto& folder : doors.drivers) {
    for (const auto& manifest : filesIn(folder, "", ".json")) names.push_back(manifest.stem().native());
  }
  if (!names.empty()) return {name, State::Ok, fmt::format("{}", fmt::join(names, ", ")), {}};
  return {name, State::Problem, "none is installed",
          "sudo apt install mesa-vulkan-drivers (AMD, Intel, and the processor), or NVIDIA's own driver."};
}

Check checkLayer(const Doors& doors) {
  const std::string name = "Governor layer";
  const std::string mend = "Install Lull again; in a source tree: ./dev run";
  const auto folder = findLayer(doors.layers);
  if (!folder) {
    return {name, State::Problem,
            fmt::format("{} is in none of the folders for layers; without it nothing runs", kLayerManifest), mend};
  }
  const auto manifest = *folder / kLayerManifest;
  const auto library = libraryOf(manifest);
  if (!library) return {name, State::Problem, library.error().text(), mend};
  const auto trouble = loadTrouble(library->native());
  if (trouble) return {name, State::Problem, "cannot be loaded: " + *trouble, mend};
  return {name, State::Ok, manifest.native(), {}};
}

Check checkProgram(const std::string& program, const std::string& purpose) {
  const auto found = findProgram(program);
  if (found) return {purpose, State::Ok, found->native(), {}};
  return {purpose, State::Problem, program + " is neither beside lull nor in ../libexec/lull",
          "Install Lull again; in a source tree: ./dev run"};
}

Check checkGpusHere(const Interrupt& interrupt) {
  const auto program = findProgram("lull-gpus");
  if (!program)
    return {"GPU", State::Problem, "cannot be listed: lull-gpus is missing",
            "Install Lull again; in a source tree: ./dev run"};
  const auto output = runHelper(*program, interrupt);
  if (!output) return {"GPU", State::Problem, output.error().text(), kInstallDriver};
  wire::FrameReader reader;
  reader.feed(*output);
  const auto frame = reader.next();
  v1::Status status;
  if (!frame || !*frame || !status.ParseFromArray((*frame)->data(), static_cast<int>((*frame)->size()))) {
    return {"GPU", State::Problem, "lull-gpus answers something that is not understood", "Install Lull again."};
  }
  auto check = checkGpus(status);
  const bool softwareOnly =
      std::ranges::none_of(status.gpus(), [](const v1::Gpu& gpu) { return gpu.usable() && gpu.type() != "software"; });
  if (check.state == State::Ok && softwareOnly) {
    check.state = State::Note;
    check.text += ": computes on the processor and is used only where a setting allows it";
    check.mend = "To allow it: sudo lull settings set gpu.allow_software true";
  }
  return check;
}

Check checkSandboxHere(const Interrupt& interrupt, const fs::path& socket) {
  const std::string name = "Sandbox";
  const auto program = findProgram("lull-sandbox-check");
  if (!program) return checkProgram("lull-sandbox-check", name);
  const auto run = runHelper({.program = *program, .arguments = {socket.native()}}, interrupt);
  if (!run.end) return {name, State::Problem, run.end.error().text(), {}};
  if (run.output.starts_with('+')) {
    const auto how = run.output.substr(1);
    return {name, State::Ok, "programs can be shut in" + (how.empty() ? how : "; " + how), {}};
  }
  // "…: why. What to do"
  const auto end = run.output.find(". ");
  return {name, State::Problem, run.output.substr(0, end), end == std::string::npos ? "" : run.output.substr(end + 2)};
}

Check checkInputHere(const Doors& doors) {
  const std::string name = "Input devices";
  const auto devices = filesIn(doors.input, "event", "");
  const auto readable = static_cast<std::size_t>(
      std::ranges::count_if(devices, [](const fs::path& device) { return ::access(device.c_str(), R_OK) == 0; }));
  if (devices.empty()) {
    return {name, State::Note, "none: such a computer counts as one that nobody uses",
            "If somebody does use it: sudo lull settings set presence.unattended present"};
  }
  const auto all = count(devices.size(), "input device", "input devices");
  if (readable == devices.size()) return {name, State::Ok, all + ", all may be read from here", {}};
  return {name, State::Note, fmt::format("{} of {} may be read from here", readable, all),
          "The system service has that right. For `lulld --user`: sudo usermod -aG input $USER, then log in again."};
}

Check checkSensorsHere(const Doors& doors) {
  std::size_t found = 0;
  for (const auto& chip : filesIn(doors.sys / "class/hwmon", "hwmon", "")) {
    found += filesIn(chip, "temp", "_input").size();
  }
  for (const auto& zone : filesIn(doors.sys / "class/thermal", "thermal_zone", "")) {
    found += readFile(zone / "temp").ok() ? 1U : 0U;
  }
  if (found > 0) return {"Sensors", State::Ok, count(found, "temperature", "temperatures") + " can be read", {}};
  return checkTemperatures({});
}

}  // namespace lull::cli
