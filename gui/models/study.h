// SPDX-License-Identifier: Apache-2.0
// What a task with a language model is about: told when it is asked for, not by the status.
#pragma once

#include "lull/v1/envelope.pb.h"

#include <QtQmlIntegration/qqmlintegration.h>
#include <QList>
#include <QObject>
#include <QString>

namespace lull::models {

inline constexpr int kLossBars = 24;  // at most

struct Study {
  Q_GADGET
  QML_VALUE_TYPE(study)
  Q_PROPERTY(QString model MEMBER model)
  Q_PROPERTY(QList<double> losses MEMBER losses)
  Q_PROPERTY(QString loss MEMBER loss)
public:
  QString model;         // its name; empty: not known, or there is none
  QList<double> losses;  // of a training, 0..1 of the highest, the newest last; empty: nothing learned yet
  QString loss;          // "loss 2.31, at first 4.02": also for who cannot see the plot
  bool operator==(const Study&) const = default;
};

// The hash of the model that a task names; empty: none.
[[nodiscard]] std::string modelOf(const v1::Task& task);
[[nodiscard]] Study study(const v1::Task& task, const QString& model);

}  // namespace lull::models
