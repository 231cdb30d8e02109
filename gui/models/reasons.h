// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/time.h"
#include "lull/v1/status.pb.h"

#include <QtQmlIntegration/qqmlintegration.h>
#include <QAbstractListModel>
#include <QString>

#include <optional>
#include <vector>

namespace lull::models {

// All that holds the device back, the strictest first: the answer to "Why?".
class ReasonList : public QAbstractListModel {
  Q_OBJECT
  QML_ELEMENT
  QML_UNCREATABLE("a Device has its own")
  Q_PROPERTY(int count READ count NOTIFY countChanged)
public:
  enum Role { Title = Qt::UserRole + 1, Measured, Setting, Remedy, Until };

  using QAbstractListModel::QAbstractListModel;

  // Shows the reasons of `status`; tells when their wording goes stale.
  std::optional<UnixMs> show(const v1::Status& status, UnixMs now);

  [[nodiscard]] int count() const { return static_cast<int>(m_rows.size()); }
  [[nodiscard]] int rowCount(const QModelIndex& parent = {}) const override;
  [[nodiscard]] QVariant data(const QModelIndex& index, int role) const override;
  [[nodiscard]] QHash<int, QByteArray> roleNames() const override;

signals:
  void countChanged();

private:
  struct Row {
    QString title;
    QString measured;  // "84 °C now, 75 °C allowed"
    QString setting;   // the key that would change it
    QString remedy;    // what the owner can do
    QString until;     // when it is looked at again
    bool operator==(const Row&) const = default;
  };
  [[nodiscard]] static Row rowFor(const v1::Reason& reason, const QString& gpu, const QString& text, UnixMs now);
  void replace(std::vector<Row> rows);

  std::vector<Row> m_rows;
};

}  // namespace lull::models
