// SPDX-License-Identifier: Apache-2.0
// Reading from a stream of which somebody may want the rest at any time. Pair it with async_wait, never with
// async_read_some: that one may hold bytes already which it tells of only later, out of order with what is read
// meanwhile.
#pragma once

#include <asio/buffer.hpp>
#include <asio/error.hpp>

#include <algorithm>
#include <array>
#include <string_view>
#include <system_error>

namespace lull::process {

// Hands over what the stream holds now, at most `most` bytes, in pieces, without waiting for more. `take` may close the
// stream. Why it ended: would_block when nothing is left, eof, an error; none after `most`.
template <typename Stream, typename Take>
std::error_code readAvailable(Stream& stream, std::size_t most, Take take) {
  std::array<char, 4096> piece;
  std::error_code error;
  stream.non_blocking(true, error);
  while (!error && most > 0) {
    const std::size_t count = stream.read_some(asio::buffer(piece, std::min(most, piece.size())), error);
    most -= count;
    if (count > 0) take(std::string_view(piece.data(), count));
  }
  return error;
}

}  // namespace lull::process
