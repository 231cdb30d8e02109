// SPDX-License-Identifier: Apache-2.0
// The kernel's own freezer: everything in a group at once, whatever it does.
#pragma once

#include "base/time.h"
#include "runtimes/sandbox/group.h"

#include <asio/io_context.hpp>

#include <functional>
#include <memory>
#include <optional>

namespace lull::sandbox {

class GroupFreeze {
public:
  GroupFreeze(asio::io_context& loop, std::function<void(Instant)> reached);
  ~GroupFreeze();
  GroupFreeze(const GroupFreeze&) = delete;
  GroupFreeze& operator=(const GroupFreeze&) = delete;

  // False: not to be had. Told on the loop, never from inside a call. Nothing when it is on already.
  [[nodiscard]] bool begin(const Group& group);
  void end(const Group& group);
  void forget();  // the processes are gone
  [[nodiscard]] std::optional<Instant> since() const;

private:
  struct Ear;
  std::shared_ptr<Ear> m_ear;
};

}  // namespace lull::sandbox
