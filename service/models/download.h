// SPDX-License-Identifier: Apache-2.0
// One lull-fetch that fills a part, and what it tells. On the loop's thread.
#pragma once

#include "base/file.h"
#include "models/fetch/order.h"
#include "process/child.h"

#include <asio/io_context.hpp>
#include <asio/posix/stream_descriptor.hpp>

#include <array>
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

class Download {
public:
  // `told` is called on the loop, never from inside start(); Done or Failed is the last, and comes once. It may destroy
  // the Download.
  [[nodiscard]] static Result<std::unique_ptr<Download>> start(asio::io_context& loop,
                                                               const std::filesystem::path& program,
                                                               const fetch::Order& order, const Fd& part,
                                                               std::function<void(const Told&)> told);
  ~Download();  // kills it; the part stays as it is
  Download(const Download&) = delete;
  Download& operator=(const Download&) = delete;

private:
  struct State;
  explicit Download(std::shared_ptr<State> state) : m_state(std::move(state)) {}
  std::shared_ptr<State> m_state;
};

}  // namespace lull::models
