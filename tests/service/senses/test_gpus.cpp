// SPDX-License-Identifier: Apache-2.0
// Looking for GPUs: with a driver that works, and with some that do not.
#include "service/senses/loop.h"

#include "senses/gpu_look.h"

#include <QDir>
#include <QFile>
#include <QTemporaryDir>
#include <QTest>

#include <sys/wait.h>

#include <thread>

using namespace lull;
using namespace lull::test;

namespace {

QString build() { return qEnvironmentVariable("LULL_BUILD_DIR"); }

bool contains(const std::string& text, const char* part) { return text.find(part) != std::string::npos; }

class Bench {
public:
  Bench() { m_doors.gpusProgram = (build() + "/bin/lull-gpus").toStdString(); }

  void script(const QByteArray& text) {
    m_doors.gpusProgram = m_folder.filePath("program").toStdString();
    QFile file(m_folder.filePath("program"));
    if (file.open(QIODevice::WriteOnly)) file.write("#!/bin/sh\n" + text);
    file.setPermissions(QFileDevice::ReadOwner | QFileDevice::ExeOwner);
  }
  // The next list, with only the drivers of these manifests.
  senses::GpuList look(const QString& manifests, std::chrono::milliseconds limit = std::chrono::seconds(20)) {
    qputenv("VK_DRIVER_FILES", manifests.toUtf8());
    std::optional<senses::GpuList> list;
    senses::GpuLook sense(m_loop, m_doors, [&](senses::GpuList l) { list = std::move(l); });
    sense.setLimit(limit);
    sense.look();
    runUntil(m_loop, [&] { return list.has_value(); });
    return list.value_or(senses::GpuList{.gpus = {}, .trouble = "no answer at all"});
  }
  QString badDriver(const char* kind) {
    const QString path = m_folder.filePath(QString(kind) + ".json");
    QFile file(path);
    if (!file.open(QIODevice::WriteOnly)) return {};
    file.write("{\"file_format_version\": \"1.0.0\", \"ICD\": {\"library_path\": \"" +
               (build() + "/tests/icd/icd_" + kind + ".so").toUtf8() + "\", \"api_version\": \"1.1.0\"}}");
    return path;
  }
  static QString lavapipe() {
    const QDir manifests("/usr/share/vulkan/icd.d");
    const auto names = manifests.entryList({"lvp_icd*.json"});
    return names.isEmpty() ? QString() : manifests.filePath(names.first());
  }
  asio::io_context& loop() { return m_loop; }
  const senses::Doors& doors() const { return m_doors; }

private:
  asio::io_context m_loop;
  QTemporaryDir m_folder;
  senses::Doors m_doors;
};

}  // namespace

class TestGpus : public QObject {
  Q_OBJECT

private slots:
  void lavapipeIsASoftwareDevice() {
    Bench b;
    QVERIFY2(!b.lavapipe().isEmpty(), "install mesa-vulkan-drivers");
    const auto list = b.look(b.lavapipe());
    QCOMPARE(list.trouble, std::string());
    QCOMPARE(list.gpus.size(), std::size_t(1));
    const auto& gpu = list.gpus.front();
    QCOMPARE(gpu.type(), std::string("software"));
    QVERIFY(gpu.usable());
    QVERIFY(gpu.why_not().empty());
    QCOMPARE(gpu.id().size(), std::size_t(32));
    QVERIFY(contains(gpu.name(), "llvmpipe"));
    QVERIFY(contains(gpu.driver(), "Mesa"));
    QCOMPARE(gpu.vendor(), std::string("Mesa"));
    QVERIFY(gpu.memory_bytes() > 0);
    QCOMPARE(b.look(b.lavapipe()).gpus.front().id(), gpu.id());  // stable
  }

  void badDrivers_data() {
    QTest::addColumn<QByteArray>("kind");
    QTest::addColumn<QByteArray>("trouble");
    QTest::newRow("hangs") << QByteArray("hang") << QByteArray("hangs: it did not answer within 1 s");
    QTest::newRow("crashes") << QByteArray("crash") << QByteArray("crashed while GPUs were looked for");
    QTest::newRow("aborts") << QByteArray("abort") << QByteArray("signal 6");
    QTest::newRow("refuses") << QByteArray("refuse") << QByteArray("no Vulkan driver is installed");
    QTest::newRow("prints much and refuses") << QByteArray("noise") << QByteArray("no Vulkan driver is installed");
  }
  void badDrivers() {
    QFETCH(QByteArray, kind);
    QFETCH(QByteArray, trouble);
    Bench b;
    const bool hangs = kind == "hang";
    const auto list = b.look(b.badDriver(kind.constData()),
                             hangs ? std::chrono::milliseconds(1000) : std::chrono::milliseconds(20'000));
    QVERIFY(list.gpus.empty());
    QVERIFY2(contains(list.trouble, trouble.constData()), list.trouble.c_str());
  }

  void aNoisyDriverDoesNotSpoilTheOthers() {
    Bench b;
    const auto list = b.look(b.badDriver("noise") + ":" + b.lavapipe());
    QCOMPARE(list.trouble, std::string());
    QCOMPARE(list.gpus.size(), std::size_t(1));
    QCOMPARE(list.gpus.front().type(), std::string("software"));
  }

  void badPrograms_data() {
    QTest::addColumn<QByteArray>("script");
    QTest::addColumn<QByteArray>("trouble");
    QTest::newRow("garbage") << QByteArray("printf 'garbage' >&3") << QByteArray("cannot be understood");
    QTest::newRow("nothing") << QByteArray("true") << QByteArray("cannot be understood");
    QTest::newRow("half a frame") << QByteArray("printf '\\100\\072\\001' >&3") << QByteArray("cannot be understood");
    QTest::newRow("a frame and more") << QByteArray("printf '\\000xyz' >&3") << QByteArray("cannot be understood");
    QTest::newRow("a length beyond all bounds")
        << QByteArray("printf '\\377\\377\\377\\377\\017' >&3") << QByteArray("cannot be understood");
    QTest::newRow("without end") << QByteArray("yes >&3") << QByteArray("did not answer within");
    QTest::newRow("says why") << QByteArray("echo first >&2; echo 'no luck today' >&2; exit 1")
                              << QByteArray("no luck today");
    QTest::newRow("says nothing") << QByteArray("exit 9") << QByteArray("ended with code 9");
  }
  void badPrograms() {
    QFETCH(QByteArray, script);
    QFETCH(QByteArray, trouble);
    Bench b;
    b.script(script);
    const auto list = b.look({}, std::chrono::milliseconds(script.startsWith("yes") ? 500 : 20'000));
    QVERIFY(list.gpus.empty());
    QVERIFY2(contains(list.trouble, trouble.constData()), list.trouble.c_str());
  }

  void anEmptyListIsNoTrouble() {
    Bench b;
    b.script("printf '\\000' >&3");
    const auto list = b.look({});
    QVERIFY(list.gpus.empty());
    QCOMPARE(list.trouble, std::string());
  }

  // The answer and the limit come at once, and another look is wanted: the limit was the first one's.
  void aLimitThatPassedIsNotTheNextLooks() {
    Bench b;
    b.script("printf '\\000' >&3");
    int lists = 0;
    std::string trouble;
    senses::GpuLook sense(b.loop(), b.doors(), [&](const senses::GpuList& list) {
      ++lists;
      trouble += list.trouble;
    });
    sense.setLimit(std::chrono::milliseconds(1));
    sense.look();
    sense.look();
    sense.setLimit(std::chrono::seconds(20));
    siginfo_t ended{};
    QCOMPARE(::waitid(P_ALL, 0, &ended, WEXITED | WNOWAIT), 0);
    std::this_thread::sleep_for(std::chrono::milliseconds(10));  // the limit is over
    runUntil(b.loop(), [&] { return lists == 2; });
    QCOMPARE(lists, 2);
    QCOMPARE(trouble, std::string());
  }

  void aMissingProgramIsTold() {
    asio::io_context loop;
    senses::Doors doors;
    doors.gpusProgram = "/nonexistent/lull-gpus";
    std::string trouble;
    senses::GpuLook sense(loop, doors, [&](senses::GpuList list) { trouble = list.trouble; });
    sense.look();
    QVERIFY2(contains(trouble, "/nonexistent/lull-gpus"), trouble.c_str());
  }

  void aWishDuringALookIsKept() {
    Bench b;
    b.script("printf '\\000' >&3");
    int lists = 0;
    senses::GpuLook sense(b.loop(), b.doors(), [&](const senses::GpuList&) { ++lists; });
    sense.look();
    sense.look();
    sense.look();
    QVERIFY(runUntil(b.loop(), [&] { return lists == 2; }));
  }

  void mayEndDuringALook() {
    Bench b;
    b.script("exec sleep 1000");
    {
      senses::GpuLook sense(b.loop(), b.doors(), [](const senses::GpuList&) { QFAIL("called after its end"); });
      sense.look();
      b.loop().run_one_for(std::chrono::milliseconds(20));
    }
    runFor(b.loop(), std::chrono::milliseconds(200));
  }
};

QTEST_GUILESS_MAIN(TestGpus)
#include "test_gpus.moc"
