// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/time.h"
#include "lull/v1/envelope.pb.h"

#include <QtQmlIntegration/qqmlintegration.h>
#include <QList>
#include <QObject>
#include <QString>

namespace lull::models {

inline constexpr int kHistoryBars = 48;
inline constexpr UnixMs kHistorySpan = 24 * 60 * 60 * 1000;

// GPU time of the last 24 hours, as bars of half an hour, the newest last.
struct History {
  Q_GADGET
  QML_VALUE_TYPE(history)
  Q_PROPERTY(int bars READ bars CONSTANT)
  Q_PROPERTY(QList<double> heights MEMBER heights)
  Q_PROPERTY(QString summary MEMBER summary)
public:
  QList<double> heights = QList<double>(kHistoryBars, 0.0);  // 0..1 of the highest
  QString summary;                                           // for who cannot see the plot
  [[nodiscard]] int bars() const { return kHistoryBars; }
  bool operator==(const History&) const = default;
};

// What to ask for at `now`: the buckets begin at whole half hours, so that bars do not crawl.
[[nodiscard]] v1::GetHistoryRequest historyRequest(UnixMs now);
[[nodiscard]] History history(const v1::GetHistoryRequest& asked, const v1::GetHistoryReply& reply);

}  // namespace lull::models
