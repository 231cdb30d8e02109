// SPDX-License-Identifier: Apache-2.0
// How a program is stopped, and what is told of its end.
#include "cli/governor/keeper.h"
#include "cli/governor/why.h"

#include <sys/wait.h>

#include <csignal>

namespace lull::cli {

namespace {

constexpr Seconds kDrainBeforeEnd{1};
constexpr Seconds kEndParked{2};
constexpr Seconds kEndLetGo{5};

Instant now() { return SystemClock().now().instant; }

}  // namespace

void Keeper::stop(std::uint64_t guest, std::uint64_t id) {
  if (!m_stop) {
    turn(false);
    m_stop = Stop{.until = now() + kDrainBeforeEnd, .givenBack = {}, .guests = {}};
  }
  m_stop->guests.push_back({.guest = guest, .id = id, .until = {}});
}

void Keeper::goOnStopping() {
  if (!m_stop) return;
  auto& stop = *m_stop;
  const bool late = now() >= stop.until;
  switch (stop.step) {
    case Stop::Step::Draining: {
      const auto outcome = givenBack(late);
      if (!outcome) return;
      stop.givenBack = *outcome;
      ::kill(m_child.pid, SIGTERM);
      ::kill(m_child.pid, SIGCONT);  // a stopped program could not hear it
      stop.step = Stop::Step::Asked;
      stop.until = now() + kEndParked;
      return;
    }
    case Stop::Step::Asked:
      if (!late) return;
      turn(true);  // it may wait for work of its own before it ends
      stop.step = Stop::Step::LetGo;
      stop.until = now() + kEndLetGo;
      return;
    case Stop::Step::LetGo:
      if (!late) return;
      ::kill(m_child.pid, SIGKILL);
      m_killed = true;
      stop.step = Stop::Step::Killed;
      return;
    case Stop::Step::Killed:
      return;
  }
}

v1::GovernedEnd Keeper::end() {
  v1::GovernedEnd out;
  *out.mutable_program() = describe();
  m_page.turn(false, now());  // whatever it left behind may not go on
  if (WIFSIGNALED(m_status)) {
    out.set_signal(WTERMSIG(m_status));
  } else {
    out.set_exit_code(WEXITSTATUS(m_status));
  }
  out.set_killed(m_killed);
  if (out.program().devices() == 0) {
    out.set_note("no Vulkan device was opened under the governor: " +
                 whyNotAttached(m_program.foreground.command.front()));
  }
  if (m_stop) {
    for (const auto& guest : m_stop->guests) {
      v1::GovernedReply frame;
      frame.set_id(guest.id);
      *frame.mutable_stop_program()->mutable_end() = out;
      *frame.mutable_stop_program()->mutable_given_back() = m_stop->givenBack;
      m_door.answer(guest.guest, frame);
    }
  }
  m_door.flush();
  return out;
}

}  // namespace lull::cli
