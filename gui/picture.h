// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <QObject>
#include <QQuickWindow>
#include <QString>
#include <QTimer>

#include "models/device.h"
#include "models/programs.h"

namespace lull::dashboard {

// Saves one picture of the window once it shows something settled, and ends the program: with 0, or with 1 and a
// message on standard error.
class Picture : public QObject {
  Q_OBJECT
public:
  enum class Of { Whatever, TheService };  // Whatever: also of a service that is not there

  struct Shown {
    models::Device& device;
    models::Programs& programs;
  };
  Picture(QQuickWindow& window, Shown shown, QString file, Of of);

private:
  void look();
  void take();
  void give(const QString& trouble);

  QQuickWindow& m_window;
  models::Device& m_device;
  models::Programs& m_programs;
  QString m_file;
  Of m_of;
  QTimer m_limit;
  bool m_taken = false;
};

}  // namespace lull::dashboard
