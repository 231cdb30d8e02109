// SPDX-License-Identifier: Apache-2.0
#include "runtimes/sandbox/start.h"

#include "runtimes/sandbox/bubblewrap.h"
#include "runtimes/sandbox/host_driver.h"
#include "runtimes/sandbox/refusal.h"
#include "runtimes/sandbox/seccomp.h"

#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>

namespace lull::sandbox {

namespace {

constexpr int kFirstOfOurs = 64;  // the program's own descriptors are below
const std::vector<std::string> kEnvironment{"PATH=/usr/local/bin:/usr/bin:/bin", "HOME=/nonexistent", "TMPDIR=/tmp",
                                            "LANG=C.UTF-8"};

std::string_view nameOf(std::string_view variable) { return variable.substr(0, variable.find('=')); }

std::vector<std::string> environmentOf(const Spec& spec) {
  auto out = spec.environment;
  for (const auto& variable : kEnvironment) {
    const bool named = std::ranges::any_of(out, [&](const auto& v) { return nameOf(v) == nameOf(variable); });
    if (!named) out.push_back(variable);
  }
  return out;
}

std::vector<std::string> limitWords(const Limits& limits) {
  std::vector<std::string> out{"core=0"};
  if (limits.fileBytes > 0) out.push_back("file=" + std::to_string(limits.fileBytes));
  if (limits.processes > 0) out.push_back("processes=" + std::to_string(limits.processes));
  if (limits.priority == Priority::Idle) out.emplace_back("idle");
  return out;
}

// At its beginning, to be read once; nobody else sees it, so that no list of processes shows what is in it.
Result<Fd> namelessFile(const std::string& text) {
  Fd file(::memfd_create("options", MFD_CLOEXEC));
  if (!file) return fromErrno("memfd_create");
  if (::pwrite(file.get(), text.data(), text.size(), 0) != static_cast<ssize_t>(text.size())) {
    return fromErrno("write", "the sandbox's options");
  }
  return file;
}

// NUL after each, as bubblewrap reads its options.
Result<Fd> optionsFile(const std::vector<std::string>& options) {
  std::string text;
  for (const auto& option : options) text.append(option).push_back('\0');
  return namelessFile(text);
}

class Plumber {
public:
  explicit Plumber(const Spec& spec) {
    for (const auto& map : spec.descriptors) m_next = std::max(m_next, map.theirs + 1);
    m_start.launch.descriptors = spec.descriptors;
  }
  // The number under which the child sees it.
  int hand(Fd fd) {
    m_start.launch.descriptors.push_back({fd.get(), m_next});
    m_start.theirs.push_back(std::move(fd));
    return m_next++;
  }
  Result<int> hearThrough(Fd Start::*ours) {
    auto pipe = process::makePipe();
    if (!pipe) return pipe.error();
    m_start.*ours = std::move(pipe->read);
    return hand(std::move(pipe->write));
  }
  Outcome hearErrors() {
    auto pipe = process::makePipe();
    if (!pipe) return pipe.error();
    m_start.errors = std::move(pipe->read);
    m_start.launch.descriptors.push_back({pipe->write.get(), STDERR_FILENO});
    m_start.theirs.push_back(std::move(pipe->write));
    return {};
  }
  [[nodiscard]] Start& start() { return m_start; }

private:
  Start m_start;
  int m_next = kFirstOfOurs;
};

Outcome wall(Plumber& plumber, const Spec& spec) {
  const auto bubblewrap = findBubblewrap();
  if (!bubblewrap) return Error(Error::Kind::Unavailable, whyNoSandbox());
  auto byName = filterByName();
  if (!byName) return byName.error();
  auto byArguments = filterByArguments(spec.limits.cores > 0 ? Cores::Fixed : Cores::Free);
  if (!byArguments) return byArguments.error();
  const auto info = plumber.hearThrough(&Start::info);
  if (!info) return info.error();
  Plumbing plumbing{plumber.hand(std::move(*byName)), plumber.hand(std::move(*byArguments)), *info};
  auto told = spec;
  told.environment = environmentOf(spec);
  const auto driver = spec.image.empty() ? HostDriver() : hostDriver(spec.devices, spec.image);
  if (!driver.manifest.empty()) {
    auto manifest = namelessFile(driver.manifest);
    if (!manifest) return manifest.error();
    plumbing.driverManifest = plumber.hand(std::move(*manifest));
    told.environment = withDriver(std::move(told.environment));
  }
  auto options = optionsFile(bubblewrapOptions(told, driver.files, plumbing));
  if (!options) return options.error();
  auto& launch = plumber.start().launch;
  launch.program = *bubblewrap;
  launch.arguments = {"--args", std::to_string(plumber.hand(std::move(*options))), "--", kInsideProgram};
  return {};
}

}  // namespace

Result<Start> prepare(const Spec& spec) {
  Plumber plumber(spec);
  auto& launch = plumber.start().launch;
  launch.cores = spec.limits.cores;
  if (spec.walls == Walls::Confined) {
    if (auto walled = wall(plumber, spec); !walled) return walled.error();
  } else {
    launch.program = spec.ownPrograms / "lull-inside";
    launch.environment = environmentOf(spec);
    launch.folder = spec.folder;
  }
  if (auto heard = plumber.hearErrors(); !heard) return heard.error();
  const auto report = plumber.hearThrough(&Start::report);
  if (!report) return report.error();
  auto& words = launch.arguments;
  words.push_back(std::to_string(*report));
  if (spec.walls == Walls::Confined) words.emplace_back("session");  // bubblewrap made one, else it is the service's
  for (auto& limit : limitWords(spec.limits)) words.push_back(std::move(limit));
  words.emplace_back("--");
  words.push_back(spec.program.native());
  words.insert(words.end(), spec.arguments.begin(), spec.arguments.end());
  return std::move(plumber.start());
}

}  // namespace lull::sandbox
