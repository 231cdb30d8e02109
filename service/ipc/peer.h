// SPDX-License-Identifier: Apache-2.0
// The kernel's word on who is at the other end of a local socket.
#pragma once

#include "base/result.h"
#include "ipc/rights.h"

namespace lull::ipc {

[[nodiscard]] Result<Peer> peerOf(int socket);
// The group's number; nothing: there is no such group here.
[[nodiscard]] std::optional<gid_t> groupNamed(const char* name);

}  // namespace lull::ipc
