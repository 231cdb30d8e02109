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
  bool blind = false;            // it waits for what cannot be seen from here
  std::uint64_t expectedNs = 0;  // 0: not known
};

class Planner {
public:
  // `own`: the count of the queue that the item is on; what is before it on that queue needs no waiting for.
  Planner(const Costs& costs, const std::atomic<std::uint64_t>& own) : m_costs(costs), m_own(own) {}

  struct Limits {
    std::uint64_t targetNs = 0;
    bool whole = false;
  };
  // nullopt: the next batch's waits are not met by what the driver has. May throw bad_alloc.
  [[nodiscard]] std::optional<Plan> next(const Item& item, const Limits& limits);
  // The first wait in the way; nullptr: there is none any more.
  [[nodiscard]] const SemaphoreWait* inTheWay(const Item& item) const;

private:
  [[nodiscard]] bool isSafe(const Item& item, std::size_t batch, const SemaphoreWait& wait) const;
  [[nodiscard]] std::size_t safeEnd(const Item& item) const;
  [[nodiscard]] std::size_t partsOf(const Item& item, std::size_t limit, std::uint64_t targetNs);

  const Costs& m_costs;
  const std::atomic<std::uint64_t>& m_own;
  std::vector<std::optional<std::uint64_t>> m_predicted;
};

}  // namespace lull::governor
