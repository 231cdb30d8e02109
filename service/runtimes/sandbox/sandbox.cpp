// SPDX-License-Identifier: Apache-2.0
#include "runtimes/sandbox/sandbox.h"

#include "runtimes/sandbox/group.h"
#include "runtimes/sandbox/group_freeze.h"
#include "runtimes/sandbox/listening.h"
#include "runtimes/sandbox/processes.h"
#include "runtimes/sandbox/refusal.h"
#include "runtimes/sandbox/standstill.h"
#include "runtimes/sandbox/start.h"
#include "runtimes/sandbox/watch.h"

#include <sys/syscall.h>
#include <unistd.h>

#include <asio/posix/stream_descriptor.hpp>
#include <asio/steady_timer.hpp>

#include <algorithm>
#include <csignal>
#include <optional>
#include <utility>

namespace lull::sandbox {

namespace {

constexpr std::size_t kInfoBytes = 4096;
constexpr std::size_t kReportBytes = 1024;
constexpr std::size_t kLastWords = 4096;
constexpr const char* kReady = "+";  // lull-inside, when nothing is left but to become the program
constexpr int kSignalBase = 128;     // how bubblewrap and shells tell a signal as an exit code

}  // namespace

// Handlers of one whose Sandbox is gone find nothing.
struct Sandbox::State : std::enable_shared_from_this<Sandbox::State> {
  State(asio::io_context& context, const Spec& spec, Start& start, std::optional<Group> its, Hooks their)
      : walls(spec.walls),
        startLimit(spec.startLimit),
        hooks(std::move(their)),
        group(std::move(its)),
        info(context, std::move(start.info), kInfoBytes),
        report(context, std::move(start.report), kReportBytes),
        errors(context, std::move(start.errors), kLastWords),
        leaderGone(context),
        watch(context, spec),
        standstill(context, {.reached = [this](Instant when) { tellFrozen(when); },
                             .defied = [this](const std::string& how) { end(how); }}),
        groupFreeze(context, [this](Instant when) { tellFrozen(when); }),
        limit(context) {}
  ~State() {
    if (group) group->remove();
  }
  State(const State&) = delete;
  State& operator=(const State&) = delete;

  const Walls walls;
  const Milliseconds startLimit;
  Hooks hooks;
  std::optional<Group> group;
  std::optional<process::Child> child;  // bubblewrap; without walls the program itself
  Listening info;
  Listening report;
  Listening errors;
  asio::posix::stream_descriptor leaderGone;  // a pidfd
  Watch watch;
  Standstill standstill;  // where there is no group
  GroupFreeze groupFreeze;
  asio::steady_timer limit;
  pid_t leader = 0;  // inside: its end is that of all processes inside
  bool leaderLives = false;
  bool started = false;
  bool told = false;
  bool toBeFrozen = false;
  std::uint64_t cpuNs = 0;  // so far, as last looked at
  std::optional<process::Exit> exit;
  std::string why;

  void begin() {
    info.hear([weak = weak_from_this()] {
      if (auto self = weak.lock()) self->takeLeader();
    });
    report.hear([weak = weak_from_this()] {
      if (auto self = weak.lock()) self->takeReport();
    });
    errors.hear([] {});
    limit.expires_after(startLimit);
    limit.async_wait([weak = weak_from_this()](asio::error_code code) {
      auto self = weak.lock();
      if (code || !self || self->started || self->exit) return;
      self->end("it did not start within " + std::to_string(self->startLimit.count()) + " ms");
    });
  }

  // Told by bubblewrap before it sets anything up.
  void takeLeader() {
    if (leader != 0 || walls == Walls::Bare) return;
    const auto pid = leaderIn(info.text());
    if (!pid) return;
    Fd handle(static_cast<int>(::syscall(SYS_pidfd_open, *pid, 0)));
    // The handle is taken before the check, so that the process checked is the one that is watched.
    if (!handle || !child || parentOf(*pid) != child->pid()) return;
    leader = *pid;
    leaderLives = true;
    leaderGone.assign(handle.release());
    leaderGone.async_wait(asio::posix::stream_descriptor::wait_read, [weak = weak_from_this()](asio::error_code code) {
      auto self = weak.lock();
      if (code || !self) return;
      self->leaderLives = false;
      self->finishIfGone();
    });
  }

  void takeReport() {
    if (started || told) return;
    const auto& text = report.text();
    if (text.empty()) return;  // it ended before: its end tells
    if (text != kReady) return end("it could not be started: " + text.substr(text.starts_with(kReady) ? 1 : 0));
    info.hearRest();
    takeLeader();  // may not have been our turn yet
    // Who is not known can be neither held nor watched. (One that is known may have gone by now.)
    if (walls == Walls::Confined && !leaderIn(info.text())) return end("bubblewrap did not tell its process");
    started = true;
    limit.cancel();
    if (const auto inside = crowd()) {
      watch.begin(*inside, {.looked =
                                [weak = weak_from_this()](const Use& use) {
                                  auto self = weak.lock();
                                  if (self && !self->group) self->cpuNs = std::max(self->cpuNs, use.cpuNs);
                                },
                            .broken =
                                [weak = weak_from_this()](const std::string& how) {
                                  if (auto self = weak.lock()) self->end(how);
                                }});
    }
    if (toBeFrozen) freeze();
    if (hooks.onStarted) hooks.onStarted();
  }

  void end(std::string reason) {
    if (why.empty()) why = std::move(reason);
    kill();
  }
  // bubblewrap ends when the leader has, and leaves nothing to be reaped.
  void kill() {
    look();
    if (group && group->kill()) return;
    if (group) static_cast<void>(group->freeze(false));
    if (leaderLives) return signalLeader(SIGKILL);
    if (child) child->kill();
  }
  void signalLeader(int number) {
    if (leaderLives) ::syscall(SYS_pidfd_send_signal, leaderGone.native_handle(), number, nullptr, 0);
  }

  [[nodiscard]] std::optional<Crowd> crowd() const {
    if (leaderLives) return Crowd{leader};
    if (walls == Walls::Bare && child && child->running()) return Crowd{child->pid(), true};
    return std::nullopt;
  }
  void look() {
    if (const auto metered = group ? group->cpuNs() : std::nullopt) {
      cpuNs = std::max(cpuNs, *metered);
    } else if (const auto inside = crowd()) {
      cpuNs = std::max(cpuNs, cpuNsOf(inside->root));
    }
  }

  void freeze() {
    toBeFrozen = true;
    const auto inside = crowd();
    if (!started || !inside) return;
    if (!group || !groupFreeze.begin(*group)) standstill.begin(*inside);
  }
  void thaw() {
    toBeFrozen = false;
    if (group) groupFreeze.end(*group);
    standstill.end();
  }
  void tellFrozen(Instant when) {
    const auto self = shared_from_this();
    if (hooks.onFrozen) hooks.onFrozen(when);
  }

  void ended(const process::Exit& how) {
    exit = how;
    if (walls == Walls::Confined && how.code > kSignalBase) {
      exit->code = 0;
      exit->signal = how.code - kSignalBase;
    }
    info.hearRest();
    takeLeader();
    limit.cancel();
    signalLeader(SIGKILL);
    finishIfGone();
  }

  void finishIfGone() {
    if (!exit || leaderLives || told) return;
    report.hearRest();
    takeReport();
    errors.hearRest();
    told = true;
    look();
    cpuNs = std::max(cpuNs, exit->cpuNs);
    watch.end();
    standstill.forget();
    groupFreeze.forget();
    if (group && why.empty() && !exit->clean()) why = group->endedForMemory();
    if (group) group->remove();
    for (auto* listening : {&info, &report, &errors}) listening->stop();
    if (!started && why.empty()) why = whyNotStarted();
    const auto onExit = std::exchange(hooks.onExit, nullptr);
    hooks = {};
    if (onExit) onExit({*exit, started, why, errors.text(), cpuNs});
  }

  [[nodiscard]] std::string whyNotStarted() const {
    auto words = lastLine(errors.text());
    if (walls == Walls::Bare) return words.empty() ? "it could not be started" : words;
    return whyNoSandbox(words.empty() ? "bubblewrap " + process::describe(*exit) : words);
  }
};

std::string describe(const Ending& ending) { return ending.why.empty() ? process::describe(ending.exit) : ending.why; }

Result<Sandbox> Sandbox::create(asio::io_context& loop, const Spec& spec, Hooks hooks) {
  auto group = Group::create(spec.ground, spec.limits);
  const auto door = group ? group->door() : Fd();
  if (!door) group.reset();
  auto walled = spec;
  if (group) walled.limits = group->left();
  auto start = prepare(walled);
  if (!start) return start.error();
  start->launch.group = door.get();
  auto state = std::make_shared<State>(loop, walled, *start, std::move(group), std::move(hooks));
  auto child = process::Child::start(loop, start->launch, [weak = std::weak_ptr(state)](const process::Exit& exit) {
    if (auto self = weak.lock()) self->ended(exit);
  });
  if (!child) return child.error();
  state->child.emplace(std::move(*child));
  state->begin();
  return Sandbox(std::move(state));
}

Sandbox& Sandbox::operator=(Sandbox&& other) noexcept {
  if (this == &other) return *this;
  Sandbox old(std::move(m_state));
  m_state = std::move(other.m_state);
  return *this;
}

Sandbox::~Sandbox() {
  if (!m_state) return;
  m_state->hooks = {};
  m_state->kill();
}

pid_t Sandbox::pid() const { return m_state->leader != 0 ? m_state->leader : m_state->child->pid(); }
bool Sandbox::running() const { return m_state && !m_state->told; }
void Sandbox::kill() { m_state->kill(); }
void Sandbox::freeze() { m_state->freeze(); }
void Sandbox::thaw() { m_state->thaw(); }
std::optional<Instant> Sandbox::frozenAt() const {
  const auto since = m_state->groupFreeze.since();
  return since ? since : m_state->standstill.since();
}
std::uint64_t Sandbox::cpuNs() const {
  m_state->look();
  return m_state->cpuNs;
}

}  // namespace lull::sandbox
