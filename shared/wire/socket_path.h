// SPDX-License-Identifier: Apache-2.0
// Where the service listens: known to service, CLI and dashboard alike.
#pragma once

#include <filesystem>

namespace lull::wire {

inline constexpr const char* kSystemSocket = "/run/lull/lulld.sock";
inline constexpr const char* kSocketVariable = "LULL_SOCKET";

// $XDG_RUNTIME_DIR/lull/lulld.sock; without that variable /tmp/lull-<uid>/lulld.sock.
[[nodiscard]] std::filesystem::path userSocket();
// What a client connects to when told nothing: $LULL_SOCKET, else the user's socket where there is one, else the
// system's.
[[nodiscard]] std::filesystem::path defaultSocket();

}  // namespace lull::wire
