// SPDX-License-Identifier: Apache-2.0
// lull governor -- PROGRAM: one program under the governor, in the foreground.
#include "cli/commands.h"
#include "cli/format.h"
#include "cli/governor/keeper.h"
#include "cli/governor/layer.h"
#include "cli/governor/remote.h"
#include "cli/governor/size.h"
#include "cli/governor/told.h"
#include "wire/governed.h"

#include <fmt/core.h>
#include <unistd.h>

#include <algorithm>

extern char** environ;

namespace lull::cli {

namespace {

// As `env`, `timeout` and shells have it.
constexpr Exit kOwnFault{125};
constexpr Exit kNotExecutable{126};
constexpr Exit kNoProgram{127};
constexpr int kSignalled = 128;

std::vector<std::string> ownEnvironment() {
  std::vector<std::string> out;
  for (char** variable = environ; *variable != nullptr; ++variable) out.emplace_back(*variable);
  return out;
}

Exit exitOf(const v1::GovernedEnd& end) {
  return Exit{end.signal() != 0 ? kSignalled + end.signal() : end.exit_code()};
}

bool isTaken(const std::vector<Governed>& others, const std::string& name) {
  return std::ranges::any_of(others, [&](const Governed& other) { return other.program.name() == name; });
}

// The told name must be free; the program's own gets a number where it is not.
Result<std::string> nameFor(Session& session, const GovernorOptions& options) {
  const auto others = findGoverned(session.interrupt()).all;
  if (!options.name.empty()) {
    if (!isTaken(others, options.name)) return options.name;
    return Error(
        Error::Kind::Conflict,
        fmt::format("a program called “{}” runs under the governor already; choose another --name", options.name));
  }
  const auto own = std::filesystem::path(options.command.front()).filename().native();
  auto name = own;
  for (int number = 2; isTaken(others, name); ++number) name = fmt::format("{}-{}", own, number);
  return name;
}

Door openDoor(Session& session) {
  auto door = Door::open(wire::governedFolder());
  if (door) return *std::move(door);
  session.remark("lull: nobody can lead this program from another terminal: " + door.error().text());
  return {};
}

Result<Keeper> startKeeper(Session& session, const GovernorOptions& options, OwnPage page) {
  const auto layer = findLayer(layerFolders());
  if (!layer) {
    return Error(Error::Kind::Unavailable,
                 fmt::format("the governor's layer ({}) is not installed. `lull doctor` tells more", kLayerManifest));
  }
  auto name = nameFor(session, options);
  if (!name) return name.error();
  const PageDescriptors descriptors{.page = page.pageFd(), .event = page.eventFd()};
  Foreground foreground{.command = options.command,
                        .environment = governedEnvironment(ownEnvironment(), *layer, descriptors),
                        .descriptors = {descriptors.page, descriptors.event}};
  return Keeper::start(std::move(page), openDoor(session),
                       {.name = *std::move(name), .foreground = std::move(foreground), .parked = options.parked});
}

Exit notStarted(Session& session, const Error& error) {
  session.tell(error);
  if (error.kind() == Error::Kind::NotFound) return kNoProgram;
  return error.kind() == Error::Kind::Denied ? kNotExecutable : kOwnFault;
}

}  // namespace

Answer governor(Session& session, const GovernorOptions& options) {
  OwnPage::Options wanted{.dutyPercent = options.dutyPercent,
                          .sliceNs = static_cast<std::uint64_t>(options.sliceMs * 1e6)};
  if (!options.memory.empty()) {
    const auto limit = parseSize(options.memory);
    if (!limit) return session.misused("--memory: " + limit.error().text());
    wanted.memoryLimitBytes = *limit;
  }
  auto page = OwnPage::create(wanted);
  if (!page) return notStarted(session, page.error());
  auto keeper = startKeeper(session, options, *std::move(page));
  if (!keeper) return notStarted(session, keeper.error());
  const auto end = keeper->run();
  if (session.json()) {
    session.terminal().note(toJson(end));
  } else if (!options.quiet) {
    session.terminal().note(endText(end, session.now()));
  }
  return exitOf(end);
}

}  // namespace lull::cli
