// SPDX-License-Identifier: Apache-2.0
#include "models/fetch/fetch.h"

#include "models/address.h"
#include "models/fetch/attempt.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <thread>

namespace lull::models::fetch {

namespace {

constexpr int kRedirections = 8;
constexpr std::uint64_t kLongestPause = 60'000;

// One attempt, wherever it leads. Each begins at the first address: what it leads to may hold for minutes only.
Ended attempt(const Order& order, Part& part, std::string& etag) {
  std::string url = order.url;
  for (int i = 0; i <= kRedirections; ++i) {
    auto ended = Attempt(order, part).run(url, etag);
    if (ended.how != Ended::How::Elsewhere) return ended;
    auto fits = checkAddress(ended.url);
    if (fits && isLocal(ended.url) && !isLocal(order.url)) {
      fits = Error(Error::Kind::Invalid, "an address elsewhere must not lead to this computer");
    }
    if (!fits) {
      return {.how = Ended::How::Over,
              .error = fits.error().during(fmt::format("the server leads to {}", shownAddress(ended.url)))};
    }
    url = ended.url;
  }
  return {.how = Ended::How::Over,
          .error = Error(Error::Kind::Invalid, "the server leads from one address to the next")};
}

}  // namespace

Outcome run(const Order& order, Part& part) {
  std::string etag = order.etag;
  std::uint64_t inVain = 0;
  for (;;) {
    const auto before = part.size();
    const auto ended = attempt(order, part, etag);
    if (ended.how == Ended::How::Done) return part.sync();
    if (ended.how != Ended::How::Again) return ended.error;
    inVain = part.size() > before ? 1 : inVain + 1;
    if (inVain >= order.attempts) {
      return Error(Error::Kind::Unavailable, fmt::format("given up after {} attempts: {}", inVain, ended.error.text()));
    }
    const auto doubled = order.firstPause << std::min<std::uint64_t>(inVain - 1, 16);
    const auto pause = std::max(std::min(doubled, kLongestPause), ended.pauseMs);
    part.tell(fmt::format("again {} {}", pause, ended.error.text()));
    std::this_thread::sleep_for(std::chrono::milliseconds(pause));
  }
}

}  // namespace lull::models::fetch
