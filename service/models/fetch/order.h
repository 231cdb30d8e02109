// SPDX-License-Identifier: Apache-2.0
// How the service and lull-fetch speak. The order comes on standard input, one "word value" a line, because addresses
// may hold secrets that arguments would show to everybody. The bytes go to descriptor 3; lines on standard output tell
// how it stands:
//   total N           the whole file's size, before its first byte
//   etag TEXT         what the server calls this version
//   at N              so much is there
//   again MS TEXT     it broke off for that reason; the next attempt comes so much later
//   done N            all is there and on the disk
//   failed KIND TEXT  it is no use to try again now; KIND as in kFailures
#pragma once

#include "base/result.h"

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace lull::models::fetch {

inline constexpr int kFile = 3;

struct Order {
  std::string url;
  std::string etag = {};            // of what is there already: goes on only with the same version
  std::uint64_t maxBytes = 0;       // a larger file is refused
  std::uint64_t maxRate = 0;        // bytes/s; 0: no limit
  std::uint64_t firstPause = 1000;  // ms after the first failure; doubled up to a minute
  std::uint64_t stallAfter = 60;    // s without a byte count as broken off
  std::uint64_t attempts = 20;      // in vain, one after the other
};
[[nodiscard]] std::string toText(const Order& order);
[[nodiscard]] Result<Order> orderFrom(std::string_view text);

inline constexpr std::array kFailures{
    std::pair{std::string_view("invalid"), Error::Kind::Invalid},
    std::pair{std::string_view("not_found"), Error::Kind::NotFound},
    std::pair{std::string_view("denied"), Error::Kind::Denied},
    std::pair{std::string_view("unavailable"), Error::Kind::Unavailable},
    std::pair{std::string_view("too_big"), Error::Kind::TooBig},
    std::pair{std::string_view("io"), Error::Kind::Io},
};

// What can be sent back as an entity tag without harm; else it is as if there were none.
[[nodiscard]] bool isEtag(std::string_view text);

}  // namespace lull::models::fetch
