// SPDX-License-Identifier: Apache-2.0
#include "governor/queue/plan.h"

#include "governor/pacing/slices.h"

#include <algorithm>

namespace lull::governor {

namespace {

constexpr std::uint64_t kNoTarget = UINT64_MAX;

// Signalled by a batch before it in the same submission.
bool isOwnDoing(const Item& item, std::size_t batch, const SemaphoreWait& wait) {
  const auto end = item.signals.begin() + static_cast<std::ptrdiff_t>(item.batches[batch].signals);
  return std::any_of(item.signals.begin(), end, [&wait](const SemaphoreSignal& signal) {
    return signal.semaphore == wait.semaphore && signal.value >= wait.value;
  });
}

}  // namespace

bool Planner::isSafe(const Item& item, std::size_t batch, const SemaphoreWait& wait) const {
  return Semaphores::isMet(wait.need) || wait.need.ticket.handed == &m_own || isOwnDoing(item, batch, wait);
}

const SemaphoreWait* Planner::inTheWay(const Item& item) const {
  if (item.isDone() || item.at.entered) return nullptr;
  for (const SemaphoreWait& wait : item.waitsOf(item.at.batch)) {
    if (!isSafe(item, item.at.batch, wait)) return &wait;
  }
  return nullptr;
}

// The first batch that cannot be entered yet.
std::size_t Planner::safeEnd(const Item& item) const {
  std::size_t batch = item.at.batch + (item.at.entered ? 1 : 0);
  const auto enters = [&](std::size_t i) {
    const auto waits = item.waitsOf(i);
    return std::all_of(waits.begin(), waits.end(), [&](const SemaphoreWait& wait) { return isSafe(item, i, wait); });
  };
  while (batch < item.batches.size() && enters(batch)) ++batch;
  return batch;
}

std::optional<Plan> Planner::next(const Item& item, const Limits& limits) {
  const std::size_t batches = safeEnd(item);
  if (batches == item.at.batch && !item.isDone()) return std::nullopt;
  Plan plan;
  plan.end = {.batch = batches, .part = batches > 0 ? item.partsEnd(batches - 1) : 0, .entered = false};
  const std::size_t limit = plan.end.part;
  m_predicted.clear();
  if (item.form == Item::Form::Bind) {
    plan.carriesWork = batches > item.at.batch;
  } else {
    plan.end.part = item.at.part + partsOf(item, limit, limits.whole ? kNoTarget : limits.targetNs);
    plan.carriesWork = plan.end.part > item.at.part;
  }
  if (plan.end.part < limit) {
    plan.end.batch = item.at.batch;
    while (item.partsEnd(plan.end.batch) <= plan.end.part) ++plan.end.batch;
    plan.end.entered =
        plan.end.part > item.batches[plan.end.batch].parts || (plan.end.batch == item.at.batch && item.at.entered);
  }
  const std::size_t touched = plan.end.entered ? plan.end.batch + 1 : plan.end.batch;
  for (std::size_t i = item.at.batch + (item.at.entered ? 1 : 0); i < touched; ++i) {
    const auto waits = item.waitsOf(i);
    if (std::any_of(waits.begin(), waits.end(), [](const auto& w) { return Semaphores::isBlind(w.need); })) {
      plan.blind = true;
    }
  }
  for (const auto& predicted : m_predicted) plan.expectedNs += predicted.value_or(0);
  return plan;
}

// Asks no further than it must: a submission may have thousands of chunks.
std::size_t Planner::partsOf(const Item& item, std::size_t limit, std::uint64_t targetNs) {
  std::uint64_t sum = 0;
  for (std::size_t i = item.at.part; i < limit && sum <= targetNs; ++i) {
    const WorkList& work = item.parts[i].chunk.work;
    m_predicted.push_back(work != nullptr ? m_costs.predict(std::span<const Work>(*work)) : std::nullopt);
    if (!m_predicted.back() && targetNs != kNoTarget) break;
    sum += m_predicted.back().value_or(0);
  }
  std::size_t count = targetNs == kNoTarget ? m_predicted.size() : nextSlice(m_predicted, targetNs);
  m_predicted.resize(count);
  while (count > 0 && item.at.part + count < limit && item.parts[item.at.part + count - 1].chunk.withNext) ++count;
  return count;
}

}  // namespace lull::governor
