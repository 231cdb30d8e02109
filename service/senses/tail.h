// SPDX-License-Identifier: Apache-2.0
// The last of what a helper writes to a pipe, up to a bound.
#pragma once

#include "base/file.h"
#include "base/result.h"

#include <asio/io_context.hpp>
#include <asio/posix/stream_descriptor.hpp>

#include <memory>
#include <string>

namespace lull::senses {

class Tail {
public:
  Tail(asio::io_context& loop, std::size_t limit);
  ~Tail();
  Tail(const Tail&) = delete;
  Tail& operator=(const Tail&) = delete;

  // Begins anew; returns the end for the writer, to be closed here once the writer has it.
  [[nodiscard]] Result<Fd> open();
  // What was written until now, and no more; the pipe is closed.
  [[nodiscard]] std::string close();
  // Whether the beginning was lost.
  [[nodiscard]] bool overflown() const;

private:
  struct State;
  asio::io_context& m_loop;
  std::size_t m_limit;
  std::shared_ptr<State> m_state;
};

}  // namespace lull::senses
