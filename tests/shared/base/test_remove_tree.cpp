// SPDX-License-Identifier: Apache-2.0
// A tree goes, whatever was done to keep it.
#include "base/folder.h"
#include "base/remove_tree.h"
#include "fakes/nobody.h"

#include <QTemporaryDir>
#include <QTest>

#include <sys/stat.h>

#include <fstream>
#include <string>

using namespace lull;
namespace fs = std::filesystem;

class TestRemoveTree : public QObject {
  Q_OBJECT

private slots:
  void init() {
    m_folder = std::make_unique<QTemporaryDir>();
    m_nobody = std::make_unique<test::Nobody>(m_folder->path().toStdString());
    fs::create_directory(tree());
  }
  void cleanup() { m_nobody.reset(); }

  void whatIsNotThereIsFine() {
    fs::remove(tree());
    QVERIFY(removeTree(tree()).ok());
  }

  void aFileGoes() {
    fs::remove(tree());
    std::ofstream(tree()) << "x";
    QVERIFY(removeTree(tree()).ok());
    QVERIFY(!fs::exists(tree()));
  }

  void linksAreNotFollowed() {
    const auto kept = tree().parent_path() / "kept";
    fs::create_directory(kept);
    std::ofstream(kept / "file") << "x";
    fs::create_directory_symlink(kept, tree() / "link");
    fs::create_symlink(kept / "file", tree() / "file");
    QVERIFY(removeTree(tree()).ok());
    QVERIFY(!fs::exists(tree()) && fs::exists(kept / "file"));
    fs::create_directory_symlink(kept, tree());
    QVERIFY(removeTree(tree()).ok());
    QVERIFY(!fs::exists(fs::symlink_status(tree())) && fs::exists(kept / "file"));
  }

  void rightsThatWereTakenAwayDoNotMatter_data() {
    QTest::addColumn<unsigned>("mode");
    for (const unsigned mode : {0U, 0100U, 0300U, 0400U, 0500U}) QTest::addRow("%o", mode) << mode;
  }
  void rightsThatWereTakenAwayDoNotMatter() {
    QFETCH(unsigned, mode);
    fs::create_directories(tree() / "a/b");
    std::ofstream(tree() / "a/b/file") << "x";
    for (const auto& folder : {tree() / "a/b", tree() / "a", tree()}) fs::permissions(folder, fs::perms(mode));
    const auto removed = removeTree(tree());
    QVERIFY2(removed.ok(), removed ? "" : removed.error().text().c_str());
    QVERIFY(!fs::exists(tree()));
  }

  // Longer than the kernel's longest path, and with more folders within folders than are open at once.
  void aDeepTreeGoes() {
    const std::string name(100, 'x');
    auto folder = openFolder(AT_FDCWD, tree().c_str());
    for (int i = 0; i < 300; ++i) {
      QCOMPARE(::mkdirat(folder.get(), name.c_str(), 0700), 0);
      QCOMPARE(::mkdirat(folder.get(), ("deep." + std::to_string(i % 3)).c_str(), 0), 0);
      folder = openFolder(folder.get(), name.c_str());
      QVERIFY(folder);
    }
    const auto removed = removeTree(tree());
    QVERIFY2(removed.ok(), removed ? "" : removed.error().text().c_str());
    QVERIFY(!fs::exists(tree()));
  }

  void whatCannotBeRemovedIsTold() {
    fs::create_directories(tree() / "a/b");
    fs::permissions(tree().parent_path(), fs::perms(0500));
    const auto removed = removeTree(tree());
    fs::permissions(tree().parent_path(), fs::perms(0700));
    QVERIFY(!removed.ok());
    QCOMPARE(removed.error().kind(), Error::Kind::Denied);
  }

private:
  [[nodiscard]] fs::path tree() const { return fs::path(m_folder->path().toStdString()) / "tree"; }

  std::unique_ptr<QTemporaryDir> m_folder;
  std::unique_ptr<test::Nobody> m_nobody;
};

QTEST_GUILESS_MAIN(TestRemoveTree)
#include "test_remove_tree.moc"
