// SPDX-License-Identifier: Apache-2.0
// The list of programs under the governor, against the real `lull governor`.
#include "models/programs.h"

#include <QProcess>
#include <QSignalSpy>
#include <QTemporaryDir>
#include <QtTest>

#include <signal.h>
#include <sys/stat.h>

#include <memory>

using namespace lull;
using namespace lull::models;

namespace {

// `cat` under the governor, with this name.
class Governed {
public:
  explicit Governed(const QString& name) {
    m_process.start(qEnvironmentVariable("LULL_BUILD_DIR") + "/bin/lull", {"governor", "--name", name, "--", "cat"});
  }
  ~Governed() {
    end();
    m_process.kill();
    m_process.waitForFinished();
  }
  void end() {
    m_process.closeWriteChannel();
    m_process.waitForFinished();
  }
  void signal(int number) { ::kill(static_cast<pid_t>(m_process.processId()), number); }

private:
  QProcess m_process;
};

QString text(const Programs& programs, int row, int role) {
  return programs.data(programs.index(row), role).toString();
}

bool becomes(const std::function<bool()>& condition) { return QTest::qWaitFor(condition, 30'000); }

}  // namespace

class TestPrograms : public QObject {
  Q_OBJECT

private slots:
  void init() {
    m_folder = std::make_unique<QTemporaryDir>();
    qputenv("XDG_RUNTIME_DIR", m_folder->path().toUtf8());
  }

  void words_data() {
    QTest::addColumn<bool>("parked");
    QTest::addColumn<bool>("attached");
    QTest::addColumn<QString>("state");
    QTest::newRow("works") << false << true << "Uses 43\u00a0% of the GPU";
    QTest::newRow("parked") << true << true << "Parked: its GPU work waits";
    QTest::newRow("no device") << false << false << "Uses no GPU under the governor";
  }
  void words() {
    QFETCH(bool, parked);
    QFETCH(bool, attached);
    v1::GovernedProgram program;
    program.set_name("llama-server");
    program.set_parked(parked);
    program.set_attached(attached);
    program.set_gpu_share(0.43);
    program.set_duty_percent(70);
    program.set_gpu_ns(12'000'000'000);
    program.set_memory_bytes(std::uint64_t{8} << 30U);
    program.mutable_stop_latency()->set_count(1);
    program.mutable_stop_latency()->set_last_ms(2.3);
    const auto view = programView(program);
    QTEST(view.state, "state");
    QCOMPARE(view.detail, QString("12\u00a0s of GPU time, 8\u00a0GiB of its memory, last given back in 2.3\u00a0ms"));
    QCOMPARE(view.duty, 70);
    program.set_memory_bytes(4096);
    program.clear_stop_latency();
    QCOMPARE(programView(program).detail, QString("12\u00a0s of GPU time"));
  }

  void comeAndGo() {
    Programs programs;
    QCOMPARE(programs.count(), 0);
    Governed b("beta");
    QVERIFY(becomes([&] { return programs.count() == 1; }));
    auto a = std::make_unique<Governed>("alpha");
    QVERIFY(becomes([&] { return programs.count() == 2; }));
    QCOMPARE(text(programs, 0, Programs::Name), QString("alpha"));
    QCOMPARE(text(programs, 1, Programs::Name), QString("beta"));
    a.reset();
    QVERIFY(becomes([&] { return programs.count() == 1; }));
    QCOMPARE(text(programs, 0, Programs::Name), QString("beta"));
    b.signal(SIGKILL);  // leaves its socket behind
    QVERIFY(becomes([&] { return programs.count() == 0; }));
    const Programs later;
    QVERIFY(becomes([&] { return later.settled(); }));
    QCOMPARE(later.count(), 0);
  }

  void wishes() {
    Governed governed("one");
    Programs programs;
    QVERIFY(becomes([&] { return programs.count() == 1; }));
    programs.park(0);
    QVERIFY(becomes([&] { return programs.data(programs.index(0), Programs::Parked).toBool(); }));
    QVERIFY2(programs.notice().contains("one did not give the GPU back"), qPrintable(programs.notice()));
    programs.resume(0);
    QVERIFY(becomes([&] { return !programs.data(programs.index(0), Programs::Parked).toBool(); }));
    QCOMPARE(programs.notice(), QString());
    programs.setDuty(0, 30);
    QVERIFY(becomes([&] { return programs.data(programs.index(0), Programs::Duty).toInt() == 30; }));
    programs.setDuty(0, -5);
    QVERIFY(becomes([&] { return programs.data(programs.index(0), Programs::Duty).toInt() == 1; }));
    programs.park(7);  // no such row
    programs.park(-1);
    QCOMPARE(programs.notice(), QString());
  }

  // What another one changes is seen while shown, and only then.
  void shownOrNot() {
    Governed governed("one");
    Programs programs;
    QVERIFY(becomes([&] { return programs.count() == 1; }));
    programs.setShown(false);
    Programs other;
    QVERIFY(becomes([&] { return other.count() == 1; }));
    QSignalSpy changed(&programs, &Programs::dataChanged);
    other.setDuty(0, 20);
    QVERIFY(becomes([&] { return other.data(other.index(0), Programs::Duty).toInt() == 20; }));
    QCOMPARE(changed.size(), 0);
    programs.setShown(true);
    QVERIFY(becomes([&] { return programs.data(programs.index(0), Programs::Duty).toInt() == 20; }));
    other.setDuty(0, 60);
    QVERIFY(becomes([&] { return programs.data(programs.index(0), Programs::Duty).toInt() == 60; }));
  }

  void aFolderOpenToOthersIsNotUsed() {
    const auto folder = m_folder->filePath("lull/governed");
    QVERIFY(QDir().mkpath(folder));
    QCOMPARE(::chmod(folder.toUtf8().constData(), 0755), 0);
    const Programs programs;
    QCOMPARE(programs.count(), 0);
    QVERIFY(programs.settled());
  }

private:
  std::unique_ptr<QTemporaryDir> m_folder;
};

QTEST_GUILESS_MAIN(TestPrograms)
#include "test_programs.moc"
