// SPDX-License-Identifier: Apache-2.0
// `lull-fetch`: the one program of Lull that uses the network. It holds one open file and nothing else.
#include "models/fetch/fetch.h"

#include <curl/curl.h>

#include <fmt/format.h>
#include <sys/prctl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <string>

namespace {

using namespace lull;
using namespace lull::models::fetch;

constexpr std::size_t kLongestOrder = 16 * 1024;

Result<std::string> readOrder() {
  std::string text;
  std::array<char, 4096> chunk{};
  for (;;) {
    const auto n = ::read(STDIN_FILENO, chunk.data(), chunk.size());
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return fromErrno("read", "the order");
    if (n == 0) return text;
    text.append(chunk.data(), static_cast<std::size_t>(n));
    if (text.size() > kLongestOrder) return Error(Error::Kind::TooBig, "the order is too long");
  }
}

std::string failure(const Error& error) {
  const auto* found = std::ranges::find_if(kFailures, [&](const auto& row) { return row.second == error.kind(); });
  return fmt::format("failed {} {}", found == kFailures.end() ? "io" : found->first, error.text());
}

Outcome fetchAll(Part& part) {
  const auto text = readOrder();
  if (!text) return text.error();
  const auto order = orderFrom(*text);
  return order ? run(*order, part) : order.error();
}

}  // namespace

int main() {
  ::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
  std::signal(SIGPIPE, SIG_IGN);
  curl_global_init(CURL_GLOBAL_DEFAULT);
  auto part = Part::open(kFile, STDOUT_FILENO);
  if (!part) {
    fmt::print(stderr, "lull-fetch: {}: it is started by lulld, with the file as descriptor 3\n", part.error().text());
    return 2;
  }
  const auto fetched = fetchAll(*part);
  part->tell(fetched ? fmt::format("done {}", part->size()) : failure(fetched.error()));
  return fetched ? 0 : 1;
}
