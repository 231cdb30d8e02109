// SPDX-License-Identifier: Apache-2.0
// pause, resume, share.
#include "cli/commands.h"
#include "cli/format.h"

#include <fmt/core.h>

namespace lull::cli {

Answer pause(Session& session, const std::vector<std::string>& words) {
  const UnixMs now = session.now();
  const auto until = parsePause(words, now);
  if (!until) return session.misused(until.error().text());
  v1::PauseRequest request;
  request.set_until_unix_ms(*until);
  const auto reply = session.call(std::move(request));
  if (!reply) return reply.error();
  if (session.json()) {
    session.emit(*reply);
  } else if (*until == kUntilResumed) {
    session.terminal().line("Paused. Nothing runs until you say `lull resume`.");
  } else {
    session.terminal().line(fmt::format("Paused until {}, that is {} from now. `lull resume` ends it sooner.",
                                        moment(*until, now), span((*until - now) / 1000)));
  }
  return Exit::Ok;
}

Answer resume(Session& session) {
  const auto reply = session.call(v1::ResumeRequest{});
  if (!reply) return reply.error();
  if (session.json()) {
    session.emit(*reply);
  } else {
    session.terminal().line("Not paused any more. `lull why` tells whether anything else holds work back.");
  }
  return Exit::Ok;
}

Answer share(Session& session, bool on) {
  v1::SetSharingRequest request;
  request.set_on(on);
  const auto reply = session.call(std::move(request));
  if (!reply) return reply.error();
  if (session.json()) {
    session.emit(*reply);
  } else if (on) {
    session.terminal().line("Sharing is on. The GPU works while nobody needs this computer.");
  } else {
    session.terminal().line("Sharing is off. Nothing will run until you say `lull share on`.");
  }
  return Exit::Ok;
}

}  // namespace lull::cli
