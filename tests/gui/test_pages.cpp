// SPDX-License-Identifier: Apache-2.0
// Runs the tst_*.qml files beside it against the real pages and a fake service.
#include "fakes/scenes.h"
#include "qml_modules.h"

#include <QDateTime>
#include <QProcess>
#include <QQmlContext>
#include <QQmlEngine>
#include <QQuickWindow>
#include <QTemporaryDir>
#include <QtQuickTest>

using namespace lull;
using v1::ClientFrame;

// The fake service as the QML tests steer it.
class Service : public QObject {
  Q_OBJECT
  Q_PROPERTY(QString socketPath READ socketPath CONSTANT)
  Q_PROPERTY(int sharingWishes READ sharingWishes NOTIFY requested)
  Q_PROPERTY(bool sharing READ sharing NOTIFY requested)
  Q_PROPERTY(QString cancelled READ cancelled NOTIFY requested)
  Q_PROPERTY(double pausedUntil READ pausedUntil NOTIFY requested)
  Q_PROPERTY(int pauses READ pauses NOTIFY requested)
  Q_PROPERTY(int resumes READ resumes NOTIFY requested)
public:
  explicit Service(QObject* parent = nullptr) : QObject(parent), m_fake(m_folder.filePath("lulld.sock")) {
    connect(&m_fake, &fakes::FakeService::requestReceived, this, &Service::requested);
  }

  [[nodiscard]] QString socketPath() const { return m_fake.socketPath(); }
  [[nodiscard]] int sharingWishes() const { return m_fake.count(ClientFrame::kSetSharing); }
  [[nodiscard]] bool sharing() const { return m_fake.status().sharing(); }
  [[nodiscard]] QString cancelled() const {
    return QString::fromStdString(m_fake.last(ClientFrame::kCancelTask).cancel_task().id());
  }
  [[nodiscard]] double pausedUntil() const {
    return static_cast<double>(m_fake.last(ClientFrame::kPause).pause().until_unix_ms());
  }
  [[nodiscard]] int pauses() const { return m_fake.count(ClientFrame::kPause); }
  [[nodiscard]] int resumes() const { return m_fake.count(ClientFrame::kResume); }

  Q_INVOKABLE bool play(const QString& scene) { return fakes::play(m_fake, scene.toStdString()); }
  Q_INVOKABLE bool start() { return m_fake.start(); }
  Q_INVOKABLE void stop() { m_fake.stop(); }
  Q_INVOKABLE void deny(bool deny) {
    m_fake.refuseWishes(deny ? std::optional(Error(Error::Kind::Denied, "ask for the group “lull”")) : std::nullopt);
  }

  // A program under the governor, by the real `lull`.
  Q_INVOKABLE void govern(const QString& name) {
    m_lull.start(qEnvironmentVariable("LULL_BUILD_DIR") + "/bin/lull", {"governor", "--name", name, "--", "cat"});
  }
  Q_INVOKABLE bool endGoverned() {
    m_lull.closeWriteChannel();
    return m_lull.state() == QProcess::NotRunning || m_lull.waitForFinished();
  }

signals:
  void requested();

private:
  QTemporaryDir m_folder;
  QProcess m_lull;
  fakes::FakeService m_fake;
};

class Setup : public QObject {
  Q_OBJECT
public slots:
  void applicationAvailable() {
    qputenv("XDG_RUNTIME_DIR", m_runtime.path().toUtf8());
    QQuickWindow::setGraphicsApi(QSGRendererInterface::Software);
  }
  void qmlEngineAvailable(QQmlEngine* engine) {
    engine->addImportPath(QString::fromLatin1(kQmlImportPath));
    qmlRegisterType<Service>("Lull.Tests", 1, 0, "Service");
  }

private:
  QTemporaryDir m_runtime;
};

QUICK_TEST_MAIN_WITH_SETUP(pages, Setup)
#include "test_pages.moc"
