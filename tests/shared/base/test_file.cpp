// SPDX-License-Identifier: Apache-2.0
#include "base/file.h"

#include <QTemporaryDir>
#include <QTest>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <thread>

using namespace lull;

class TestFile : public QObject {
  Q_OBJECT

private slots:
  void init() {
    m_folder = std::make_unique<QTemporaryDir>();
    m_path = std::filesystem::path(m_folder->path().toStdString()) / "file";
  }

  void whatWasWrittenIsRead() {
    const std::string bytes("a\0b\xff", 4);
    for (const auto durability : {Durability::Rename, Durability::Sync}) {
      QVERIFY(replaceFile(m_path, bytes, durability).ok());
      auto read = readFile(m_path);
      QVERIFY(read.ok());
      QCOMPARE(*read, bytes);
      QVERIFY(replaceFile(m_path, "", durability).ok());
      read = readFile(m_path);
      QVERIFY(read.ok());
      QVERIFY(read->empty());
    }
  }

  void aReplacedFileIsPrivateAndLeavesNothingBeside() {
    QVERIFY(replaceFile(m_path, "x").ok());
    struct stat s {};
    QCOMPARE(::stat(m_path.c_str(), &s), 0);
    QCOMPARE(s.st_mode & 07777U, 0600U);
    QCOMPARE(entries(), 1);
  }

  void aFailedReplacementLeavesTheOldBytes() {
    QVERIFY(replaceFile(m_path, "old").ok());
    const auto into = m_path / "below a file";
    const auto outcome = replaceFile(into, "new");
    QVERIFY(!outcome);
    QVERIFY(QString::fromStdString(outcome.error().text()).contains("create"));
    const auto read = readFile(m_path);
    QVERIFY(read.ok());
    QCOMPARE(*read, std::string("old"));
    std::filesystem::create_directory(m_folder->path().toStdString() + "/taken");
    const auto folder = m_path.parent_path() / "taken";
    QVERIFY(!replaceFile(folder, "new"));  // a folder cannot be replaced
    QCOMPARE(entries(), 2);                // and the new file is gone again
  }

  // A reader sees whole old or whole new bytes, never a mixture or a hole.
  void replacementIsOneStep() {
    const std::string a(20000, 'a');
    const std::string b(30000, 'b');
    QVERIFY(replaceFile(m_path, a, Durability::Rename).ok());
    std::atomic<bool> stop{false};
    std::thread writer([&] {
      for (int i = 0; i < 300; ++i) (void)replaceFile(m_path, i % 2 == 0 ? b : a, Durability::Rename).ok();
      stop = true;
    });
    bool whole = true;
    while (!stop) {
      const auto read = readFile(m_path);
      whole = whole && read.ok() && (*read == a || *read == b);
    }
    writer.join();
    QVERIFY(whole);
  }

  void readsAreBounded() {
    QVERIFY(replaceFile(m_path, std::string(1000, 'x')).ok());
    QVERIFY(readFile(m_path, 1000).ok());
    const auto read = readFile(m_path, 999);
    QVERIFY(!read.ok());
    QCOMPARE(read.error().kind(), Error::Kind::TooBig);
    const auto endless = readFile("/dev/zero");
    QVERIFY(!endless.ok());
    QCOMPARE(endless.error().kind(), Error::Kind::TooBig);
  }

  void readsWhatHasNoSize() {
    const auto status = readFile("/proc/self/status");
    QVERIFY(status.ok());
    QVERIFY(status->starts_with("Name:"));
  }

  void absentFilesAreNamed() {
    const auto read = readFile(m_path);
    QVERIFY(!read.ok());
    QCOMPARE(read.error().kind(), Error::Kind::NotFound);
    QVERIFY(read.error().text().find(m_path.native()) != std::string::npos);
  }

  void privateFolders() {
    const auto deep = m_path / "a" / "b";
    QVERIFY(makePrivateFolder(deep).ok());
    struct stat s {};
    QCOMPARE(::stat(deep.c_str(), &s), 0);
    QCOMPARE(s.st_mode & 07777U, 0700U);
    QVERIFY(makePrivateFolder(deep).ok());  // once more
    QVERIFY(replaceFile(m_path / "plain", "x").ok());
    QVERIFY(!makePrivateFolder(m_path / "plain" / "below"));
  }

  void aPlainFileIsNoFolder() {
    QVERIFY(replaceFile(m_path, "x").ok());
    QVERIFY(!makePrivateFolder(m_path));
  }

  void descriptorsCloseOnce() {
    int raw = -1;
    {
      Fd fd(::open("/dev/null", O_RDONLY | O_CLOEXEC));
      QVERIFY(static_cast<bool>(fd));
      raw = fd.get();
      Fd moved = std::move(fd);
      QCOMPARE(moved.get(), raw);
      QVERIFY(::fcntl(raw, F_GETFD) >= 0);
    }
    QVERIFY(::fcntl(raw, F_GETFD) < 0);
    Fd kept(::open("/dev/null", O_RDONLY | O_CLOEXEC));
    raw = kept.release();
    QVERIFY(!kept);
    QVERIFY(::fcntl(raw, F_GETFD) >= 0);
    ::close(raw);
  }

private:
  int entries() const {
    const std::filesystem::directory_iterator all(m_path.parent_path());
    return static_cast<int>(std::distance(begin(all), end(all)));
  }

  std::unique_ptr<QTemporaryDir> m_folder;
  std::filesystem::path m_path;
};

QTEST_GUILESS_MAIN(TestFile)
#include "test_file.moc"
