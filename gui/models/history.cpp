// SPDX-License-Identifier: Apache-2.0
#include "models/history.h"

#include "models/wording.h"

#include <QCoreApplication>

#include <algorithm>
#include <numeric>

namespace lull::models {

namespace {

constexpr UnixMs kBar = kHistorySpan / kHistoryBars;
// Half a minute of GPU time in half an hour still looks small, however empty the rest of the day was.
constexpr double kLeastFull = 60;

}  // namespace

v1::GetHistoryRequest historyRequest(UnixMs now) {
  v1::GetHistoryRequest request;
  request.set_series(v1::SERIES_GPU_SECONDS);
  request.set_to_unix_ms((now / kBar + 1) * kBar);
  request.set_from_unix_ms(request.to_unix_ms() - kHistorySpan);
  request.set_points(kHistoryBars);
  return request;
}

History history(const v1::GetHistoryRequest& asked, const v1::GetHistoryReply& reply) {
  QList<double> sums(kHistoryBars, 0.0);
  for (const auto& point : reply.points()) {
    const auto bar = (point.unix_ms() - asked.from_unix_ms()) / kBar;
    if (point.unix_ms() < asked.from_unix_ms() || bar >= kHistoryBars) continue;
    sums[static_cast<qsizetype>(bar)] += std::max(point.value(), 0.0);
  }
  History out;
  const double sum = std::accumulate(sums.begin(), sums.end(), 0.0);
  const double full = std::max(kLeastFull, *std::ranges::max_element(sums));
  std::ranges::transform(sums, out.heights.begin(), [full](double s) { return s / full; });
  out.summary = QCoreApplication::translate("History", "GPU time in the last 24 hours: %1").arg(shortSpan(sum));
  return out;
}

}  // namespace lull::models
