// SPDX-License-Identifier: Apache-2.0
#include "models/fetch/order.h"

#include "models/address.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

namespace lull::models::fetch {

namespace {

struct Number {
  std::string_view word;
  std::uint64_t Order::*field;
};
constexpr std::array kNumbers{
    Number{"max-bytes", &Order::maxBytes},     Number{"max-rate", &Order::maxRate},
    Number{"first-pause", &Order::firstPause}, Number{"stall-after", &Order::stallAfter},
    Number{"attempts", &Order::attempts},
};

bool take(Order& order, std::string_view word, std::string_view value) {
  if (word == "url") {
    order.url = value;
    return true;
  }
  if (word == "etag") {
    order.etag = value;
    return isEtag(value);
  }
  const auto* found = std::ranges::find(kNumbers, word, &Number::word);
  if (found == kNumbers.end()) return false;
  const auto [end, code] = std::from_chars(value.data(), value.data() + value.size(), order.*(found->field));
  return code == std::errc() && end == value.data() + value.size();
}

}  // namespace

bool isEtag(std::string_view text) {
  const auto printable = [](char c) { return c > 0x20 && c < 0x7F; };
  return text.size() <= 256 && text.size() >= 2 && text.front() == '"' && std::ranges::all_of(text, printable);
}

std::string toText(const Order& order) {
  std::string out = fmt::format("url {}\n", order.url);
  if (!order.etag.empty()) out += fmt::format("etag {}\n", order.etag);
  for (const auto& [word, field] : kNumbers) out += fmt::format("{} {}\n", word, order.*field);
  return out;
}

Result<Order> orderFrom(std::string_view text) {
  Order order;
  while (!text.empty()) {
    const auto line = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(line.size() + 1, text.size()));
    const auto space = line.find(' ');
    if (space == std::string_view::npos || !take(order, line.substr(0, space), line.substr(space + 1))) {
      return Error(Error::Kind::Invalid, fmt::format("not understood: {}", line.substr(0, 40)));
    }
  }
  if (auto fits = checkAddress(order.url); !fits) return fits.error();
  return order;
}

}  // namespace lull::models::fetch
