// SPDX-License-Identifier: Apache-2.0
// What all connections of one server share.
#pragma once

#include "ipc/answer_stream.h"
#include "ipc/log_tail.h"
#include "ipc/requests.h"
#include "ipc/server.h"
#include "ipc/status_stream.h"

#include <array>
#include <functional>
#include <memory>

namespace lull::ipc {

struct Room {
  asio::io_context& loop;
  Limits limits;
  Requests& requests;
  std::shared_ptr<StatusStream> status;
  std::shared_ptr<LogTail> log;
  AnswerStream answers{};
  std::function<void(std::uint64_t connection)> left;  // told once when a connection has closed
  std::array<char, 64 * 1024> scratch{};               // what was just read, until it is handed on
};

}  // namespace lull::ipc
