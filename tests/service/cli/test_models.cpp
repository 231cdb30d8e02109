// SPDX-License-Identifier: Apache-2.0
// lull model: what it sends, tells and ends with.
#include "base/sha256.h"
#include "service/cli/command_test.h"
#include "service/cli/fake_models.h"
#include "wire/frame.h"

#include <QFile>
#include <QJsonArray>
#include <QtTest>

using namespace lull;
using namespace lull::test;

class TestModels : public CommandTest {
  Q_OBJECT

private slots:
  void addAFile() {
    const auto bytes = fileOf(1'500'000);
    const auto file = save("tiny.gguf", bytes);
    const auto ran = lull({"model", "add", file, "--name", "tiny"});
    QVERIFY2(ran.code == 0, ran.err);
    QVERIFY2(ran.out.startsWith("tiny is here: 397 MB, qwen2, 494 M weights, Q4_K_M."), ran.out);
    m_service->change([&](auto& state) {
      QCOMPARE(state.models.size(), std::size_t{1});
      QCOMPARE(state.models[0].sha256(), sha256(bytes));
      QCOMPARE(state.blobChunks, std::size_t{3});
    });
    const auto again = lull({"model", "add", file, "--json"});
    QCOMPARE(again.code, 0);
    QCOMPARE(again.json()["model"].toObject()["name"].toString(), QString("tiny"));
    QVERIFY(lull({"model", "add", file}).out.contains("is there already"));
  }

  void anUploadGoesOn() {
    const auto bytes = fileOf(1'500'000);
    m_service->change([&](auto& state) { state.unfinishedBlobs[sha256(bytes)] = bytes.substr(0, 1'200'000); });
    QCOMPARE(lull({"model", "add", save("tiny.gguf", bytes)}).code, 0);
    m_service->change([&](auto& state) { QCOMPARE(state.blobChunks, std::size_t{1}); });
  }

  void addAnAddress() {
    const auto hash = QString(64, 'a');
    const auto ran = lull({"model", "add", "https://example.org/x.gguf", "--sha256", hash, "--name", "x"});
    QVERIFY2(ran.code == 0, ran.err);
    QVERIFY(ran.out.startsWith("x is here"));
    QCOMPARE(ran.err, QByteArray());
    m_service->change([&](auto& state) {
      QCOMPARE(state.addedModel.url(), std::string("https://example.org/x.gguf"));
      QCOMPARE(state.addedModel.sha256(), hash.toStdString());
      QCOMPARE(state.addedModel.name(), std::string("x"));
    });
  }

  void withoutAHashThereIsARemark() {
    const auto ran = lull({"model", "add", "https://example.org/x.gguf"});
    QCOMPARE(ran.code, 0);
    QVERIFY2(ran.err.contains("nobody vouches for it") && ran.err.contains(QByteArray(64, 'f')), ran.err);
    QVERIFY(fits80(ran.out));
    QCOMPARE(lull({"model", "add", "https://example.org/y.gguf", "--json"}).err, QByteArray());
  }

  void notWaiting() {
    const auto ran = lull({"model", "add", "https://example.org/x.gguf", "--no-wait"});
    QCOMPARE(ran.code, 0);
    QCOMPARE(ran.out, QByteArray("d-1  fetched\n"));
    const auto json = lull({"model", "add", "https://example.org/x.gguf", "--no-wait", "--json"});
    QCOMPARE(json.json()["transfer"].toObject()["id"].toString(), QString("d-1"));
  }

  void aTransferThatFails() {
    m_service->change([](auto& state) { state.transferFails = "its SHA-256 is ffff, and not aaaa"; });
    const auto ran = lull({"model", "add", "https://example.org/x.gguf"});
    QCOMPARE(ran.code, 1);
    QVERIFY2(ran.err.contains("its SHA-256 is ffff"), ran.err);
    const auto list = lull({"model", "list"});
    QVERIFY2(list.out.contains("failed") && list.out.contains("d-1"), list.out);
  }

  void progressIsWaitedFor() {
    m_service->change([&](auto& state) {
      state.models.push_back(makeModel("tiny", std::string(64, 'a')));
      state.transferRuns = true;
    });
    QProcess process;
    prepare(process, m_service->socket());
    process.start(lullProgram(), {"model", "verify", "tiny"});
    QVERIFY(m_service->waitForWatchers(1));
    m_service->publish(
        [](auto& status) { status.mutable_models()->mutable_transfers(0)->set_state(v1::ModelTransfer::STATE_DONE); });
    QVERIFY(process.waitForFinished());
    QCOMPARE(process.exitCode(), 0);
    QCOMPARE(process.readAllStandardOutput(), QByteArray("tiny is whole: its SHA-256 is right.\n"));
  }

  void aTransferThatDisappears() {
    m_service->change([&](auto& state) {
      state.models.push_back(makeModel("tiny", std::string(64, 'a')));
      state.transferRuns = true;
    });
    QProcess process;
    prepare(process, m_service->socket());
    process.start(lullProgram(), {"model", "verify", "tiny"});
    QVERIFY(m_service->waitForWatchers(1));
    m_service->publish([](auto& status) { status.mutable_models()->clear_transfers(); });
    QVERIFY(process.waitForFinished());
    QCOMPARE(process.exitCode(), 5);
  }

  void filesThatAreNone() {
    QCOMPARE(lull({"model", "add", "/nonexistent.gguf"}).code, 5);
    const auto text = lull({"model", "add", save("x.txt", "hello")});
    QCOMPARE(text.code, 1);
    QVERIFY(text.err.contains("is not a GGUF file"));
    QCOMPARE(lull({"model", "add", m_service->folder()}).code, 1);
    const auto wrong = lull({"model", "add", save("t.gguf", fileOf(100)), "--sha256", QString(64, 'a')});
    QCOMPARE(wrong.code, 1);
    QVERIFY(wrong.err.contains("damaged, or another file"));
    m_service->change([](auto& state) { QVERIFY(state.models.empty() && state.unfinishedBlobs.empty()); });
  }

  void list() {
    QVERIFY(lull({"model", "list"}).out.contains("No model yet"));
    m_service->change([](auto& state) {
      state.models.push_back(makeModel("tiny", std::string(64, 'a')));
      state.models.push_back(makeModel("other\x1b[31m", std::string(64, 'b')));
      state.models[0].set_is_default(true);
      state.models[1].set_trouble("damaged");
    });
    const auto ran = lull({"model", "list"});
    QVERIFY2(ran.out.contains("aaaaaaaaaaaa") && ran.out.contains("qwen2 Q4_K_M") && ran.out.contains("default"),
             ran.out);
    QVERIFY(ran.out.contains("damaged") && !ran.out.contains('\x1b'));
    QVERIFY2(ran.out.contains("794 MB of 54 GB that models may take"), ran.out);
    QCOMPARE(lull({"model", "list", "--json"}).json()["models"].toArray().size(), 2);
  }

  void show() {
    m_service->change([](auto& state) { state.models.push_back(makeModel("tiny", std::string(64, 'a'))); });
    const auto ran = lull({"model", "show", "tiny"});
    QCOMPARE(ran.code, 0);
    for (const auto* word : {"qwen2", "494 M, Q4_K_M", "32768 tokens", "apache-2.0", "chat template", "Pretended GPU",
                             "fits: needs about 1.2 GB"}) {
      QVERIFY2(ran.out.contains(word), word);
    }
    QVERIFY(fits80(ran.out));
    QCOMPARE(lull({"model", "show", "tiny", "--template"}).out, QByteArray("{{ messages }}\n"));
    QCOMPARE(lull({"model", "show", "--json", "tiny"}).json()["fits"].toArray().size(), 1);
    QCOMPARE(lull({"model", "show", "none"}).code, 5);
  }

  void remove() {
    m_service->change([](auto& state) {
      state.models.push_back(makeModel("tiny", std::string(64, 'a')));
      state.models.push_back(makeModel("busy", std::string(64, 'b')));
      state.models[1].set_in_use(true);
    });
    const auto ran = lull({"model", "remove", "none", "busy", "tiny"});
    QCOMPARE(ran.out, QByteArray("tiny is removed: 397 MB free again.\n"));
    QVERIFY(ran.err.contains("there is no model") && ran.err.contains("a task needs this model"));
    QVERIFY(ran.code != 0);
    QCOMPARE(lull({"model", "remove"}).code, 2);
  }

  void chooseTheDefault() {
    m_service->change([](auto& state) {
      state.models.push_back(makeModel("tiny", std::string(64, 'a')));
      state.models[0].set_is_default(true);
    });
    QCOMPARE(lull({"model", "default", "none"}).code, 5);
    QCOMPARE(lull({"model", "default", "tiny"}).out, QByteArray("tiny is used where no model is named.\n"));
    QCOMPARE(lull({"settings", "get", "models.default"}).out, QByteArray(64, 'a') + "\n");
    QCOMPARE(lull({"model", "default"}).out, QByteArray("tiny is used where no model is named.\n"));
  }

  void rights() {
    m_service->change([](auto& state) { state.right = v1::RIGHT_OBSERVE; });
    QCOMPARE(lull({"model", "list"}).code, 0);
    QCOMPARE(lull({"model", "add", "https://example.org/x.gguf"}).code, 4);
    QCOMPARE(lull({"model", "remove", "x"}).code, 4);
    QCOMPARE(lull({"model"}).code, 2);
    QVERIFY(lull({"model"}).err.contains("add, list, show, remove, verify, default"));
  }

private:
  static std::string fileOf(std::size_t size) {
    std::string bytes = "GGUF";
    for (std::size_t i = bytes.size(); i < size; ++i) bytes += static_cast<char>((i * 31 + (i >> 10U)) & 0xffU);
    return bytes;
  }
  QString save(const QString& name, const std::string& bytes) const {
    QFile file(m_service->folder() + "/" + name);
    if (!file.open(QIODevice::WriteOnly)) qFatal("no file");
    file.write(bytes.data(), static_cast<qint64>(bytes.size()));
    return file.fileName();
  }
};

QTEST_GUILESS_MAIN(TestModels)
#include "test_models.moc"
