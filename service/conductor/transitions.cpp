// SPDX-License-Identifier: Apache-2.0
#include "conductor/transitions.h"

#include <algorithm>
#include <array>

namespace lull::conductor {

namespace {

constexpr auto kNone = v1::TASK_STATE_UNSPECIFIED;
constexpr auto kQueued = v1::TASK_STATE_QUEUED;
constexpr auto kStarting = v1::TASK_STATE_STARTING;
constexpr auto kRunning = v1::TASK_STATE_RUNNING;
constexpr auto kParked = v1::TASK_STATE_PARKED;
constexpr auto kEvicting = v1::TASK_STATE_EVICTING;
constexpr auto kDone = v1::TASK_STATE_DONE;
constexpr auto kFailed = v1::TASK_STATE_FAILED;
constexpr auto kCancelled = v1::TASK_STATE_CANCELLED;

constexpr std::string_view kSaved = "Left the {1}; {0}";
constexpr std::string_view kCutShort = "Stopped before it could save; {}";
constexpr std::string_view kLeaves = "Leaves the {1}: {0}";
constexpr std::string_view kRestarted = "The service was started again; {}";
constexpr std::string_view kOrphaned = "Over: the service was started again, and a conversation ends with it";

constexpr std::array kTable{
    Transition{kNone, Event::Submitted, kQueued, "Submitted"},

    Transition{kQueued, Event::Start, kStarting, "Starts on {}"},
    Transition{kQueued, Event::Drop, kCancelled, "Cancelled"},
    Transition{kQueued, Event::Orphaned, kCancelled, kOrphaned},

    Transition{kStarting, Event::Started, kParked, "Ready: {}"},
    Transition{kStarting, Event::Told, kStarting, ""},
    Transition{kStarting, Event::Evict, kEvicting, kLeaves},
    Transition{kStarting, Event::Kill, kEvicting, "{}"},
    Transition{kStarting, Event::Evicted, kQueued, kSaved},
    Transition{kStarting, Event::Finished, kDone, "Done"},
    Transition{kStarting, Event::Interrupted, kQueued, kCutShort},
    Transition{kStarting, Event::AttemptFailed, kQueued, "{}"},
    Transition{kStarting, Event::FailedForGood, kFailed, "{}"},
    Transition{kStarting, Event::Abandoned, kCancelled, "Cancelled"},
    Transition{kStarting, Event::Restarted, kQueued, kRestarted},
    Transition{kStarting, Event::Orphaned, kCancelled, kOrphaned},

    Transition{kParked, Event::OpenGate, kRunning, "Works"},
    Transition{kParked, Event::Told, kParked, ""},
    Transition{kParked, Event::Drained, kParked, ""},
    Transition{kParked, Event::Evict, kEvicting, kLeaves},
    Transition{kParked, Event::Kill, kEvicting, "{}"},
    Transition{kParked, Event::Evicted, kQueued, kSaved},
    Transition{kParked, Event::Finished, kDone, "Done"},
    Transition{kParked, Event::Interrupted, kQueued, kCutShort},
    Transition{kParked, Event::AttemptFailed, kQueued, "{}"},
    Transition{kParked, Event::FailedForGood, kFailed, "{}"},
    Transition{kParked, Event::Abandoned, kCancelled, "Cancelled"},
    Transition{kParked, Event::Restarted, kQueued, kRestarted},
    Transition{kParked, Event::Orphaned, kCancelled, kOrphaned},

    Transition{kRunning, Event::CloseGate, kParked, "Pauses: {}"},
    Transition{kRunning, Event::Told, kRunning, ""},
    Transition{kRunning, Event::Evict, kEvicting, kLeaves},
    Transition{kRunning, Event::Kill, kEvicting, "{}"},
    Transition{kRunning, Event::Evicted, kQueued, kSaved},
    Transition{kRunning, Event::Finished, kDone, "Done"},
    Transition{kRunning, Event::Interrupted, kQueued, kCutShort},
    Transition{kRunning, Event::AttemptFailed, kQueued, "{}"},
    Transition{kRunning, Event::FailedForGood, kFailed, "{}"},
    Transition{kRunning, Event::Abandoned, kCancelled, "Cancelled"},
    Transition{kRunning, Event::Restarted, kQueued, kRestarted},
    Transition{kRunning, Event::Orphaned, kCancelled, kOrphaned},

    Transition{kEvicting, Event::Told, kEvicting, ""},
    Transition{kEvicting, Event::Drained, kEvicting, ""},
    Transition{kEvicting, Event::Kill, kEvicting, "{}"},
    Transition{kEvicting, Event::Evicted, kQueued, kSaved},
    Transition{kEvicting, Event::Finished, kDone, "Done"},
    Transition{kEvicting, Event::Interrupted, kQueued, kCutShort},
    Transition{kEvicting, Event::AttemptFailed, kQueued, "{}"},
    Transition{kEvicting, Event::FailedForGood, kFailed, "{}"},
    Transition{kEvicting, Event::Abandoned, kCancelled, "Cancelled"},
    Transition{kEvicting, Event::Restarted, kQueued, kRestarted},
    Transition{kEvicting, Event::Orphaned, kCancelled, kOrphaned},
};

}  // namespace

std::span<const Transition> transitions() { return kTable; }

std::optional<Transition> transition(v1::TaskState state, Event event) {
  const auto row = std::find_if(kTable.begin(), kTable.end(),
                                [&](const Transition& t) { return t.state == state && t.event == event; });
  if (row == kTable.end()) return std::nullopt;
  return *row;
}

}  // namespace lull::conductor
