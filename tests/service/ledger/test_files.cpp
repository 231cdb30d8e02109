// SPDX-License-Identifier: Apache-2.0
// The file itself: private, migrated, checked, and patient with a full disk.
#include <QFile>
#include <QTest>

#include <sys/resource.h>
#include <sys/stat.h>

#include <csignal>
#include <fstream>

#include "ledger/schema.h"
#include "service/ledger/desk.h"

using namespace lull;
using namespace lull::ledger;
using namespace lull::ledger::desk;

namespace {

std::string dumpOf(const char* version) {
  QFile file(qEnvironmentVariable("LULL_SOURCE_DIR") + "/tests/service/ledger/dumps/" + version + ".sql");
  if (!file.open(QIODevice::ReadOnly)) return {};
  return file.readAll().toStdString();
}

std::int64_t versionOf(const std::filesystem::path& file) {
  auto connection = Connection::open(file, Connection::Access::ReadOnly);
  if (!connection) return -1;
  Statement ask(**connection, "PRAGMA user_version");
  auto rows = ask.rows();
  return rows.next() ? rows.integer(0) : -1;
}

void execute(const std::filesystem::path& file, const std::string& sql) {
  auto connection = Connection::open(file, Connection::Access::ReadWrite);
  QVERIFY(connection);
  (*connection)->execute(sql);
  const auto error = (*connection)->takeError();
  QVERIFY2(!error, error ? error->text.c_str() : "");
}

std::vector<std::filesystem::path> setAside(const std::filesystem::path& folder) {
  std::vector<std::filesystem::path> found;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    if (entry.path().filename().native().starts_with("ledger.db.damaged-")) found.push_back(entry.path());
  }
  return found;
}

// Files of this process may not grow beyond `bytes` while it lives: writes fail as on a full disk.
class FullDisk {
public:
  explicit FullDisk(std::uintmax_t bytes) {
    std::signal(SIGXFSZ, SIG_IGN);
    getrlimit(RLIMIT_FSIZE, &m_before);
    auto limit = m_before;
    limit.rlim_cur = static_cast<rlim_t>(bytes);
    setrlimit(RLIMIT_FSIZE, &limit);
  }
  ~FullDisk() { setrlimit(RLIMIT_FSIZE, &m_before); }

private:
  rlimit m_before{};
};

// More than fits.
std::vector<model::Entry> largeBatch(const std::string& prefix) {
  std::vector<model::Entry> entries;
  for (int i = 0; i < 2000; ++i) entries.emplace_back(submitted(prefix + std::to_string(i)));
  return entries;
}

}  // namespace

class TestFiles : public QObject {
  Q_OBJECT
private slots:
  void init() { m_desk = std::make_unique<Desk>(); }
  void cleanup() { m_desk.reset(); }

  void isPrivate() {
    QVERIFY(m_desk->open());
    QVERIFY(m_desk->keep({submitted("t-a")}));
    for (const char* part : {"", "-wal", "-shm"}) {
      struct stat s {};
      QCOMPARE(::stat((m_desk->file().native() + part).c_str(), &s), 0);
      QCOMPARE(s.st_mode & 0777, mode_t{0600});
    }
  }

  void aCleanEndLeavesOneFile() {
    QVERIFY(m_desk->open());
    QVERIFY(m_desk->keep({submitted("t-a")}));
    m_desk->close();
    QVERIFY(!std::filesystem::exists(m_desk->file().native() + "-wal"));
  }

  void oldFilesAreMigrated_data() {
    QTest::addColumn<QString>("version");
    for (const auto& step : steps())
      QTest::addRow("%d", step.version) << QString("%1").arg(step.version, 4, 10, QChar('0'));
  }
  // A file as a released version left it. When a step is added, dump a file of the version before beside the others.
  void oldFilesAreMigrated() {
    QFETCH(QString, version);
    const auto dump = dumpOf(version.toUtf8().constData());
    QVERIFY2(!dump.empty(), "a released version has no dump");
    execute(m_desk->file(), dump);
    QVERIFY(m_desk->open());
    QVERIFY(m_desk->keep({submitted("t-new"), done("t-new")}));
    QVERIFY(m_desk->keep({metered("s-waits", "t-waits", kHourNs), done("t-waits")}));
    const auto done = m_desk->operator->()->task("t-done");
    QVERIFY(done);
    QCOMPARE(done->state(), v1::TASK_STATE_DONE);
    QCOMPARE(done->outputs_size(), 1);
    QCOMPARE(done->micro_credits(), std::int64_t{500'000});
    QCOMPARE((*m_desk)->task("t-failed")->failure().message(), std::string("The task itself is faulty."));
    QCOMPARE((*m_desk)->task("t-waits")->spec().name(), std::string("task t-waits"));
    const auto totals = (*m_desk)->totals(0);
    QCOMPARE(totals->done, std::uint64_t{3});
    QCOMPARE(totals->failed, std::uint64_t{1});
    QCOMPARE(totals->total.gpu_ns(), kHourNs * 3 / 2);
    QCOMPARE(totals->total.micro_credits(), std::int64_t{1'500'000});
    QCOMPARE(totals->giveBack.p50_ms(), 4.5);
    QCOMPARE((*m_desk)->wish("pause"), std::optional<std::string>("-1"));
    whatModelsComputedIsThere(version == "0001" ? 0 : 1);
    m_desk->close();
    QCOMPARE(versionOf(m_desk->file()), std::int64_t{steps().back().version});
  }

  void stepsFollowEachOther() {
    const Step ladder[] = {{1, "CREATE TABLE a(x)"},
                           {2, "ALTER TABLE a ADD COLUMN y; INSERT INTO a VALUES(1,2)"},
                           {3, "DELETE FROM a WHERE y=2"}};
    auto connection = Connection::open(m_desk->file(), Connection::Access::ReadWrite);
    QVERIFY(connection);
    QVERIFY(migrate(**connection, {ladder, 2}));
    Statement count(**connection, "SELECT count(*) FROM a");
    const auto rowsNow = [&count] {
      auto rows = count.rows();
      return rows.next() ? rows.integer(0) : -1;
    };
    QCOMPARE(rowsNow(), std::int64_t{1});
    QVERIFY(migrate(**connection, ladder));
    QCOMPARE(rowsNow(), std::int64_t{0});
    QVERIFY(migrate(**connection, ladder));
    const auto tooOld = migrate(**connection, {ladder, 2});
    QVERIFY(!tooOld && tooOld.error().kind() == Error::Kind::Version);
  }

  void aStepThatFailsLeavesTheOldVersion() {
    const Step ladder[] = {{1, "CREATE TABLE a(x)"}, {2, "CREATE TABLE b(x); INSERT INTO nowhere VALUES(1)"}};
    auto connection = Connection::open(m_desk->file(), Connection::Access::ReadWrite);
    QVERIFY(connection);
    const auto failed = migrate(**connection, ladder);
    QVERIFY(!failed);
    QVERIFY2(failed.error().text().find("version 2") != std::string::npos, failed.error().text().c_str());
    QCOMPARE(versionOf(m_desk->file()), std::int64_t{1});
    Statement b(**connection, "SELECT * FROM b");
    QVERIFY((*connection)->takeError());  // the table of the failed step is not there
  }

  void aNewerFileIsRefused() {
    QVERIFY(m_desk->open());
    QVERIFY(m_desk->keep({submitted("t-a")}));
    m_desk->close();
    execute(m_desk->file(), "PRAGMA user_version=999");
    const auto opened = m_desk->open();
    QVERIFY(!opened && opened.error().kind() == Error::Kind::Version);
    QVERIFY(opened.error().text().find("999") != std::string::npos);
    QVERIFY(setAside(m_desk->folder()).empty());
    execute(m_desk->file(), "PRAGMA user_version=" + std::to_string(steps().back().version));
    QVERIFY(m_desk->open());
    QVERIFY((*m_desk)->task("t-a"));
  }

  void damagedFilesAreSetAside_data() {
    QTest::addColumn<QString>("damage");
    QTest::newRow("not a database") << "text";
    QTest::newRow("cut short") << "cut";
    QTest::newRow("overwritten inside") << "inside";
  }
  void damagedFilesAreSetAside() {
    QFETCH(QString, damage);
    QVERIFY(m_desk->open());
    QVERIFY(m_desk->keep(largeBatch("t-")));
    m_desk->close();
    const auto size = std::filesystem::file_size(m_desk->file());
    {
      std::fstream file(m_desk->file(), std::ios::in | std::ios::out | std::ios::binary);
      if (damage == "text") file.write("This is no database at all.", 27);
      if (damage == "inside") {
        file.seekp(4096 * 3);
        file << std::string(4096 * 20, '\x5a');
      }
    }
    if (damage == "cut") std::filesystem::resize_file(m_desk->file(), size / 2);
    const auto damagedSize = std::filesystem::file_size(m_desk->file());

    QVERIFY(m_desk->open());
    const auto aside = setAside(m_desk->folder());
    QCOMPARE(aside.size(), std::size_t{1});
    QCOMPARE(std::filesystem::file_size(aside.front()), damagedSize);
    QVERIFY((*m_desk)->trouble().find(aside.front().native()) != std::string::npos);
    QVERIFY((*m_desk)->unfinished()->empty());
    QVERIFY(m_desk->keep({submitted("t-a"), done("t-a")}));
    m_desk->close();
    QVERIFY(m_desk->open());
    QCOMPARE((*m_desk)->trouble(), std::string());
    QCOMPARE((*m_desk)->totals(0)->done, std::uint64_t{1});
  }

  void aFolderThatCannotBeIsAnError() {
    const auto ledger = Ledger::open("/proc/nowhere/ledger.db", m_desk->loop().post());
    QVERIFY(!ledger);
    QVERIFY(ledger.error().text().find("/proc/nowhere") != std::string::npos);
  }

  void aFullDiskDelaysButLosesNothing() {
    QVERIFY(m_desk->open());
    QVERIFY(m_desk->keep({submitted("t-a")}));
    std::vector<int> order;
    std::optional<Error> refused;
    {
      const FullDisk full(300'000);
      (*m_desk)->record(largeBatch("t-b"), [&](const Outcome& o) { order.push_back(o.ok() ? 1 : -1); });
      QVERIFY(m_desk->loop().until([&] { return !(*m_desk)->trouble().empty(); }));
      (*m_desk)->record({submitted("t-c")}, [&](const Outcome& o) { order.push_back(o.ok() ? 2 : -2); });
      // What a person waits for is told at once.
      (*m_desk)->record(
          {submitted("t-d")},
          [&](const Outcome& o) { refused = o.ok() ? Error(Error::Kind::Internal, "kept") : o.error(); },
          Patience::OrRefuse);
      QVERIFY(m_desk->loop().until([&] { return refused.has_value(); }));
      QVERIFY2(refused->kind() == Error::Kind::TooBig || refused->kind() == Error::Kind::Io, refused->text().c_str());
      QVERIFY(order.empty());
      QVERIFY((*m_desk)->task("t-a"));  // it can still be read
      QVERIFY(!(*m_desk)->task("t-b7"));
      QVERIFY((*m_desk)->trouble().find("2001 entries wait") != std::string::npos);
    }
    QVERIFY(m_desk->loop().until([&] { return order.size() == 2; }));
    QCOMPARE(order, (std::vector<int>{1, 2}));
    QCOMPARE((*m_desk)->trouble(), std::string());
    QCOMPARE((*m_desk)->totals(0)->queued, std::uint64_t{2002});
    QVERIFY(!(*m_desk)->task("t-d"));
    m_desk->close();
    QVERIFY(m_desk->open());
    QCOMPARE((*m_desk)->totals(0)->queued, std::uint64_t{2002});
  }

  void memoryIsBoundedWhileTheDiskIsFull() {
    QVERIFY(m_desk->open());
    int refused = 0;
    int written = 0;
    {
      const FullDisk full(300'000);
      (*m_desk)->record(largeBatch("t-b"));
      QVERIFY(m_desk->loop().until([&] { return !(*m_desk)->trouble().empty(); }));
      for (int i = 0; i < 60; ++i) {
        std::vector<model::Entry> thousand(1000, model::TemperatureSampled{kStart + i * 60'000, 50});
        (*m_desk)->record(std::move(thousand), [&](const Outcome& o) { ++(o.ok() ? written : refused); });
      }
      QVERIFY(m_desk->loop().until([&] { return refused == 12; }));
      QVERIFY((*m_desk)->trouble().find("lost") != std::string::npos);
    }
    QVERIFY(m_desk->loop().until([&] { return written == 48; }));
    QCOMPARE((*m_desk)->trouble(), std::string());
  }

  void endingWhileTheDiskIsFullTellsTheLoss() {
    QVERIFY(m_desk->open());
    int lost = 0;
    {
      const FullDisk full(300'000);
      (*m_desk)->record(largeBatch("t-b"), [&](const Outcome& o) { lost += o.ok() ? 0 : 1; });
      QVERIFY(m_desk->loop().until([&] { return !(*m_desk)->trouble().empty(); }));
      m_desk->close();
    }
    QVERIFY(m_desk->loop().until([&] { return lost == 1; }));
    QVERIFY(m_desk->open());
    QCOMPARE((*m_desk)->totals(0)->queued, std::uint64_t{0});  // whole or not at all
  }

private:
  // Nothing before version 2; new figures add to what is there.
  void whatModelsComputedIsThere(std::uint64_t times) {
    auto totals = (*m_desk)->totals(0);
    QCOMPARE(totals->total.usage().prompt(), 1200 * times);
    QCOMPARE(totals->total.cpu_ns(), 60'000'000'000 * times);
    if (times > 0) {
      QCOMPARE((*m_desk)->task("t-talk")->own(), true);
      QCOMPARE((*m_desk)->task("t-talk")->usage().requests_failed(), std::uint64_t{1});
      QCOMPARE((*m_desk)->task("t-tune")->losses_size(), 2);
      QVERIFY(!(*m_desk)->task("t-tune")->losses(0).has_training());
      QVERIFY(!(*m_desk)->task("t-tune")->losses(1).has_held_out());
    }
    QVERIFY(
        m_desk->keep({submitted("t-words"), counted("t-words", tokens(7, 3)),
                      meteredOnProcessor("s-words", "t-words", 9), model::LossMeasured{"t-words", {loss(1, 2.0)}}}));
    totals = (*m_desk)->totals(0);
    QCOMPARE(totals->total.usage().prompt(), 1200 * times + 7);
    QCOMPARE(totals->total.cpu_ns(), 60'000'000'000 * times + 9);
    QCOMPARE((*m_desk)->task("t-words")->losses_size(), 1);
  }

  std::unique_ptr<Desk> m_desk;
};

QTEST_GUILESS_MAIN(TestFiles)
#include "test_files.moc"
