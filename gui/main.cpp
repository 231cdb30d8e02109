// SPDX-License-Identifier: Apache-2.0
// lull-dashboard: the owner's window on Lull.
#include "base/time.h"
#include "base/version.h"
#include "models/device.h"
#include "models/programs.h"
#include "options.h"
#include "picture.h"
#include "qml_modules.h"

#include <QGuiApplication>
#include <QIcon>
#include <QPalette>
#include <QQmlApplicationEngine>
#include <QQuickStyle>
#include <QQuickWindow>
#include <QTimer>

#include <malloc.h>

#include <cstdio>
#include <memory>

using namespace lull;
using namespace lull::dashboard;

namespace {

// What must stand before there is an application.
void prepare(const Options& options) {
  if (!options.screenshot.isEmpty()) qputenv("QT_QPA_PLATFORM", "offscreen");
  QQuickStyle::setStyle(QStringLiteral("Basic"));
  if (options.renderer.isEmpty() || options.renderer == QStringLiteral("software")) {
    // Never the GPU that is being lent.
    QQuickWindow::setGraphicsApi(QSGRendererInterface::Software);
  } else {
    QQuickWindow::setGraphicsApi(options.renderer == QStringLiteral("vulkan") ? QSGRendererInterface::Vulkan
                                                                              : QSGRendererInterface::OpenGL);
  }
}

void describe(const QGuiApplication&, Appearance appearance) {
  QGuiApplication::setApplicationName(QStringLiteral("lull-dashboard"));
  QGuiApplication::setApplicationVersion(QString::fromLatin1(kVersion));
  QGuiApplication::setDesktopFileName(QStringLiteral("org.lull.Dashboard"));
  QGuiApplication::setWindowIcon(QIcon(QStringLiteral(":/lull/lull.svg")));
  if (appearance == Appearance::System) return;
  // The theme follows the palette's window colour.
  QGuiApplication::setPalette(QPalette(appearance == Appearance::Dark ? QColor(32, 32, 36) : QColor(239, 239, 242)));
}

void reportFirstFrame(QQuickWindow& window) {
  QObject::connect(
      &window, &QQuickWindow::frameSwapped, &window,
      [] {
        const auto now = SystemClock().now();
        std::printf("{\"first_frame_monotonic_ns\":%lld}\n", static_cast<long long>(toNs(now.instant)));
        std::fflush(stdout);
      },
      static_cast<Qt::ConnectionType>(Qt::DirectConnection | Qt::SingleShotConnection));
}

// Loading QML leaves much behind that is free but not given back.
void trimAfterStart(QQuickWindow& window, QQmlApplicationEngine& engine) {
  QObject::connect(
      &window, &QQuickWindow::frameSwapped, &engine,
      [&engine] {
        engine.trimComponentCache();
        engine.collectGarbage();
        ::malloc_trim(0);
      },
      static_cast<Qt::ConnectionType>(Qt::QueuedConnection | Qt::SingleShotConnection));
}

int run(const QGuiApplication& app, const Options& options) {
  describe(app, options.appearance);
  QQmlApplicationEngine engine;
  engine.addImportPath(QString::fromLatin1(kQmlImportPath));
  engine.setInitialProperties({{QStringLiteral("socketPath"), options.socket},
                               {QStringLiteral("factor"), options.scale},
                               {QStringLiteral("wantedSize"), options.size.value_or(QSize())}});
  engine.load(QUrl(QStringLiteral("qrc:/qt/qml/Lull/Shell/MainWindow.qml")));
  auto* window = engine.rootObjects().isEmpty() ? nullptr : qobject_cast<QQuickWindow*>(engine.rootObjects().first());
  auto* device = window == nullptr ? nullptr : window->findChild<models::Device*>();
  auto* programs = window == nullptr ? nullptr : window->findChild<models::Programs*>();
  if (device == nullptr || programs == nullptr) {
    std::fputs("lull-dashboard: the window could not be made; the lines above say why\n", stderr);
    return 1;
  }
  if (options.firstFrameReport) reportFirstFrame(*window);
  trimAfterStart(*window, engine);
  std::unique_ptr<Picture> picture;
  if (!options.screenshot.isEmpty()) {
    picture = std::make_unique<Picture>(*window, Picture::Shown{*device, *programs}, options.screenshot,
                                        options.afterConnected ? Picture::Of::TheService : Picture::Of::Whatever);
  }
  if (options.quitAfter) {
    QTimer::singleShot(std::chrono::milliseconds(static_cast<std::int64_t>(*options.quitAfter * 1000)), &app,
                       &QCoreApplication::quit);
  }
  window->show();
  window->requestActivate();  // without a window manager nothing would have the focus
  return QGuiApplication::exec();
}

}  // namespace

int main(int argc, char* argv[]) {
  QStringList arguments;
  for (int i = 1; i < argc; ++i) arguments.append(QString::fromLocal8Bit(argv[i]));
  const auto options = parseOptions(arguments);
  if (!options.ok()) {
    std::fprintf(stderr, "lull-dashboard: %s\n", options.error().text().c_str());
    return 2;
  }
  if (options->help) return std::fputs(qUtf8Printable(helpText()), stdout) < 0 ? 1 : 0;
  if (options->version) return std::printf("lull-dashboard %s\n", kVersion) < 0 ? 1 : 0;
  prepare(*options);
  const QGuiApplication app(argc, argv);
  return run(app, *options);
}
