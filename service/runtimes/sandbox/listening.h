// SPDX-License-Identifier: Apache-2.0
// Our end of a pipe into the sandbox. What comes is not to be trusted: only a part is kept, and whoever says much is
// read slowly.
#pragma once

#include "base/file.h"

#include <asio/io_context.hpp>
#include <asio/posix/stream_descriptor.hpp>
#include <asio/steady_timer.hpp>

#include <functional>
#include <memory>
#include <string>

namespace lull::sandbox {

class Listening {
public:
  // Keeps the last `kept` bytes. Without a descriptor: silence.
  Listening(asio::io_context& loop, Fd fd, std::size_t kept);
  ~Listening();
  Listening(const Listening&) = delete;
  Listening& operator=(const Listening&) = delete;

  void hear(std::function<void()> atEnd);
  // What is there already, without waiting: the writers are gone.
  void hearRest();
  void stop();
  [[nodiscard]] const std::string& text() const;

private:
  struct Ear;
  std::shared_ptr<Ear> m_ear;
};

// The last line that says something, with anything a terminal would act on taken out.
[[nodiscard]] std::string lastLine(const std::string& text);

}  // namespace lull::sandbox
