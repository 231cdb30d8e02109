// SPDX-License-Identifier: Apache-2.0
// Who may do what: one table for the requests, one rule for the peers. What is not named is denied.
#pragma once

#include "lull/v1/envelope.pb.h"

#include <sys/types.h>

#include <optional>
#include <string>
#include <vector>

namespace lull::ipc {

enum class Mode { System, User };  // the machine's service, or one person's own (--user)

// The other end of a connection, as the kernel tells it.
struct Peer {
  uid_t uid = 0;
  gid_t gid = 0;
  std::vector<gid_t> groups;  // supplementary
};

// What the service knows of itself when it judges a peer.
struct Identity {
  uid_t uid = 0;
  std::optional<gid_t> controllers;  // the group `lull`, where there is one
  Mode mode = Mode::User;
};

// The service's own user and root administer, the controllers' group controls, all others observe in system mode and
// may nothing (RIGHT_UNSPECIFIED) in user mode.
[[nodiscard]] v1::Right rightOf(const Peer& peer, const Identity& service);

// The right a request needs; nothing: nobody may. For settings this is only the door: settings::Store asks for what
// each setting needs.
[[nodiscard]] std::optional<v1::Right> neededFor(int requestField);
[[nodiscard]] bool isAllowed(int requestField, v1::Right right);
// A sentence for a peer that was refused.
[[nodiscard]] std::string refusal(int requestField, v1::Right right);

}  // namespace lull::ipc
