// SPDX-License-Identifier: Apache-2.0
// What a conversation and the streams need of a connection.
#pragma once

#include "base/result.h"
#include "lull/v1/envelope.pb.h"

#include <cstdint>
#include <string_view>

namespace lull::ipc {

class Line {
public:
  virtual ~Line() = default;
  // Queues one frame. TooBig: it exceeds a frame, and nothing was queued. Never ends the connection under the caller.
  [[nodiscard]] virtual Outcome send(const v1::ServerFrame& frame) = 0;
  // The same for a serialised ServerFrame without its id.
  [[nodiscard]] virtual Outcome sendBody(std::uint64_t id, std::string_view body) = 0;
  // All that was queued is with the kernel: the time for the next event.
  [[nodiscard]] virtual bool isIdle() const = 0;
  // The request under way is answered: the next may be taken.
  virtual void proceed() = 0;
};

}  // namespace lull::ipc
