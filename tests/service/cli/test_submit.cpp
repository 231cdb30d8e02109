// SPDX-License-Identifier: Apache-2.0
// lull submit: task files of all kinds, uploads, waiting.
#include "base/sha256.h"
#include "service/cli/command_test.h"

#include <QDir>
#include <QtTest>

using namespace lull;
using namespace lull::test;

namespace {

constexpr auto kTask = R"({"name": "heat", "spirv": {"module": {"file": "heat.spv"}}})";

QByteArray noise(qsizetype size) {
  QByteArray out(size, '\0');
  quint32 state = 12345;
  for (auto& byte : out) {
    state = state * 1664525 + 1013904223;
    byte = static_cast<char>(state >> 24U);
  }
  return out;
}

// All that is queued ends as soon as somebody watches.
void endAllOnWatch(FakeService& service, v1::TaskState end) {
  service.change([end](FakeService::State& state) {
    state.onWatch = [end](FakeService::State& now) {
      for (auto& [id, fake] : now.tasks) {
        fake.task.set_state(end);
        if (end == v1::TASK_STATE_FAILED) fake.task.mutable_failure()->set_message("The kernel is wrong.");
        if (end != v1::TASK_STATE_DONE) continue;
        fake.task.clear_outputs();
        addResult(fake, "out.bin", "result of " + id);
      }
    };
  });
}

}  // namespace

class TestSubmit : public CommandTest {
  Q_OBJECT

private slots:
  void init() {
    CommandTest::init();
    write("heat.json", kTask);
    write("heat.spv", "not really a module");
  }

  void aFileBesideItsTask() {
    const auto ran = lull({"submit", path("heat.json")});
    QCOMPARE(ran.code, 0);
    QCOMPARE(ran.out, QByteArray("t-abcdefghijkl  heat\n"));
    m_service->change([](auto& state) {
      const auto& spec = state.tasks["t-abcdefghijkl"].task.spec();
      QCOMPARE(spec.spirv().module().sha256(), sha256("not really a module"));
      QCOMPARE(state.blobs.at(sha256("not really a module")), std::string("not really a module"));
    });
    const auto json = lull({"submit", path("heat.json"), "--json", "--name", "other", "--priority", "-7"});
    QCOMPARE(json.json()["id"].toString(), "t-bbcdefghijkl");
    m_service->change([](auto& state) {
      QCOMPARE(state.tasks["t-bbcdefghijkl"].task.name(), std::string("other"));
      QCOMPARE(state.tasks["t-bbcdefghijkl"].task.priority(), -7);
    });
  }

  void aTaskWithoutAName() {
    write("plain.json", R"({"spirv": {"module": {"inline": "AAAA"}}})");
    QVERIFY(lull({"submit", path("plain.json")}).out.endsWith("  plain\n"));
  }

  void largeFilesGoInChunks() {
    const auto bytes = noise(3 * 1024 * 1024 + 7);  // three frames would not hold it
    write("heat.spv", bytes);
    const auto ran = lull({"submit", path("heat.json")});
    QVERIFY2(ran.code == 0, ran.err);
    m_service->change([&](auto& state) {
      QCOMPARE(state.blobChunks, std::size_t(7));
      QCOMPARE(state.blobs.begin()->second, bytes.toStdString());
    });
    QCOMPARE(lull({"submit", path("heat.json")}).code, 0);
    m_service->change([](auto& state) { QCOMPARE(state.blobChunks, std::size_t(7)); });  // known by its hash
  }

  void anEmptyFileIsAFileToo() {
    write("heat.spv", "");
    QCOMPARE(lull({"submit", path("heat.json")}).code, 0);
    m_service->change([](auto& state) { QCOMPARE(state.blobs.size(), std::size_t(1)); });
  }

  void standardInput() {
    const auto ran = runIn(m_folder->path(), {"submit", "-"}, kTask);
    QVERIFY2(ran.code == 0, ran.err);
    QVERIFY(ran.out.endsWith("  heat\n"));
    const auto broken = runIn(m_folder->path(), {"submit", "-"}, "{");
    QCOMPARE(broken.code, 1);
    QVERIFY(broken.err.contains("standard input:1:2"));
  }

  void severalAtOnceGoOnAfterABadOne() {
    write("bad.json", "{\"name\": }");
    write("second.json", kTask);
    const auto ran = lull({"submit", path("bad.json"), path("heat.json"), path("second.json")});
    QCOMPARE(ran.code, 1);
    QCOMPARE(ran.out.count('\n'), 2);
    QVERIFY(ran.err.contains("bad.json:1:10"));
  }

  void mistakes_data() {
    QTest::addColumn<QByteArray>("task");
    QTest::addColumn<int>("code");
    QTest::addColumn<QString>("kind");
    QTest::addColumn<QString>("part");
    QTest::newRow("no JSON") << QByteArray("name: heat") << 1 << "invalid"
                             << "heat.json:1:2: this is not valid JSON";
    QTest::newRow("unknown field") << QByteArray("{\"nmae\": \"x\"}") << 1 << "invalid"
                                   << "Do you mean \"name\"?";
    QTest::newRow("missing input") << QByteArray(R"({"spirv": {"module": {"file": "gone.spv"}}})") << 5 << "not_found"
                                   << "gone.spv";
    QTest::newRow("refused by the service")
        << QByteArray(R"({"spirv": {"module": {"sha256": "00"}}})") << 5 << "not_found"
        << "never uploaded";
  }
  void mistakes() {
    QFETCH(QByteArray, task);
    QFETCH(int, code);
    QFETCH(QString, kind);
    QFETCH(QString, part);
    write("heat.json", task);
    const auto words = lull({"submit", path("heat.json")});
    QCOMPARE(words.code, code);
    QVERIFY2(words.err.contains(part.toUtf8()), words.err);
    const auto json = lull({"submit", path("heat.json"), "--json"});
    QCOMPARE(json.code, code);
    QCOMPARE(json.errorKind(), kind);
  }

  void aMissingTaskFile() {
    const auto ran = lull({"submit", path("none.json")});
    QCOMPARE(ran.code, 5);
    QVERIFY2(ran.err.contains("there is no task file") && ran.err.contains("none.json"), ran.err);
  }

  void anInlineInputTooBigForAFrame() {
    write("heat.json", R"({"spirv": {"module": {"inline": ")" + noise(1'500'000).toBase64() + R"("}}})");
    const auto ran = lull({"submit", path("heat.json"), "--json"});
    QCOMPARE(ran.code, 1);
    QCOMPARE(ran.errorKind(), "too_big");
  }

  void whoMayOnlyLook() {
    m_service->change([](auto& state) { state.right = v1::RIGHT_OBSERVE; });
    QCOMPARE(lull({"submit", path("heat.json")}).code, 4);
  }

  void waitsForTheEnd() {
    endAllOnWatch(*m_service, v1::TASK_STATE_DONE);
    const auto ran = lull({"submit", path("heat.json"), "--wait"});
    QCOMPARE(ran.code, 0);
    QVERIFY2(ran.out.contains("t-abcdefghijkl is done"), ran.out);
  }

  void savesTheResults() {
    endAllOnWatch(*m_service, v1::TASK_STATE_DONE);
    QCOMPARE(lull({"submit", path("heat.json"), "-o", path("out")}).code, 0);
    QCOMPARE(read("out/out.bin"), QByteArray("result of t-abcdefghijkl"));
    write("second.json", kTask);
    QCOMPARE(lull({"submit", path("heat.json"), path("second.json"), "-o", path("both")}).code, 0);
    QCOMPARE(read("both/t-bbcdefghijkl/out.bin"), QByteArray("result of t-bbcdefghijkl"));
    QCOMPARE(read("both/t-cbcdefghijkl/out.bin"), QByteArray("result of t-cbcdefghijkl"));
  }

  void aTaskThatFails() {
    endAllOnWatch(*m_service, v1::TASK_STATE_FAILED);
    const auto ran = lull({"submit", path("heat.json"), "--wait"});
    QCOMPARE(ran.code, 6);
    QVERIFY2(ran.out.contains("The kernel is wrong."), ran.out);
    const auto json = lull({"submit", path("heat.json"), "--wait", "--json"});
    QCOMPARE(json.code, 6);
    const auto lines = json.out.trimmed().split('\n');
    QCOMPARE(lines.size(), 2);  // the id at once, the end when it comes
    QVERIFY(QJsonDocument::fromJson(lines[0]).object().contains("id"));
    QCOMPARE(QJsonDocument::fromJson(lines[1]).object()["task"].toObject()["state"].toString(), "TASK_STATE_FAILED");
  }

  void ctrlCEndsTheWaitingOnly() {
    const auto ran = afterCtrlC({"submit", path("heat.json"), "--wait"});
    QCOMPARE(ran.code, 130);
    QVERIFY(ran.err.contains("the service goes on with it"));
    m_service->change([](auto& state) { QCOMPARE(state.tasks.begin()->second.task.state(), v1::TASK_STATE_QUEUED); });
  }

  void aServiceThatEndsWhileOneWaits() {
    QProcess process;
    prepare(process, m_service->socket());
    process.setArguments({"submit", path("heat.json"), "--wait"});
    process.start();
    QVERIFY(m_service->waitForWatchers(1));
    m_service.reset();
    QVERIFY(process.waitForFinished(20'000));
    QCOMPARE(process.exitCode(), 3);
    const auto err = process.readAllStandardError();
    QVERIFY2(err.contains("Nothing is lost") && err.contains("gone away"), err);
  }

private:
  [[nodiscard]] Ran runIn(const QString& folder, const QStringList& arguments, const QByteArray& input) const {
    const auto before = QDir::currentPath();
    QDir::setCurrent(folder);
    auto ran = run(m_service->socket(), arguments, input);
    QDir::setCurrent(before);
    return ran;
  }
};

QTEST_GUILESS_MAIN(TestSubmit)
#include "test_submit.moc"
