// SPDX-License-Identifier: Apache-2.0
#include "cli/governor/keeper.h"

#include "cli/governor/told.h"
#include "cli/governor/why.h"
#include "cli/interrupt.h"
#include "wire/governed.h"

#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <climits>
#include <csignal>

namespace lull::cli {

namespace {

constexpr Seconds kBeat{1};
constexpr Milliseconds kParkWait{5'000};
constexpr Milliseconds kLongestParkWait{60'000};
constexpr std::array kPassedOn{SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGUSR1, SIGUSR2, SIGTSTP};

Instant now() { return SystemClock().now().instant; }

// The terminal itself gives its signals (Ctrl-C) to the program too: both are in its foreground.
bool isFromTerminal(const signalfd_siginfo& signal) { return signal.ssi_code == SI_KERNEL; }

Result<Fd> takeSignals() {
  sigset_t set;
  sigemptyset(&set);
  for (const int signal : kPassedOn) {
    if (!wasIgnored(signal)) sigaddset(&set, signal);
  }
  if (::sigprocmask(SIG_BLOCK, &set, nullptr) != 0) return fromErrno("sigprocmask");
  Fd fd(::signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK));
  if (!fd) return fromErrno("signalfd");
  return fd;
}

v1::GovernedReply reply(std::uint64_t id) {
  v1::GovernedReply out;
  out.set_id(id);
  return out;
}

}  // namespace

Result<Keeper> Keeper::start(OwnPage page, Door door, Program program) {
  auto signals = takeSignals();
  if (!signals) return signals.error();
  if (!program.parked) page.turn(true, now());
  auto child = startInForeground(program.foreground);
  if (!child) return child.error();
  return Keeper(std::move(page), std::move(door), std::move(program), *std::move(child), *std::move(signals));
}

Keeper::Keeper(OwnPage page, Door door, Program program, Started child, Fd signals)
    : m_page(std::move(page)),
      m_door(std::move(door)),
      m_program(std::move(program)),
      m_child(std::move(child)),
      m_signals(std::move(signals)),
      m_since(SystemClock().now().unixMs),
      m_nextBeat(now() + kBeat) {
  m_share.sample(now(), 0);
}

v1::GovernedEnd Keeper::run() {
  while (!hasEnded()) {
    wait();
    obeySignals();
    beatIfDue();
    m_page.takeEvents();
    noteDrained();
    m_door.serve([this](std::uint64_t guest, const v1::GovernedRequest& request) { ask(guest, request); });
    answerParks();
    goOnStopping();
  }
  return end();
}

void Keeper::wait() {
  std::vector<pollfd> fds{
      {m_child.pidFd.get(), POLLIN, 0}, {m_signals.get(), POLLIN, 0}, {m_page.eventFd(), POLLIN, 0}};
  m_door.addTo(fds);
  int limit = -1;
  if (const auto due = nextDue()) {
    const auto left = std::chrono::ceil<Milliseconds>(*due - now()).count();
    limit = static_cast<int>(std::clamp<std::int64_t>(left, 0, INT_MAX));
  }
  ::poll(fds.data(), fds.size(), limit);
}

std::optional<Instant> Keeper::nextDue() const {
  std::optional<Instant> due;
  const auto by = [&due](Instant at) { due = due ? std::min(*due, at) : at; };
  if (m_page.isOpen()) by(m_nextBeat);
  for (const auto& park : m_parks) by(park.until);
  if (m_stop && m_stop->step != Stop::Step::Killed) by(m_stop->until);
  return due;
}

bool Keeper::hasEnded() {
  const pid_t ended = ::waitpid(m_child.pid, &m_status, WNOHANG);
  return ended == m_child.pid || (ended < 0 && errno == ECHILD);
}

void Keeper::obeySignals() {
  signalfd_siginfo signal{};
  while (::read(m_signals.get(), &signal, sizeof signal) == static_cast<ssize_t>(sizeof signal)) {
    const int number = static_cast<int>(signal.ssi_signo);
    // SIGTSTP would be lost on a program in an orphaned process group (started by a daemon, a test, a script that
    // left).
    if (!isFromTerminal(signal)) ::kill(m_child.pid, number == SIGTSTP ? SIGSTOP : number);
    if (number == SIGTSTP) suspend();
  }
}

// Stopped, the heart cannot beat: the GPU is given back, and nobody takes us for dead.
void Keeper::suspend() {
  const bool wasOpen = m_page.isOpen();
  const std::uint64_t limit = m_page.page().heartbeatLimitNs.exchange(0);
  turn(false);
  ::raise(SIGSTOP);
  if (wasOpen) turn(true);
  m_page.beat(now());
  m_page.page().heartbeatLimitNs.store(limit);
  ::kill(m_child.pid, SIGCONT);
}

void Keeper::beatIfDue() {
  if (!m_page.isOpen() || now() < m_nextBeat) return;
  m_page.beat(now());
  m_nextBeat = now() + kBeat;
  m_share.sample(now(), m_page.page().gpuNs.load());
}

void Keeper::turn(bool open) {
  if (m_page.isOpen() == open) return;
  const Instant at = now();
  m_page.turn(open, at);
  m_share.sample(at, m_page.page().gpuNs.load());
  m_closedWord = open ? 0 : m_page.word();
  m_nextBeat = at + kBeat;
}

void Keeper::noteDrained() {
  if (m_closedWord == 0) return;
  const auto took = m_page.drained();
  if (!took) return;
  m_stops.add(*took);
  m_closedWord = 0;
}

// What became of the last closing; nothing: it is too early to tell.
std::optional<v1::GivenBack> Keeper::givenBack(bool late) const {
  v1::GivenBack out;
  const auto& page = m_page.page();
  if (page.attached.load() == 0) {
    out.set_outcome(v1::GivenBack::OUTCOME_NOT_ATTACHED);
    out.set_why(page.devices.load() > 0 ? "it has closed its Vulkan device"
                                        : whyNotAttached(m_program.foreground.command.front()));
    return out;
  }
  if (const auto took = m_page.drained()) {
    out.set_outcome(v1::GivenBack::OUTCOME_DRAINED);
    out.set_ms(toMs(*took));
    return out;
  }
  if (!late) return std::nullopt;
  out.set_outcome(v1::GivenBack::OUTCOME_WITHHELD);
  out.set_why(whyWithheld(describe()));
  return out;
}

void Keeper::answerParks() {
  const Instant at = now();
  std::erase_if(m_parks, [&](const Park& park) {
    const bool late = at >= park.until || m_page.isOpen();
    const auto outcome = givenBack(late);
    if (!outcome) return false;
    auto frame = reply(park.id);
    *frame.mutable_park_program()->mutable_given_back() = *outcome;
    *frame.mutable_park_program()->mutable_program() = describe();
    m_door.answer(park.guest, frame);
    return true;
  });
}

void Keeper::ask(std::uint64_t guest, const v1::GovernedRequest& request) {
  auto out = reply(request.id());
  switch (request.request_case()) {
    case v1::GovernedRequest::kGetProgram:
      *out.mutable_get_program()->mutable_program() = describe();
      break;
    case v1::GovernedRequest::kParkProgram:
      return park(guest, request);
    case v1::GovernedRequest::kResumeProgram:
      if (m_stop) {
        *out.mutable_error() = wire::toWire({Error::Kind::Conflict, "it is being stopped"});
        break;
      }
      turn(true);
      *out.mutable_resume_program()->mutable_program() = describe();
      break;
    case v1::GovernedRequest::kSetProgramDuty:
      setDuty(request.set_program_duty(), out);
      break;
    case v1::GovernedRequest::kSetProgramMemory:
      m_page.setMemoryLimit(request.set_program_memory().bytes());
      *out.mutable_set_program_memory()->mutable_program() = describe();
      break;
    case v1::GovernedRequest::kStopProgram:
      return stop(guest, request.id());
    case v1::GovernedRequest::REQUEST_NOT_SET:
      *out.mutable_error() = wire::toWire({Error::Kind::Version, "this lull governor is older and does not know that"});
      break;
  }
  m_door.answer(guest, out);
}

void Keeper::setDuty(const v1::SetProgramDutyRequest& request, v1::GovernedReply& out) {
  if (request.percent() < 1 || request.percent() > 100) {
    *out.mutable_error() = wire::toWire({Error::Kind::Invalid, "a duty is 1 to 100 percent"});
    return;
  }
  m_page.setDuty(request.percent());
  *out.mutable_set_program_duty()->mutable_program() = describe();
}

void Keeper::park(std::uint64_t guest, const v1::GovernedRequest& request) {
  turn(false);
  const Milliseconds told(request.park_program().wait_ms());
  const auto limit = told.count() == 0 ? kParkWait : std::min(told, kLongestParkWait);
  m_parks.push_back({.guest = guest, .id = request.id(), .until = now() + limit});
}

v1::GovernedProgram Keeper::describe() const {
  v1::GovernedProgram out;
  out.set_name(m_program.name);
  out.set_pid(m_child.pid);
  out.set_keeper_pid(::getpid());
  for (const auto& word : m_program.foreground.command) out.add_command(word);
  out.set_since_unix_ms(m_since);
  fillFrom(m_page.page(), out);
  out.set_gpu_share(m_share.at(now(), out.gpu_ns()));
  auto& latency = *out.mutable_stop_latency();
  latency.set_count(m_stops.count());
  latency.set_p50_ms(m_stops.percentileMs(0.5));
  latency.set_p99_ms(m_stops.percentileMs(0.99));
  latency.set_max_ms(m_stops.longestMs());
  latency.set_last_ms(m_stops.lastMs());
  wire::makeSendable(out);
  return out;
}

}  // namespace lull::cli
