// SPDX-License-Identifier: Apache-2.0
// The programs that run under the governor by themselves (`lull governor`), by name, and what one may wish of them.
// Sleeps while there are none, and while it is not shown.
#pragma once

#include "bridge/governed_link.h"
#include "lull/v1/governed.pb.h"

#include <QtQmlIntegration/qqmlintegration.h>
#include <QAbstractListModel>
#include <QFileSystemWatcher>
#include <QString>
#include <QTimer>

#include <memory>
#include <vector>

namespace lull::models {

// One of them as it is shown.
struct ProgramView {
  QString name;
  QString state;   // "Uses 43 % of the GPU"
  QString detail;  // "12 s of GPU time, 1.2 GiB of its memory"
  int duty = 100;
  bool parked = false;
  bool operator==(const ProgramView&) const = default;
};
[[nodiscard]] ProgramView programView(const v1::GovernedProgram& program);

class Programs : public QAbstractListModel {
  Q_OBJECT
  QML_ELEMENT
  Q_PROPERTY(int count READ count NOTIFY countChanged)
  Q_PROPERTY(bool shown READ shown WRITE setShown NOTIFY shownChanged)
  Q_PROPERTY(QString notice READ notice NOTIFY noticeChanged)
public:
  enum Role { Name = Qt::UserRole + 1, State, Detail, Duty, Parked };

  explicit Programs(QObject* parent = nullptr);
  ~Programs() override;

  [[nodiscard]] int count() const { return static_cast<int>(m_rows.size()); }
  [[nodiscard]] bool shown() const { return m_shown; }
  void setShown(bool shown);
  [[nodiscard]] QString notice() const { return m_notice; }  // what became of the last wish, when it is worth telling
  [[nodiscard]] bool settled() const;  // all that were found have told about themselves, or have gone
  [[nodiscard]] int rowCount(const QModelIndex& parent = {}) const override;
  [[nodiscard]] QVariant data(const QModelIndex& index, int role) const override;
  [[nodiscard]] QHash<int, QByteArray> roleNames() const override;

  Q_INVOKABLE void park(int row);
  Q_INVOKABLE void resume(int row);
  Q_INVOKABLE void setDuty(int row, int percent);  // held within 1..100
  Q_INVOKABLE void dismissNotice() { setNotice({}); }

signals:
  void countChanged();
  void shownChanged();
  void noticeChanged();
  void settledChanged();

private:
  struct Row {
    std::unique_ptr<bridge::GovernedLink> link;
    ProgramView view;
  };
  void look();     // at the folder
  void enquire();  // at all programs
  void enquire(bridge::GovernedLink& link);
  void show(const bridge::GovernedLink& link, const v1::GovernedProgram& program);
  void forget(const bridge::GovernedLink& link);
  void setNotice(const QString& notice);
  void keepTime();
  template <typename Request>
  void wish(int row, Request request);

  QFileSystemWatcher m_watcher;
  QTimer m_again;
  std::vector<Row> m_rows;                                       // by name
  std::vector<std::unique_ptr<bridge::GovernedLink>> m_unknown;  // not yet heard of
  QString m_notice;
  bool m_shown = true;
};

}  // namespace lull::models
