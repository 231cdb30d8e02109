// SPDX-License-Identifier: Apache-2.0
#include "picture.h"

#include <QCoreApplication>
#include <QImage>
#include <QSaveFile>

#include <cstdio>
#include <utility>

namespace lull::dashboard {

namespace {

constexpr std::chrono::seconds kLimit{10};

}  // namespace

Picture::Picture(QQuickWindow& window, Shown shown, QString file, Of of)
    : m_window(window), m_device(shown.device), m_programs(shown.programs), m_file(std::move(file)), m_of(of) {
  connect(&m_device, &models::Device::settledChanged, this, &Picture::look, Qt::QueuedConnection);
  connect(&m_device, &models::Device::liveChanged, this, &Picture::look, Qt::QueuedConnection);
  connect(&m_programs, &models::Programs::settledChanged, this, &Picture::look, Qt::QueuedConnection);
  connect(&m_window, &QQuickWindow::frameSwapped, this, &Picture::look, Qt::QueuedConnection);
  m_limit.setSingleShot(true);
  connect(&m_limit, &QTimer::timeout, this, [this] {
    give(m_device.live() ? tr("the service does not answer every question")
                         : tr("no service within 10 s: %1").arg(m_device.connection()->trouble()));
  });
  m_limit.start(kLimit);
}

void Picture::look() {
  const auto state = m_device.connection()->state();
  const bool lost = state == bridge::Connection::State::Lost || state == bridge::Connection::State::Refused;
  if (!m_device.settled() && !(lost && m_of == Of::Whatever)) return;
  if (!m_programs.settled() || !m_window.isExposed() || std::exchange(m_taken, true)) return;
  // grabWindow() brings the scene up to date and draws it, so nothing that was just told is missing.
  take();
}

void Picture::take() {
  const QImage image = m_window.grabWindow();
  if (image.isNull()) return give(tr("nothing was drawn"));
  QSaveFile file(m_file);
  if (!file.open(QIODevice::WriteOnly) || !image.save(&file, "PNG") || !file.commit()) {
    return give(tr("%1: %2").arg(m_file, file.errorString()));
  }
  QCoreApplication::exit(0);
}

void Picture::give(const QString& trouble) {
  std::fprintf(stderr, "lull-dashboard: no picture: %s\n", qUtf8Printable(trouble));
  QCoreApplication::exit(1);
}

}  // namespace lull::dashboard
