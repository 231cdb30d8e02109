// SPDX-License-Identifier: Apache-2.0
// lull-presence by itself: what it tells, when, and what it costs.
#include "service/senses/input_folder.h"
#include "service/senses/loop.h"

#include "process/child.h"
#include "senses/presence/record.h"

#include <poll.h>

#include <QDir>
#include <QFile>
#include <QTest>

#include <optional>
#include <thread>

using namespace lull;
using namespace lull::test;
using presence::Record;
using std::chrono::milliseconds;

namespace {

constexpr int kLongMs = 20'000;
constexpr milliseconds kHush{200};

Instant now() { return SystemClock().now().instant; }

// A running lull-presence and the records it tells.
class Reader {
public:
  enum class As { Oneself, Nobody };

  explicit Reader(const std::string& folder, As who = As::Oneself) {
    auto pipe = process::makePipe();
    const QString program = qEnvironmentVariable("LULL_BUILD_DIR") + "/bin/lull-presence";
    process::Launch launch{.program = program.toStdString(),
                           .arguments = {"--input", folder, "--fd", "5"},
                           .descriptors = {{.ours = pipe->write.get(), .theirs = 5}}};
    if (who == As::Nobody && ::geteuid() == 0) becomeNobody(launch, folder);
    auto child = process::Child::start(m_loop, launch, [this](const process::Exit& exit) { m_exit = exit; });
    if (child) m_child = std::move(*child);
    m_pipe = std::move(pipe->read);
  }

  [[nodiscard]] bool started() const { return m_child.has_value(); }
  // The next record, or none within the time.
  std::optional<Record> next(int ms = kLongMs) {
    pollfd source{m_pipe.get(), POLLIN, 0};
    if (::poll(&source, 1, ms) != 1) return {};
    Record record;
    if (::read(m_pipe.get(), &record, sizeof record) != static_cast<ssize_t>(sizeof record)) return {};
    return record;
  }
  // The first record that is as wanted.
  template <typename Condition>
  std::optional<Record> until(Condition condition) {
    for (auto record = next(); record; record = next()) {
      if (condition(*record)) return record;
    }
    return {};
  }
  void closePipe() { m_pipe.reset(); }
  std::optional<process::Exit> awaitExit() {
    runUntil(m_loop, [this] { return m_exit.has_value(); });
    return m_exit;
  }
  // How often it has slept and been woken.
  [[nodiscard]] long wakeUps() const {
    QFile status(QString("/proc/%1/status").arg(m_child->pid()));
    if (!status.open(QIODevice::ReadOnly)) return -1;
    for (const auto& line : status.readAll().split('\n')) {
      if (line.startsWith("voluntary_ctxt_switches:")) return line.mid(24).trimmed().toLong();
    }
    return -1;
  }

private:
  // Root may read everything, so the program runs as another user; as a copy, for the build may be closed to them.
  static void becomeNobody(process::Launch& launch, const std::string& folder) {
    const std::string copy = folder + "/program";
    QFile::copy(QString::fromStdString(launch.program.native()), QString::fromStdString(copy));
    ::chmod(copy.c_str(), 0755);
    ::chmod(folder.c_str(), 0755);
    launch.program = "/usr/bin/setpriv";
    std::vector<std::string> before{"--reuid=65534", "--regid=65534", "--clear-groups", copy};
    launch.arguments.insert(launch.arguments.begin(), before.begin(), before.end());
  }

  asio::io_context m_loop;
  std::optional<process::Child> m_child;
  std::optional<process::Exit> m_exit;
  Fd m_pipe;
};

}  // namespace

class TestReader : public QObject {
  Q_OBJECT

private slots:
  void tellsItsDevicesAtOnce() {
    InputFolder folder;
    QVERIFY(folder.plug("event0") && folder.plug("event12") && folder.plug("mouse0") && folder.plug("js0"));
    Reader reader(folder.path());
    QVERIFY(reader.started());
    const auto record = reader.next();
    QVERIFY(record);
    QCOMPARE(record->magic, presence::kRecordMagic);
    QCOMPARE(record->version, presence::kRecordVersion);
    QCOMPARE(record->devices, 2U);
    QCOMPARE(record->unreadable, 0U);
    QCOMPARE(record->activityNs, 0);
  }

  void tellsTheKernelsInstant() {
    InputFolder folder;
    QVERIFY(folder.plug("event0"));
    Reader reader(folder.path());
    QVERIFY(reader.next());
    const Instant when(std::chrono::floor<std::chrono::microseconds>((now() - milliseconds(1500)).time_since_epoch()));
    QVERIFY(folder.press("event0", when));
    const auto record = reader.next();
    QVERIFY(record);
    QCOMPARE(record->activityNs, toNs(when));
  }

  void stampsThatCannotBeCountAsNow_data() {
    QTest::addColumn<qint64>("stampNs");
    QTest::newRow("none") << qint64(0);
    QTest::newRow("negative") << qint64(-5'000'000'000);
    QTest::newRow("the future (another clock)") << qint64(1'800'000'000'000'000'000);
  }
  void stampsThatCannotBeCountAsNow() {
    QFETCH(qint64, stampNs);
    InputFolder folder;
    QVERIFY(folder.plug("event0"));
    Reader reader(folder.path());
    QVERIFY(reader.next());
    const Instant before = now();
    QVERIFY(folder.press("event0", instantFromNs(stampNs)));
    const auto record = reader.next();
    QVERIFY(record);
    QVERIFY(record->activityNs >= toNs(before) && record->activityNs <= toNs(now()));
  }

  void whatCountsAsTouch_data() {
    QTest::addColumn<int>("type");
    QTest::addColumn<bool>("counts");
    QTest::newRow("key") << EV_KEY << true;
    QTest::newRow("movement") << EV_REL << true;
    QTest::newRow("touch") << EV_ABS << true;
    QTest::newRow("lid") << EV_SW << true;
    QTest::newRow("lamp") << EV_LED << false;
    QTest::newRow("scan code alone") << EV_MSC << false;
    QTest::newRow("report mark alone") << EV_SYN << false;
    QTest::newRow("sound") << EV_SND << false;
    QTest::newRow("rumble") << EV_FF << false;
  }
  void whatCountsAsTouch() {
    QFETCH(int, type);
    QFETCH(bool, counts);
    InputFolder folder;
    QVERIFY(folder.plug("event0") && folder.plug("event1"));
    Reader reader(folder.path());
    QVERIFY(reader.next());
    const Instant first = now();
    QVERIFY(folder.send("event0",
                        {inputEvent(static_cast<std::uint16_t>(type), 0, 1, first), inputEvent(EV_SYN, 0, 0, first)}));
    if (!counts) {
      // Known to have been looked at when a later, real touch is told and is the only one told.
      const Instant second = first + std::chrono::microseconds(10);
      QVERIFY(folder.press("event1", second));
      const auto record = reader.next();
      QVERIFY(record);
      QCOMPARE(record->activityNs / 1000, toNs(second) / 1000);
      return;
    }
    const auto record = reader.next();
    QVERIFY(record);
    QCOMPARE(record->activityNs / 1000, toNs(first) / 1000);
  }

  // A mouse at 1000 Hz for two seconds, then silence.
  void aFloodIsHushed() {
    InputFolder folder;
    QVERIFY(folder.plug("event0"));
    Reader reader(folder.path());
    QVERIFY(reader.next());
    const long before = reader.wakeUps();
    Instant last{};
    const auto begin = std::chrono::steady_clock::now();
    std::jthread mouse([&] {
      for (int i = 0; i < 2000; ++i) {
        std::this_thread::sleep_until(begin + milliseconds(i));
        last = now();
        folder.send("event0", {inputEvent(EV_REL, REL_X, 1, last), inputEvent(EV_SYN, SYN_REPORT, 0, last)});
      }
    });
    const auto first = reader.next();
    QVERIFY(first);
    mouse.join();
    const auto hushes = (std::chrono::steady_clock::now() - begin) / kHush + 1;  // of two seconds, or of a busy machine
    int records = 1;
    std::int64_t newest = first->activityNs;
    for (auto record = reader.next(1000); record; record = reader.next(1000)) {
      ++records;
      QVERIFY(record->activityNs > newest);
      newest = record->activityNs;
    }
    QCOMPARE(newest / 1000, toNs(last) / 1000);  // the newest is not lost
    QVERIFY2(records <= hushes + 3, qPrintable(QString::number(records)));
    const long wakeUps = reader.wakeUps() - before;
    qInfo("2000 events: %d records, %ld wake-ups", records, wakeUps);
    QVERIFY2(wakeUps <= 2 * hushes + 8, qPrintable(QString::number(wakeUps)));
  }

  void untouchedItNeverWakes() {
    InputFolder folder;
    QVERIFY(folder.plug("event0"));
    Reader reader(folder.path());
    QVERIFY(reader.next());
    QVERIFY(folder.press("event0"));
    QVERIFY(reader.next());
    QVERIFY(!reader.next(500));  // the hush has passed
    const long before = reader.wakeUps();
    QVERIFY(before > 0);
    QVERIFY(!reader.next(1500));
    QCOMPARE(reader.wakeUps(), before);
  }

  void devicesComeAndGo() {
    InputFolder folder;
    Reader reader(folder.path());
    QCOMPARE(reader.next()->devices, 0U);
    QVERIFY(folder.plug("event3"));
    QVERIFY(reader.until([](const Record& r) { return r.devices == 1; }));
    QVERIFY(folder.plug("event4"));
    QVERIFY(reader.until([](const Record& r) { return r.devices == 2; }));
    QVERIFY(folder.unplug("event3"));
    QVERIFY(reader.until([](const Record& r) { return r.devices == 1; }));
    QVERIFY(folder.press("event4"));  // which was moved to the other's place
    QVERIFY(reader.until([](const Record& r) { return r.activityNs > 0; }));
    QVERIFY(folder.unplug("event4"));
    QVERIFY(reader.until([](const Record& r) { return r.devices == 0; }));
  }

  void aDeviceReplacedUnderItsNameIsHeard() {
    InputFolder folder;
    QVERIFY(folder.plug("event0") && folder.plug("fresh"));
    Reader reader(folder.path());
    QVERIFY(reader.next());
    QCOMPARE(::rename(folder.path("fresh").c_str(), folder.path("event0").c_str()), 0);
    std::optional<Record> heard;
    for (int tries = 0; tries < 200 && !heard; ++tries) {
      folder.press("event0");  // refused until the reader has opened it
      heard = reader.next(50);
    }
    QVERIFY(heard && heard->activityNs > 0);
  }

  void theFolderMayComeLater() {
    InputFolder parent;
    const std::string path = parent.path("input");
    Reader reader(path);
    QCOMPARE(reader.next()->devices, 0U);
    QCOMPARE(::mkdir(path.c_str(), 0700), 0);
    QCOMPARE(::mkfifo((path + "/event0").c_str(), 0600), 0);
    QVERIFY(reader.until([](const Record& r) { return r.devices == 1; }));
  }

  void whatCannotBeReadIsToldWithItsReason() {
    InputFolder folder;
    QVERIFY(folder.plugUnreadable("event0") && folder.plug("event1"));
    Reader reader(folder.path());
    const auto record = reader.next();
    QVERIFY(record);
    QCOMPARE(record->devices, 1U);
    QCOMPARE(record->unreadable, 1U);
    QCOMPARE(record->reason, ELOOP);
    // made readable: as when udev sets the group
    QVERIFY(folder.unplug("event0") && folder.plug("event0"));
    QVERIFY(reader.until([](const Record& r) { return r.devices == 2 && r.unreadable == 0; }));
  }

  // As on a real machine: the node is made for root only, then udev opens it to the group.
  void rightsGivenLaterAreNoticed() {
    InputFolder folder;
    QVERIFY(folder.plug("event0"));
    QCOMPARE(::chmod(folder.path("event0").c_str(), 0), 0);
    Reader reader(folder.path(), Reader::As::Nobody);
    QVERIFY(reader.started());
    const auto record = reader.next();
    QVERIFY(record);
    QCOMPARE(record->devices, 0U);
    QCOMPARE(record->unreadable, 1U);
    QCOMPARE(record->reason, EACCES);
    QCOMPARE(::chmod(folder.path("event0").c_str(), 0666), 0);
    QVERIFY(reader.until([](const Record& r) { return r.devices == 1 && r.unreadable == 0; }));
  }

  void garbageFromADeviceHarmsNothing() {
    InputFolder folder;
    QVERIFY(folder.plug("event0") && folder.plug("event1"));
    Reader reader(folder.path());
    QVERIFY(reader.next());
    const Fd fd(::open(folder.path("event0").c_str(), O_WRONLY | O_NONBLOCK));
    const std::string garbage(1001, '\xff');
    QCOMPARE(::write(fd.get(), garbage.data(), garbage.size()), static_cast<ssize_t>(garbage.size()));
    const Instant when = now();
    QVERIFY(folder.press("event1", when));
    QVERIFY(reader.until([&](const Record& r) { return r.activityNs / 1000 >= toNs(when) / 1000; }));
  }

  void endsWithItsService() {
    InputFolder folder;
    Reader reader(folder.path());
    QVERIFY(reader.next());
    reader.closePipe();
    const auto exit = reader.awaitExit();
    QVERIFY(exit && exit->clean());
  }

  void nobodyMayLookIntoIt() {
    InputFolder folder;
    QVERIFY(folder.plug("event0"));
    Reader reader(folder.path());
    QVERIFY(reader.next());
    const QDir processes("/proc");
    QByteArray status;
    for (const auto& pid : processes.entryList({"[0-9]*"}, QDir::Dirs)) {
      QFile name(QString("/proc/%1/comm").arg(pid)), parent(QString("/proc/%1/status").arg(pid));
      if (!name.open(QIODevice::ReadOnly) || name.readAll().trimmed() != "lull-presence") continue;
      if (!parent.open(QIODevice::ReadOnly)) continue;
      const QByteArray all = parent.readAll();
      if (all.contains("PPid:\t" + QByteArray::number(::getpid()) + "\n")) status = all;
    }
    QVERIFY(status.contains("NoNewPrivs:\t1"));
  }

  void howFastItTells() {
    InputFolder folder;
    QVERIFY(folder.plug("event0"));
    Reader reader(folder.path());
    QVERIFY(reader.next());
    std::vector<double> spans;
    for (int i = 0; i < 15; ++i) {
      const Instant when = now();
      QVERIFY(folder.press("event0", when));
      const auto record = reader.next();
      spans.push_back(toMs(now() - when));
      QVERIFY(record && record->activityNs / 1000 == toNs(when) / 1000);
      QVERIFY(!reader.next(static_cast<int>(kHush.count()) + 50));
    }
    std::sort(spans.begin(), spans.end());
    qInfo("event to record: median %.3f ms, worst %.3f ms", spans[spans.size() / 2], spans.back());
    QVERIFY(spans[spans.size() / 2] < static_cast<double>(kHush.count()));
  }
};

QTEST_GUILESS_MAIN(TestReader)
#include "test_reader.moc"
