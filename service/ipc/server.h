// SPDX-License-Identifier: Apache-2.0
// The IPC server on a local stream socket. One thread: the loop's. Bounded memory per client whatever it does: a frame
// being read (1 MiB), one request under way, a send queue of at most 4 MiB beyond which the client is dropped.
// A client that has not said Hello within 5 s, or leaves a frame half-sent for 30 s, is dropped.
#pragma once

#include "base/result.h"
#include "ipc/requests.h"

#include <asio/io_context.hpp>

#include <filesystem>
#include <memory>

namespace lull::ipc {

enum class Mode { System, User };  // see rights.h

struct ServerOptions {
  std::filesystem::path socket;
  Mode mode = Mode::User;
  std::size_t maxClients = 256;
};

class Server {
public:
  // Binds and listens. A socket file that nobody answers on is removed first; a live one is Conflict ("lulld already
  // runs"). The file has mode 0666 in system mode (rights decide) and 0600 in user mode.
  [[nodiscard]] static Result<std::unique_ptr<Server>> create(asio::io_context& loop, ServerOptions options,
                                                              Requests& requests);
  virtual ~Server() = default;  // closes connections and removes the socket file

  // The status as it is now: answered to GetStatus, and streamed as differences to those who watch.
  virtual void publish(const v1::Status& status) = 0;
  [[nodiscard]] virtual std::size_t watchers() const = 0;
};

}  // namespace lull::ipc
