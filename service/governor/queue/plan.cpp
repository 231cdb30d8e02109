// SPDX-License-Identifier: Apache-2.0
#include "governor/queue/plan.h"

#include "governor/pacing/pace.h"
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

bool isTimeline(const SemaphoreWait& wait) { return wait.need.payload != nullptr && wait.need.payload->timeline; }

bool isBlind(const Item& item, std::size_t batch) {
  const auto waits = item.waitsOf(batch);
  return std::any_of(waits.begin(), waits.end(), [](const auto& wait) { return Semaphores::isBlind(wait.need); });
}

}  // namespace

bool Planner::isSafe(const Item& item, std::size_t batch, const SemaphoreWait& wait) const {
  return Semaphores::isMet(wait.need) || wait.need.ticket.handed == &m_own || isOwnDoing(item, batch, wait);
}

// A binary wait never goes out before its signal: drivers need not bear that, and the program may not ask for it.
bool Planner::mayPass(const Item& item, std::size_t batch, const SemaphoreWait& wait, bool hurried) const {
  return (hurried && isTimeline(wait)) || isSafe(item, batch, wait);
}

const SemaphoreWait* Planner::inTheWay(const Item& item, bool hurried) const {
  if (item.isDone() || item.at.entered) return nullptr;
  for (const SemaphoreWait& wait : item.waitsOf(item.at.batch)) {
    if (!mayPass(item, item.at.batch, wait, hurried)) return &wait;
  }
  return nullptr;
}

bool Planner::mayEnter(const Item& item, std::size_t batch, bool hurried) const {
  const auto waits = item.waitsOf(batch);
  return std::all_of(waits.begin(), waits.end(),
                     [&](const SemaphoreWait& wait) { return mayPass(item, batch, wait, hurried); });
}

// The first batch that cannot be entered yet, or not together with what is before it.
std::size_t Planner::reach(const Item& item, bool hurried) const {
  std::size_t batch = item.at.batch + (item.at.entered ? 1 : 0);
  while (batch < item.batches.size() && mayEnter(item, batch, hurried) && (hurried || !isBlind(item, batch))) ++batch;
  return batch;
}

std::optional<Plan> Planner::next(const Item& item, const Limits& limits) {
  Plan plan;
  if (!limits.hurried && !item.isDone() && !item.at.entered && isBlind(item, item.at.batch)) {
    if (!mayEnter(item, item.at.batch, false)) return std::nullopt;
    plan.end = {.batch = item.at.batch, .part = item.at.part, .entered = true};
    plan.probes = true;
    return plan;
  }
  const std::size_t batches = reach(item, limits.hurried);
  if (batches == item.at.batch && !item.isDone()) return std::nullopt;
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
    if (!mayEnter(item, i, false) || isBlind(item, i)) plan.unsafe = true;
  }
  if (plan.unsafe) return plan;
  for (const auto& predicted : m_predicted) plan.expectedNs += predicted.value_or(0);
  return plan;
}

// Asks no further than it must: a submission may have thousands of chunks.
std::size_t Planner::partsOf(const Item& item, std::size_t limit, std::uint64_t targetNs) {
  std::uint64_t sum = 0;
  for (std::size_t i = item.at.part; i < limit && sum <= mostNs(targetNs); ++i) {
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
