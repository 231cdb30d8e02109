// SPDX-License-Identifier: Apache-2.0
// Models through the whole service: the real lull, the real lulld, the real lull-fetch.
#include "base/file.h"
#include "base/sha256.h"
#include "fakes/device.h"
#include "llama/model.h"
#include "service/models/http_server.h"

#include <QJsonArray>
#include <QJsonDocument>
#include <QJsonObject>
#include <QTest>

using namespace lull;
using namespace lull::test;
namespace fs = std::filesystem;

class TestModels : public QObject {
  Q_OBJECT

private slots:
  void initTestCase() {
    QVERIFY(llama::writeModel(tiny(), llama::kTiny));
    m_sha256 = *sha256OfFile(tiny());
    m_device = std::make_unique<Device>();
    m_device->start();
    m_device->waitFor("the GPU", [](const auto& s) { return s.gpus_size() > 0; });
  }
  void cleanupTestCase() { m_device.reset(); }

  void aFile() {
    const auto added = lull({"model", "add", QString::fromStdString(tiny().native()), "--json"});
    QCOMPARE(added["model"].toObject()["sha256"].toString().toStdString(), m_sha256);
    const auto shown = lull({"model", "show", "--json"});  // the only one
    const auto header = shown["model"].toObject()["header"].toObject();
    QCOMPARE(header["architecture"].toString(), QString("qwen2"));
    QCOMPARE(header["parameters"].toString().toULongLong(), quint64(llama::weightsOf(llama::kTiny)));
    QCOMPARE(shown["fits"].toArray().size(), 1);  // lavapipe
    QVERIFY(shown["fits"].toArray()[0].toObject()["layers_on_gpu"].toInt() == 2);
    QCOMPARE(*sha256OfFile(m_device->state() / "models" / (m_sha256 + ".gguf")), m_sha256);
    QCOMPARE(m_device->status().models().models(), 1U);
    static_cast<void>(lull({"model", "verify", "tiny", "--json"}));
    static_cast<void>(lull({"model", "default", "tiny", "--json"}));
    m_device->waitFor("the default", [&](const auto& s) { return s.models().default_sha256() == m_sha256; });
  }

  void aDownloadSurvivesKill9() {
    static_cast<void>(lull({"model", "remove", "tiny", "--json"}));
    QCOMPARE(m_device->status().models().models(), 0U);
    HttpServer server(*readFile(tiny(), 64 << 20U));
    server.next({{.pieceBytes = 20'000, .pieceMs = 100}});
    const auto begun = lull({"model", "add", QString::fromStdString(server.url()), "--sha256",
                             QString::fromStdString(m_sha256), "--no-wait", "--json"});
    QVERIFY(!begun["transfer"].toObject()["id"].toString().isEmpty());
    m_device->waitFor("some of it", [](const auto& s) {
      if (s.models().transfers().empty()) return false;
      const auto& first = s.models().transfers(0);  // by their ids: d-…, u-…, v-…
      return first.kind() == v1::ModelTransfer::KIND_DOWNLOAD && first.done_bytes() > 100'000 &&
             first.state() == v1::ModelTransfer::STATE_RUNNING;
    });
    m_device->kill9();
    m_device->start();
    m_device->waitFor("all of it", [](const auto& s) { return s.models().models() == 1; });
    QVERIFY2(server.requests().back().find("Range: bytes=") != std::string::npos, server.requests().back().c_str());
    QVERIFY(server.sent() < 2 * fs::file_size(tiny()));
    QCOMPARE(lull({"model", "list", "--json"})["models"].toArray()[0].toObject()["sha256"].toString().toStdString(),
             m_sha256);
    QVERIFY(fs::is_empty(m_device->state() / "models/incoming"));
  }

  void aTaskThatNamesAnUnknownModelIsRefused() {
    QProcess process;
    const auto file = m_folder.filePath("task.json");
    QFile task(file);
    QVERIFY(task.open(QIODevice::WriteOnly));
    task.write(R"({"name": "x", "llama_batch": {"model": ")" + QByteArray(64, 'a') + R"("}})");
    task.close();
    start(process, {"submit", file});
    QVERIFY(process.waitForFinished(60'000));
    QVERIFY(process.exitCode() != 0);
  }

private:
  [[nodiscard]] fs::path tiny() const { return m_folder.filePath("tiny.gguf").toStdString(); }
  void start(QProcess& process, QStringList arguments) const {
    arguments << "--socket" << QString::fromStdString(m_device->socket().native());
    process.start(qEnvironmentVariable("LULL_BUILD_DIR") + "/bin/lull", arguments);
  }
  QJsonObject lull(const QStringList& arguments) const {
    QProcess process;
    start(process, arguments);
    if (!process.waitForFinished(60'000)) qFatal("lull does not end");
    if (process.exitCode() != 0)
      qFatal("lull %s: %s", qPrintable(arguments.join(' ')), process.readAllStandardError().constData());
    return QJsonDocument::fromJson(process.readAllStandardOutput()).object();
  }

  QTemporaryDir m_folder;
  std::string m_sha256;
  std::unique_ptr<Device> m_device;
};

QTEST_GUILESS_MAIN(TestModels)
#include "test_models.moc"
