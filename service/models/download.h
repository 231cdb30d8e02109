// SPDX-License-Identifier: Apache-2.0
// One lull-fetch that fills a part, and what it tells. On the loop's thread.
#pragma once

#include "base/file.h"
#include "models/fetch/order.h"
#include "process/telling_child.h"

#include <asio/io_context.hpp>

#include <functional>
#include <memory>
#include <optional>
#include <string>

namespace lull::models {

struct Told {
  enum class What { Total, Etag, At, Again, Done, Failed };
  What what = What::At;
  std::uint64_t number = 0;  // of Total, At, Done: bytes; of Again: ms
  std::string text = {};     // of Etag and Again
  Error error{Error::Kind::Internal, {}};
};
// None: not a line of lull-fetch.
[[nodiscard]] std::optional<Told> toldBy(std::string_view line);

// Starts lull-fetch. `told` is called on the loop, never from inside; Done or Failed is the last, and comes once. It
// may destroy what is returned; whoever does so kills the program, and the part stays as it is.
[[nodiscard]] Result<std::unique_ptr<process::TellingChild>> startDownload(asio::io_context& loop,
                                                                           const std::filesystem::path& program,
                                                                           const fetch::Order& order, const Fd& part,
                                                                           std::function<void(const Told&)> told);

}  // namespace lull::models
