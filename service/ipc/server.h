// SPDX-License-Identifier: Apache-2.0
// The IPC server on a local stream socket. One thread: the loop's. Bounded memory per client whatever it does: a frame
// being read (1 MiB), one request under way, a send queue of at most 4 MiB beyond which the client is dropped.
// A client that has not said Hello within 5 s, or leaves a frame half-sent for 30 s, is dropped.
#pragma once

#include "base/result.h"
#include "base/time.h"
#include "ipc/requests.h"
#include "ipc/rights.h"

#include <asio/io_context.hpp>

#include <filesystem>
#include <memory>

namespace lull::ipc {

// What a client may take its time for, and how much it may make us hold.
struct Limits {
  Milliseconds hello{5'000};
  Milliseconds halfFrame{30'000};
  Milliseconds statusInterval{250};      // between two status events to one client
  std::size_t queued = 4 * 1024 * 1024;  // bytes
};

struct ServerOptions {
  std::filesystem::path socket{};
  Mode mode = Mode::User;
  std::size_t maxClients = 256;  // one user who may not administer gets at most half of them
  Limits limits{};
};

class Server {
public:
  // Binds and listens. A socket file that nobody answers on is removed first; a live one is Conflict ("lulld already
  // runs"). The file has mode 0666 in system mode (rights decide) and 0600 in user mode.
  [[nodiscard]] static Result<std::unique_ptr<Server>> create(asio::io_context& loop, ServerOptions options,
                                                              Requests& requests);
  // Closes connections and removes the socket file; calls none of Requests.
  virtual ~Server() = default;

  // The status as it is now: answered to GetStatus, and streamed as differences to those who watch.
  virtual void publish(const v1::Status& status) = 0;
  [[nodiscard]] virtual std::size_t watchers() const = 0;
};

}  // namespace lull::ipc
