// SPDX-License-Identifier: Apache-2.0
// The one table of task states: what may happen in which state, where it leads and what people are told.
#pragma once

#include "lull/v1/task.pb.h"

#include <optional>
#include <span>
#include <string_view>

namespace lull::conductor {

enum class Event {
  Submitted,
  Start,  // a worker is being started
  OpenGate,
  CloseGate,
  Evict,    // the worker is asked to save and end
  Kill,     // the worker is ended by force
  Drop,     // cancelled without a worker
  Started,  // the worker has the task
  Told,     // progress, a checkpoint
  Drained,  // all its GPU work is done
  Evicted,  // the worker saved and ended
  Finished,
  Interrupted,    // the worker ended for a reason that is not the task's
  AttemptFailed,  // and another attempt is allowed
  FailedForGood,
  Abandoned,  // cancelled, and its worker has ended
  Restarted,  // the service was started again
  Orphaned,   // the same, and whoever the task belonged to is gone
};
inline constexpr int kEvents = static_cast<int>(Event::Orphaned) + 1;

struct Transition {
  v1::TaskState state = v1::TASK_STATE_UNSPECIFIED;  // the state before
  Event event = Event::Submitted;
  v1::TaskState next = v1::TASK_STATE_UNSPECIFIED;
  std::string_view
      text;  // the public event; "{}" stands for its detail, "{1}" for "GPU" or "processor"; empty: nothing to tell
};

[[nodiscard]] std::span<const Transition> transitions();
// None: the event does not fit the state and changes nothing.
[[nodiscard]] std::optional<Transition> transition(v1::TaskState state, Event event);

}  // namespace lull::conductor
