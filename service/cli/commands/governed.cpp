// SPDX-License-Identifier: Apache-2.0
// lull governor list, status, park, resume, duty, memory, stop: programs under the governor, from another terminal.
#include "cli/commands.h"
#include "cli/format.h"
#include "cli/governor/remote.h"
#include "cli/governor/size.h"
#include "cli/governor/told.h"

#include <fmt/core.h>
#include <poll.h>

#include <algorithm>

namespace lull::cli {

namespace {

constexpr Milliseconds kLookAgain{1'000};
constexpr Milliseconds kParkLimit{8'000};   // the keeper answers after five seconds at the latest
constexpr Milliseconds kStopLimit{15'000};  // and has killed the program after eight

std::vector<v1::GovernedProgram> programsOf(const std::vector<Governed>& all) {
  std::vector<v1::GovernedProgram> out;
  out.reserve(all.size());
  for (const auto& each : all) out.push_back(each.program);
  return out;
}

void emit(Session& session, const std::vector<v1::GovernedProgram>& programs) {
  v1::GovernedPrograms message;
  for (const auto& program : programs) *message.add_programs() = program;
  session.emit(message);
}

Result<Governed> choose(Session& session, const std::string& which) {
  return chooseGoverned(findGoverned(session.interrupt()), which);
}

// Asks the one that is meant and tells the answer: `tell` has it in words.
template <typename Request, typename Tell>
Answer askOne(Session& session, const std::string& which, Request request, const Tell& tell) {
  auto chosen = choose(session, which);
  if (!chosen) return chosen.error();
  const auto reply = chosen->remote.call(std::move(request));
  if (!reply) return reply.error();
  if (session.json()) {
    session.emit(*reply);
  } else {
    session.terminal().line(harmless(chosen->program.name()) + tell(*reply));
  }
  return Exit::Ok;
}

std::string allText(Session& session, const std::vector<v1::GovernedProgram>& programs) {
  std::string out;
  for (const auto& program : programs) {
    out += (out.empty() ? "" : "\n") + programText(program, session.now(), session.terminal());
  }
  return out;
}

// The one that is meant, or all.
Result<std::vector<v1::GovernedProgram>> look(Session& session, const std::string& which) {
  auto found = findGoverned(session.interrupt());
  if (which.empty() && !found.all.empty()) return programsOf(found.all);
  auto chosen = chooseGoverned(std::move(found), which);
  if (!chosen) return chosen.error();
  return std::vector{chosen->program};
}

// False: the wait was interrupted.
bool waitAgain(Session& session) {
  pollfd fd{session.interrupt().fd(), POLLIN, 0};
  ::poll(&fd, 1, static_cast<int>(kLookAgain.count()));
  return !session.interrupt().pending();
}

Answer follow(Session& session, const std::string& which) {
  bool seen = false;
  do {
    const auto programs = look(session, which);
    if (!programs) return seen ? Answer(Exit::Ok) : programs.error();
    seen = true;
    if (session.json()) {
      emit(session, *programs);
    } else if (session.terminal().isTerminal()) {
      session.terminal().repaint(allText(session, *programs) + "\nCtrl-C ends this view.\n");
    } else {
      session.terminal().print(allText(session, *programs));
    }
  } while (!session.terminal().closed() && waitAgain(session));
  return Exit::Ok;
}

// Nothing is known to run on, unless the program never came under the governor.
bool isGivenBack(const v1::GivenBack& givenBack, const v1::GovernedProgram& program) {
  return givenBack.outcome() == v1::GivenBack::OUTCOME_DRAINED ||
         (givenBack.outcome() == v1::GivenBack::OUTCOME_NOT_ATTACHED && program.devices() > 0);
}

}  // namespace

Answer listGoverned(Session& session) {
  const auto found = findGoverned(session.interrupt());
  const auto programs = programsOf(found.all);
  if (found.silent > 0) session.remark("lull: " + silentText(found));
  if (session.json()) {
    emit(session, programs);
  } else if (programs.empty() && found.silent > 0) {
    return Exit::Ok;
  } else if (programs.empty()) {
    session.terminal().line("No program runs under the governor. Start one with: lull governor -- PROGRAM");
  } else {
    session.terminal().print(listText(programs, session.terminal()));
  }
  return Exit::Ok;
}

Answer governedStatus(Session& session, const std::string& which, bool following) {
  if (following) return follow(session, which);
  const auto programs = look(session, which);
  if (!programs) return programs.error();
  if (session.json()) {
    emit(session, *programs);
  } else {
    session.terminal().print(allText(session, *programs));
  }
  return Exit::Ok;
}

Answer parkGoverned(Session& session, const std::string& which) {
  auto chosen = choose(session, which);
  if (!chosen) return chosen.error();
  const auto reply = chosen->remote.call(v1::ParkProgramRequest{}, kParkLimit);
  if (!reply) return reply.error();
  if (session.json()) {
    session.emit(*reply);
  } else {
    session.terminal().line(fmt::format("{} {}: {}.", harmless(reply->program().name()),
                                        chosen->program.parked() ? "was parked before" : "is parked",
                                        givenBackText(reply->given_back())));
  }
  return isGivenBack(reply->given_back(), reply->program()) ? Exit::Ok : Exit::Failed;
}

Answer resumeGoverned(Session& session, const std::string& which) {
  return askOne(session, which, v1::ResumeProgramRequest{},
                [](const v1::ResumeProgramReply&) { return std::string(" goes on."); });
}

Answer setDuty(Session& session, std::uint32_t percent, const std::string& which) {
  v1::SetProgramDutyRequest request;
  request.set_percent(percent);
  return askOne(session, which, std::move(request), [](const v1::SetProgramDutyReply& reply) {
    return fmt::format(" may use {} % of the GPU's time.", reply.program().duty_percent());
  });
}

Answer setMemory(Session& session, const std::string& size, const std::string& which) {
  const auto limit = parseSize(size);
  if (!limit) return session.misused(limit.error().text());
  v1::SetProgramMemoryRequest request;
  request.set_bytes(*limit);
  return askOne(session, which, std::move(request), [](const v1::SetProgramMemoryReply& reply) {
    const auto& program = reply.program();
    if (program.memory_limit_bytes() == 0) return std::string(" may use all GPU memory.");
    auto text = fmt::format(" may use {} of GPU memory", bytes(program.memory_limit_bytes()));
    if (program.memory_bytes() <= program.memory_limit_bytes()) return text + ".";
    return text + fmt::format("; it holds {} already, which stays.", bytes(program.memory_bytes()));
  });
}

Answer stopGoverned(Session& session, const std::string& which) {
  auto chosen = choose(session, which);
  if (!chosen) return chosen.error();
  const auto reply = chosen->remote.call(v1::StopProgramRequest{}, kStopLimit);
  if (!reply) return reply.error();
  if (session.json()) {
    session.emit(*reply);
  } else {
    session.terminal().line(fmt::format("{} {}; {}.", harmless(chosen->program.name()), howItEnded(reply->end()),
                                        givenBackText(reply->given_back())));
  }
  return Exit::Ok;
}

}  // namespace lull::cli
