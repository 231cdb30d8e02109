// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <QtQmlIntegration/qqmlintegration.h>
#include <QObject>
#include <QPointer>
#include <QQuickWindow>

namespace lull::bridge {

// Whether a window can be seen at all: false while it is hidden, minimised or on another desktop. `visible` is not
// enough: a minimised window is still visible to Qt.
class Exposure : public QObject {
  Q_OBJECT
  QML_ELEMENT
  Q_PROPERTY(QQuickWindow* window READ window WRITE setWindow NOTIFY windowChanged)
  Q_PROPERTY(bool exposed READ exposed NOTIFY exposedChanged)
public:
  using QObject::QObject;

  [[nodiscard]] QQuickWindow* window() const { return m_window; }
  void setWindow(QQuickWindow* window);
  [[nodiscard]] bool exposed() const { return m_exposed; }

  bool eventFilter(QObject* watched, QEvent* event) override;

signals:
  void windowChanged();
  void exposedChanged();

private:
  void look();

  QPointer<QQuickWindow> m_window;
  bool m_exposed = false;
};

}  // namespace lull::bridge
