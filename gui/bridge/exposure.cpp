// SPDX-License-Identifier: Apache-2.0
#include "bridge/exposure.h"

#include <QEvent>

namespace lull::bridge {

void Exposure::setWindow(QQuickWindow* window) {
  if (m_window == window) return;
  if (m_window) m_window->removeEventFilter(this);
  m_window = window;
  if (m_window) m_window->installEventFilter(this);
  emit windowChanged();
  look();
}

bool Exposure::eventFilter(QObject* watched, QEvent* event) {
  const bool handled = QObject::eventFilter(watched, event);
  switch (event->type()) {
    case QEvent::Expose:
    case QEvent::Show:
    case QEvent::Hide:
    case QEvent::WindowStateChange:
      // After the window itself has taken the event.
      QMetaObject::invokeMethod(this, &Exposure::look, Qt::QueuedConnection);
      break;
    default:
      break;
  }
  return handled;
}

void Exposure::look() {
  const bool exposed = m_window && m_window->isExposed() && m_window->visibility() != QWindow::Minimized;
  if (exposed == m_exposed) return;
  m_exposed = exposed;
  if (!exposed && m_window) m_window->releaseResources();
  emit exposedChanged();
}

}  // namespace lull::bridge
