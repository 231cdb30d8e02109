// SPDX-License-Identifier: Apache-2.0
// status and watch.
#include "cli/commands.h"
#include "cli/format.h"
#include "cli/status_view.h"

namespace lull::cli {

namespace {

constexpr Milliseconds kAgesGrow{1000};  // a shown "3 s ago" must not stand still

struct Watched {
  v1::Status status;
  bool known = false;
  std::string shown;  // the last line printed
};

void show(Session& session, Watched& watched, bool changed) {
  auto& terminal = session.terminal();
  if (session.json()) {
    // Whole each time: a script must not have to know how differences are told.
    if (!changed) return;
    v1::GetStatusReply whole;
    *whole.mutable_status() = watched.status;
    session.emit(whole);
    return;
  }
  if (!watched.known) return;
  if (terminal.isTerminal()) {
    terminal.repaint(statusText(watched.status, session.now(), terminal) + "\nCtrl-C ends this view.\n");
    return;
  }
  auto line = statusLine(watched.status);
  if (line == watched.shown) return;
  terminal.line(clockTime(session.now()) + "  " + line);
  watched.shown = std::move(line);
}

}  // namespace

Answer status(Session& session) {
  const auto reply = session.call(v1::GetStatusRequest{});
  if (!reply) return reply.error();
  if (session.json()) {
    session.emit(*reply);
  } else {
    session.terminal().print(statusText(reply->status(), session.now(), session.terminal()));
  }
  return Exit::Ok;
}

Answer watch(Session& session) {
  auto client = session.client();
  if (!client) return client.error();
  if (auto began = (*client)->call(v1::WatchStatusRequest{}); !began) return began.error();
  const bool repaints = session.terminal().isTerminal() && !session.json();
  Watched watched;
  while (!session.terminal().closed()) {
    auto event = (*client)->nextEvent(repaints ? std::optional(kAgesGrow) : std::nullopt);
    if (!event) return event.error();
    const bool changed = event->has_value() && (*event)->has_status_event();
    if (changed) wire::apply(watched.status, (*event)->status_event());
    watched.known = watched.known || changed;
    show(session, watched, changed);
  }
  return Exit::Ok;
}

}  // namespace lull::cli
