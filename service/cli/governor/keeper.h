// SPDX-License-Identifier: Apache-2.0
// Keeps one governed program from its start to its end: holds its page, beats the heart, passes signals on, answers at
// the door. One thread, one loop.
#pragma once

#include "cli/governor/door.h"
#include "cli/governor/launch.h"
#include "cli/governor/own_page.h"
#include "cli/governor/stop_times.h"
#include "lull/v1/governed.pb.h"

#include <optional>
#include <string>
#include <vector>

namespace lull::cli {

class Keeper {
public:
  struct Program {
    std::string name;
    Foreground foreground;
    bool parked = false;  // begins with a closed gate
  };
  // Blocks the signals that are passed on from here to the end of this process, and starts the program.
  [[nodiscard]] static Result<Keeper> start(OwnPage page, Door door, Program program);

  // Until the program has ended.
  [[nodiscard]] v1::GovernedEnd run();

private:
  // A park whose answer waits for the drained GPU.
  struct Park {
    std::uint64_t guest = 0;
    std::uint64_t id = 0;
    Instant until;
  };
  // The way to the end that somebody asked for.
  struct Stop {
    enum class Step { Draining, Asked, LetGo, Killed };
    Step step = Step::Draining;
    Instant until;
    v1::GivenBack givenBack;
    std::vector<Park> guests;  // whom to tell
  };

  Keeper(OwnPage page, Door door, Program program, Started child, Fd signals);

  void wait();
  void obeySignals();
  void suspend();
  void beatIfDue();
  void noteDrained();
  void answerParks();
  void goOnStopping();
  void ask(std::uint64_t guest, const v1::GovernedRequest& request);
  void park(std::uint64_t guest, const v1::GovernedRequest& request);
  void stop(std::uint64_t guest, std::uint64_t id);
  void setDuty(const v1::SetProgramDutyRequest& request, v1::GovernedReply& reply);
  void turn(bool open);
  [[nodiscard]] bool hasEnded();
  [[nodiscard]] std::optional<Instant> nextDue() const;
  [[nodiscard]] v1::GovernedProgram describe() const;
  [[nodiscard]] std::optional<v1::GivenBack> givenBack(bool late) const;
  [[nodiscard]] v1::GovernedEnd end();

  OwnPage m_page;
  Door m_door;
  Program m_program;
  Started m_child;
  Fd m_signals;
  UnixMs m_since = 0;
  Instant m_nextBeat;
  Share m_share;
  StopTimes m_stops;
  std::uint32_t m_closedWord = 0;  // of the closing that is not yet in m_stops; 0: none
  std::vector<Park> m_parks;
  std::optional<Stop> m_stop;
  int m_status = 0;  // of waitpid
  bool m_killed = false;
};

}  // namespace lull::cli
