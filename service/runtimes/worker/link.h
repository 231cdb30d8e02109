// SPDX-License-Identifier: Apache-2.0
// The worker's end of the conversation with the service. Sending is thread-safe.
#pragma once

#include "base/result.h"
#include "wire/frame.h"
#include "worker.pb.h"

#include <mutex>
#include <optional>

namespace lull::worker {

class Link {
public:
  // The descriptor that the service named in LULL_WORKER_FD; none: not started by the service.
  [[nodiscard]] static std::optional<int> inherited();
  explicit Link(int fd) : m_fd(fd) {}

  // Blocks until the next message. Unavailable: the service is gone. Invalid: it speaks another language.
  [[nodiscard]] Result<v1::ToWorker> receive();
  // The next message if it is there within limitMs (-1: for ever).
  [[nodiscard]] Result<std::optional<v1::ToWorker>> receiveWithin(int limitMs);
  // A service that is gone ends the process: nobody is left to report to.
  void send(const v1::FromWorker& message);

private:
  [[nodiscard]] Result<std::optional<v1::ToWorker>> takeFrame();
  const int m_fd;
  wire::FrameReader m_reader;
  std::mutex m_sending;
};

}  // namespace lull::worker
