// SPDX-License-Identifier: Apache-2.0
#include "models/pause_choices.h"

#include <QDateTime>

namespace lull::models {

namespace {

constexpr UnixMs kMinute = 60 * 1000;
constexpr UnixMs kUntilResumed = -1;
constexpr int kMorningHour = 7;

}  // namespace

UnixMs PauseChoices::until(Choice choice, UnixMs now) {
  switch (choice) {
    case HalfAnHour:
      return now + 30 * kMinute;
    case AnHour:
      return now + 60 * kMinute;
    case UntilTomorrowMorning:
      return QDateTime(QDateTime::fromMSecsSinceEpoch(now).date().addDays(1), QTime(kMorningHour, 0))
          .toMSecsSinceEpoch();
    case UntilResumed:
      break;
  }
  return kUntilResumed;
}

int PauseChoices::rowCount(const QModelIndex& parent) const { return parent.isValid() ? 0 : UntilResumed + 1; }

QVariant PauseChoices::data(const QModelIndex& index, int role) const {
  if (role != Label || !checkIndex(index, CheckIndexOption::IndexIsValid)) return {};
  switch (static_cast<Choice>(index.row())) {
    case HalfAnHour:
      return tr("For 30 minutes");
    case AnHour:
      return tr("For 1 hour");
    case UntilTomorrowMorning:
      return tr("Until tomorrow morning, 07:00");
    case UntilResumed:
      return tr("Until I resume");
  }
  return {};
}

QHash<int, QByteArray> PauseChoices::roleNames() const { return {{Label, "label"}}; }

}  // namespace lull::models
