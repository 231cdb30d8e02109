// SPDX-License-Identifier: Apache-2.0
// The book's figures: what workers metered, counted and measured. They come from processes that are not trusted:
// nothing they say may break a sum or make the file grow without end.
#include "ledger/book.h"

#include <algorithm>
#include <cmath>

namespace lull::ledger {

namespace {

constexpr std::int64_t kMinuteMs = 60'000;
// These keep sums inside 64 bits. 115 days, 2.8 MWh.
constexpr std::uint64_t kMostOfOneSession = 10'000'000'000'000'000;
// More than a task can read and write in years; sums of a million such tasks fit.
constexpr std::uint64_t kMostTokens = 1'000'000'000'000;
// A curve that grows beyond is thinned.
constexpr std::int64_t kMostLosses = 4096;
constexpr std::int64_t kStretches = 1024;
constexpr std::uint64_t kMostSteps = 1'000'000'000'000;

std::int64_t bounded(std::uint64_t figure, std::uint64_t most) {
  return static_cast<std::int64_t>(std::min(figure, most));
}

std::int64_t minuteOf(UnixMs at) { return at / kMinuteMs - (at % kMinuteMs < 0 ? 1 : 0); }

std::optional<double> finite(bool measured, double loss) {
  return measured && std::isfinite(loss) ? std::optional(loss) : std::nullopt;
}

}  // namespace

std::optional<std::int64_t> GrowingRows::find(std::int64_t of, UnixMs at) const {
  const auto row = m_rows.find(of);
  const bool grows =
      row != m_rows.end() && row->second.minute == minuteOf(at) && row->second.id > m_newest - kRowsThatMayGrow;
  return grows ? std::optional(row->second.id) : std::nullopt;
}

void GrowingRows::begun(std::int64_t row, std::int64_t of, UnixMs at) {
  m_newest = row;
  std::erase_if(m_rows, [this](const auto& r) { return r.second.id <= m_newest - kRowsThatMayGrow; });
  m_rows[of] = {row, minuteOf(at)};
}

void Book::write(const model::SessionMetered& e) {
  const auto task = unended(e.task);
  if (!task) return;
  const auto known = session(e, *task);
  if (!known || known->task != *task) return;
  const auto& before = known->total;
  const Metered total{std::max(before.gpuNs, bounded(e.gpuNs, kMostOfOneSession)),
                      std::max(before.energyUj, bounded(e.energyUj, kMostOfOneSession)),
                      before.estimated || (e.energyEstimated && e.energyUj > 0),
                      std::max(before.cpuNs, bounded(e.cpuNs, kMostOfOneSession))};
  const Metered by{total.gpuNs - before.gpuNs, total.energyUj - before.energyUj, total.estimated,
                   total.cpuNs - before.cpuNs};
  if (by.gpuNs == 0 && by.energyUj == 0 && by.cpuNs == 0) return;
  m_updateSession.run(known->id, total.gpuNs, total.energyUj, total.estimated, total.cpuNs);
  addIncrement(known->id, e.at, by);
}

void Book::write(const model::UsageCounted& e) {
  const auto task = unended(e.task);
  if (!task) return;
  const auto before = usedOf(*task);
  const Used total{std::max(before.prompt, bounded(e.usage.prompt(), kMostTokens)),
                   std::max(before.completion, bounded(e.usage.completion(), kMostTokens)),
                   std::max(before.requests, bounded(e.usage.requests(), kMostTokens)),
                   std::max(before.requestsFailed, bounded(e.usage.requests_failed(), kMostTokens))};
  if (total == before) return;
  m_setUsed.run(*task, total.prompt, total.completion, total.requests, total.requestsFailed);
  addIncrement(*task, e.at,
               Used{total.prompt - before.prompt, total.completion - before.completion,
                    total.requests - before.requests, total.requestsFailed - before.requestsFailed});
}

void Book::write(const model::LossMeasured& e) {
  const auto task = unended(e.task);
  if (!task) return;
  std::int64_t added = 0;
  for (const auto& point : e.points) {
    const auto training = finite(point.has_training(), point.training());
    const auto heldOut = finite(point.has_held_out(), point.held_out());
    if ((!training && !heldOut) || point.step() > kMostSteps) continue;
    m_setLoss.run(*task, point.step(), training, heldOut, point.unix_ms());
    if (++added % kStretches == 0) thinLosses(*task);
  }
  thinLosses(*task);
}

void Book::write(const model::TemperatureSampled& e) {
  if (std::isfinite(e.celsius)) m_temperature.run(minuteOf(e.at), e.celsius);
}

// Of each of at most kStretches equal stretches of steps the last point stays, and the last with a held-out loss; the
// first of all does, too. Powers of two: however often it is thinned, it is as dense at its beginning as at its end.
void Book::thinLosses(std::int64_t task) {
  std::int64_t first = 0;
  std::int64_t width = 1;
  {
    auto rows = m_extentOfLosses.rows(task);
    if (!rows.next() || rows.integer(0) <= kMostLosses) return;
    first = rows.integer(1);
    while ((rows.integer(2) - first) / width >= kStretches) width *= 2;
  }
  m_thinLosses.run(task, first, width);
}

Book::Metered Book::meteredOf(std::int64_t task) {
  auto rows = m_metered.rows(task);
  if (!rows.next()) return {};
  return {rows.integer(0), rows.integer(1), rows.integer(2) != 0, rows.integer(3)};
}

Book::Used Book::usedOf(std::int64_t task) {
  auto rows = m_used.rows(task);
  if (!rows.next()) return {};
  return {rows.integer(0), rows.integer(1), rows.integer(2), rows.integer(3)};
}

std::optional<Book::Session> Book::session(const model::SessionMetered& e, std::int64_t task) {
  {
    auto rows = m_findSession.rows(e.session);
    if (rows.next()) {
      return Session{
          rows.integer(0), rows.integer(1), {rows.integer(2), rows.integer(3), rows.integer(4) != 0, rows.integer(5)}};
    }
  }
  if (m_insertSession.run(e.session, task) != 1) return std::nullopt;
  return Session{m_connection.lastRowId(), task, {}};
}

void Book::addIncrement(std::int64_t session, UnixMs at, const Metered& by) {
  if (const auto row = m_meterRows.find(session, at)) {
    m_growMeter.run(*row, by.gpuNs, by.energyUj, by.estimated, by.cpuNs);
    return;
  }
  m_insertMeter.run(session, by.gpuNs, by.energyUj, by.estimated, by.cpuNs, at);
  m_meterRows.begun(m_connection.lastRowId(), session, at);
}

void Book::addIncrement(std::int64_t task, UnixMs at, const Used& by) {
  if (const auto row = m_tokenRows.find(task, at)) {
    m_growToken.run(*row, by.prompt, by.completion, by.requests, by.requestsFailed);
    return;
  }
  m_insertToken.run(task, by.prompt, by.completion, by.requests, by.requestsFailed, at);
  m_tokenRows.begun(m_connection.lastRowId(), task, at);
}

}  // namespace lull::ledger
