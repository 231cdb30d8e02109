// SPDX-License-Identifier: Apache-2.0
#include "cli/task_file.h"

#include <QFile>
#include <QTemporaryDir>
#include <QtTest>

using namespace lull;
using namespace lull::cli;

class TestTaskFile : public QObject {
  Q_OBJECT

private slots:
  void aWholeTask() {
    auto spec = parseTask(R"({
      "name": "heat", "priority": 3,
      "spirv": {"module": {"file": "heat.spv"}, "push_constants": {"inline": "AAAA"}, "iterations": 10,
                "buffers": [{"binding": 0, "size": 16, "input": {"file": "start.bin"}},
                            {"binding": 1, "size": "16", "output": "end.bin"}],
                "grid": {"x": 4}}})",
                          "heat.json");
    QVERIFY2(spec.ok(), spec.ok() ? "" : spec.error().text().c_str());
    QCOMPARE(spec->spirv().buffers().size(), 2);
    QCOMPARE(spec->spirv().buffers(1).size(), quint64(16));
    const auto blobs = fileBlobs(*spec);
    QCOMPARE(blobs.size(), std::size_t(2));
    QCOMPARE(blobs[0]->file(), std::string("heat.spv"));
    blobs[1]->set_sha256("abc");
    QCOMPARE(spec->spirv().buffers(0).input().sha256(), std::string("abc"));
  }

  void camelCaseIsTheMappingToo() { QVERIFY(parseTask(R"({"name": "x", "spirv": {"entryPoint": "main"}})", "x").ok()); }

  void mistakes_data() {
    QTest::addColumn<QByteArray>("json");
    QTest::addColumn<QString>("part");
    const auto row = [](const char* name, const char* json, const char* part) {
      QTest::newRow(name) << QByteArray(json) << QString::fromUtf8(part);
    };
    row("empty", "", "t.json:1:1: this is not valid JSON");
    row("a stray comma", "{\n  \"name\": \"x\",\n}", "t.json:3:1: this is not valid JSON");
    row("cut off", "{\"name\": \"x\"", "t.json:1:13");
    row("binary",
        "\x7f"
        "ELF\x02\x01",
        "t.json:1:1: this is not valid JSON");
    row("not an object", "[1, 2]", "a task is a JSON object");
    row("a slip", "{\"name\": \"x\",\n \"spirv\": {\"buffers\": [{}, {\"ouput\": \"a\"}]}}",
        "t.json:2:29: spirv.buffers[1] has no field \"ouput\". Do you mean \"output\"?");
    row("an invention", "{\"elephant\": 1}",
        "a task has no field \"elephant\". It may have: name, priority, limits, own, spirv, llama_batch, "
        "llama_training, "
        "llama_chat.");
    row("a wrong type", "{\"name\": \"x\", \"spirv\": {\"iterations\": \"many\"}}", "iterations");
    row("out of range", "{\"name\": \"x\", \"priority\": 99999999999}", "priority");
    row("two sources", "{\"spirv\": {\"module\": {\"file\": \"a\", \"sha256\": \"b\"}}}", "module");
    row("nothing to run", "{\"name\": \"x\"}", "does not say what to run");
  }
  void mistakes() {
    QFETCH(QByteArray, json);
    QFETCH(QString, part);
    const auto spec = parseTask({json.constData(), static_cast<std::size_t>(json.size())}, "t.json");
    QVERIFY(!spec.ok());
    QCOMPARE(spec.error().kind(), Error::Kind::Invalid);
    const auto text = QString::fromStdString(spec.error().text());
    QVERIFY2(text.contains(part), qPrintable(text));
    QVERIFY2(text.startsWith("t.json"), qPrintable(text));
  }

  void inputsAreLookedForInOrder() {
    const QTemporaryDir beside;
    const QTemporaryDir samples;
    for (const auto& path :
         {beside.filePath("both.spv"), samples.filePath("both.spv"), samples.filePath("sample.spv")}) {
      QFile file(path);
      QVERIFY(file.open(QIODevice::WriteOnly));
    }
    qputenv("LULL_SAMPLES", samples.path().toUtf8());
    const auto folders = searchFolders(beside.path().toStdString());
    QCOMPARE(folders.size(), std::size_t(3));
    QVERIFY(folders.back().native().ends_with("share/lull/samples"));
    QCOMPARE(findInput("both.spv", folders)->native(), beside.filePath("both.spv").toStdString());
    QCOMPARE(findInput("sample.spv", folders)->native(), samples.filePath("sample.spv").toStdString());
    const auto absolute = samples.filePath("sample.spv").toStdString();
    QCOMPARE(findInput(absolute, folders)->native(), absolute);
    const auto missing = findInput("none.spv", folders);
    QVERIFY(!missing.ok());
    QCOMPARE(missing.error().kind(), Error::Kind::NotFound);
    const auto text = QString::fromStdString(missing.error().text());
    QVERIFY2(text.contains("none.spv") && text.contains(beside.path()) && text.contains(samples.path()),
             qPrintable(text));
    QVERIFY(!findInput(beside.path().toStdString(), folders).ok());  // a folder is no input
    QVERIFY(!findInput("", folders).ok());
  }
};

QTEST_GUILESS_MAIN(TestTaskFile)
#include "test_task_file.moc"
