// SPDX-License-Identifier: Apache-2.0
// The reader's sums and time series.
#include "ledger/book.h"
#include "ledger/reader.h"

#include <algorithm>
#include <cmath>

namespace lull::ledger {

namespace {

constexpr std::uint32_t kPoints = 300;
constexpr std::uint32_t kMostPoints = 2000;
constexpr std::int64_t kShortestBucketMs = 60'000;  // increments and temperatures are kept by the minute
constexpr std::int64_t kFarAwayMs = 1LL << 60;      // instants beyond are brought inside: differences stay in 64 bits

// The value below which `share` of the sorted values lie (nearest rank).
double percentile(const std::vector<double>& sorted, double share) {
  if (sorted.empty()) return 0;
  const auto rank = static_cast<std::size_t>(std::ceil(share * static_cast<double>(sorted.size())));
  return sorted[std::clamp<std::size_t>(rank, 1, sorted.size()) - 1];
}

}  // namespace

Result<Totals> Reader::totals(UnixMs dayStart) {
  m_begin.run();  // one moment for all
  addUpEntries();
  addUp(m_metered, m_newestMeter, m_meterBetween);
  addUp(m_used, m_newestToken, m_tokensBetween);
  refreshGiveBack();
  Totals totals;
  totals.today = today(dayStart);
  {
    auto rows = m_queued.rows();
    if (rows.next()) totals.queued = rows.natural(0);
  }
  m_commit.run();
  if (const auto error = m_connection->takeError()) {
    m_connection->execute("ROLLBACK");
    std::ignore = m_connection->takeError();
    return error->error().during("adding up the ledger");
  }
  fill(totals.total, m_metered.all, m_used.all);
  totals.total.set_tasks_done(m_entries.done);
  totals.total.set_micro_credits(m_entries.microCredits);
  totals.giveBack = m_giveBack;
  totals.done = m_entries.done;
  totals.failed = m_entries.failed;
  return totals;
}

void Reader::addUpEntries() {
  auto rows = m_newEntries.rows(m_entries.upTo);
  if (!rows.next() || rows.isNull(0)) return;
  m_entries.upTo = rows.integer(0);
  m_entries.done += rows.natural(1);
  m_entries.failed += rows.natural(2);
  m_entries.microCredits += rows.integer(3);
  m_entries.giveBackChanged = m_entries.giveBackChanged || rows.integer(4) > 0;
}

void Reader::Metered::add(const Rows& rows) {
  gpuNs += rows.natural(0);
  energyUj += rows.natural(1);
  estimated = estimated || rows.integer(2) != 0;
  cpuNs += rows.natural(3);
}

void Reader::Used::add(const Rows& rows) {
  usage.set_prompt(usage.prompt() + rows.natural(0));
  usage.set_completion(usage.completion() + rows.natural(1));
  usage.set_requests(usage.requests() + rows.natural(2));
  usage.set_requests_failed(usage.requests_failed() + rows.natural(3));
}

template <typename Sum>
void Reader::addUp(Increments<Sum>& increments, Statement& newest, Statement& between) {
  std::int64_t last = 0;
  {
    auto rows = newest.rows();
    if (rows.next()) last = rows.integer(0);
  }
  const auto sum = [&between](Sum from, std::int64_t upTo) {
    auto rows = between.rows(from.upTo, upTo);
    if (!rows.next()) return from;
    from.upTo = upTo;
    from.add(rows);
    return from;
  };
  const auto settled = last - kRowsThatMayGrow;
  if (settled > increments.settled.upTo) increments.settled = sum(increments.settled, settled);
  increments.all = sum(increments.settled, last);
}

void Reader::fill(v1::Contribution& contribution, const Metered& metered, const Used& used) {
  contribution.set_gpu_ns(metered.gpuNs);
  contribution.set_energy_uj(metered.energyUj);
  contribution.set_energy_estimated(metered.estimated);
  contribution.set_cpu_ns(metered.cpuNs);
  if (used.usage.ByteSizeLong() > 0) *contribution.mutable_usage() = used.usage;
}

void Reader::refreshGiveBack() {
  if (!m_entries.giveBackChanged) return;
  std::vector<double> drained;
  {
    auto rows = m_giveBacks.rows();
    while (rows.next()) drained.push_back(rows.real(0));
  }
  m_giveBack.set_count(drained.size());
  m_giveBack.set_p50_ms(percentile(drained, 0.50));
  m_giveBack.set_p99_ms(percentile(drained, 0.99));
  m_giveBack.set_max_ms(drained.empty() ? 0 : drained.back());
  auto rows = m_newestGiveBack.rows();
  if (rows.next()) {
    m_giveBack.set_last_unix_ms(rows.integer(0));
    m_giveBack.set_last_ms(rows.real(1));
  }
  m_entries.giveBackChanged = !m_connection->ok();
}

v1::Contribution Reader::today(UnixMs dayStart) {
  Metered metered;
  Used used;
  {
    auto rows = m_meterSince.rows(dayStart);
    if (rows.next()) metered.add(rows);
  }
  {
    auto rows = m_tokensSince.rows(dayStart);
    if (rows.next()) used.add(rows);
  }
  v1::Contribution today;
  fill(today, metered, used);
  auto rows = m_creditsSince.rows(dayStart);
  if (rows.next()) {
    today.set_tasks_done(rows.natural(0));
    today.set_micro_credits(rows.integer(1));
  }
  return today;
}

Result<History> Reader::history(const HistoryQuery& query) {
  const auto from = std::clamp<UnixMs>(query.from, 0, kFarAwayMs);
  const auto to = std::clamp<UnixMs>(query.to, 0, kFarAwayMs);
  if (query.to <= query.from) return Error(Error::Kind::Invalid, "the time span of a history must end after it begins");
  const std::int64_t points = query.points == 0 ? kPoints : std::min(query.points, kMostPoints);
  const auto bucket = std::max(kShortestBucketMs, (to - from + points - 1) / points);

  Statement* series = nullptr;
  switch (query.series) {
    case v1::SERIES_GPU_SECONDS:
      series = &m_gpuSeconds;
      break;
    case v1::SERIES_TEMPERATURE:
      series = &m_temperatures;
      break;
    case v1::SERIES_CREDITS:
      series = &m_credits;
      break;
    case v1::SERIES_GIVE_BACK:
      series = &m_slowest;
      break;
    case v1::SERIES_TOKENS:
      series = &m_tokens;
      break;
    case v1::SERIES_CPU_SECONDS:
      series = &m_cpuSeconds;
      break;
    default:
      return Error(Error::Kind::Invalid,
                   "there is no such series: ask for gpu_seconds, temperature, credits, give_back, tokens or "
                   "cpu_seconds");
  }
  History history{.points = {}, .bucketMs = static_cast<std::uint64_t>(bucket)};
  auto rows = series->rows(from, to, bucket);
  while (rows.next()) {
    auto& point = history.points.emplace_back();
    point.set_unix_ms(from + rows.integer(0) * bucket);
    point.set_value(rows.real(1));
  }
  if (const auto error = m_connection->takeError()) return error->error().during("reading the history");
  return history;
}

}  // namespace lull::ledger
