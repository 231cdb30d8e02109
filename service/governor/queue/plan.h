// SPDX-License-Identifier: Apache-2.0
// How much of an item goes to the driver next. No Vulkan is called.
#pragma once

#include "governor/pacing/costs.h"
#include "governor/queue/item.h"

#include <cstdint>
#include <optional>
#include <vector>

namespace lull::governor {

struct Plan {
  Item::Position end;
  bool carriesWork = false;
  bool probes = false;  // nothing but waits whose end cannot be seen from here: what comes next needs it to be done
  bool unsafe = false;  // it may wait for what nobody has signalled or submitted yet
  std::uint64_t expectedNs = 0;  // 0: not known
};

class Planner {
public:
  // `own`: the count of the queue that the item is on; what is before it on that queue needs no waiting for.
  Planner(const Costs& costs, const std::atomic<std::uint64_t>& own) : m_costs(costs), m_own(own) {}

  struct Limits {
    std::uint64_t targetNs = 0;
    bool whole = false;
    bool hurried = false;  // what is still to be signalled is the driver's to wait for
  };
  // nullopt: the next batch's waits are not met by what the driver has. May throw bad_alloc.
  [[nodiscard]] std::optional<Plan> next(const Item& item, const Limits& limits);
  // The first wait in the way; nullptr: there is none any more.
  [[nodiscard]] const SemaphoreWait* inTheWay(const Item& item, bool hurried) const;

private:
  [[nodiscard]] bool isSafe(const Item& item, std::size_t batch, const SemaphoreWait& wait) const;
  [[nodiscard]] bool mayPass(const Item& item, std::size_t batch, const SemaphoreWait& wait, bool hurried) const;
  [[nodiscard]] bool mayEnter(const Item& item, std::size_t batch, bool hurried) const;
  [[nodiscard]] std::size_t reach(const Item& item, bool hurried) const;
  [[nodiscard]] std::size_t partsOf(const Item& item, std::size_t limit, std::uint64_t targetNs);

  const Costs& m_costs;
  const std::atomic<std::uint64_t>& m_own;
  std::vector<std::optional<std::uint64_t>> m_predicted;
};

}  // namespace lull::governor
