// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/time.h"

#include <QtQmlIntegration/qqmlintegration.h>
#include <QAbstractListModel>

#include <vector>

namespace lull::models {

// How long one may pause. The instants are worked out when a choice is made.
class PauseChoices : public QAbstractListModel {
  Q_OBJECT
  QML_ELEMENT
  QML_UNCREATABLE("a Device has its own")
public:
  enum Role { Label = Qt::UserRole + 1 };
  enum Choice { HalfAnHour, AnHour, UntilTomorrowMorning, UntilResumed };
  Q_ENUM(Choice)

  using QAbstractListModel::QAbstractListModel;

  // What PauseRequest.until_unix_ms shall be.
  [[nodiscard]] static UnixMs until(Choice choice, UnixMs now);

  [[nodiscard]] int rowCount(const QModelIndex& parent = {}) const override;
  [[nodiscard]] QVariant data(const QModelIndex& index, int role) const override;
  [[nodiscard]] QHash<int, QByteArray> roleNames() const override;
};

}  // namespace lull::models
