// SPDX-License-Identifier: Apache-2.0
// What is found in a root, what a tree holds, and what the maker tells.
#include "base/file.h"
#include "base/remove_tree.h"
#include "runtimes/image/finding.h"
#include "runtimes/image/making.h"
#include "runtimes/image/manifest.h"
#include "runtimes/image/tree.h"

#include <QTemporaryDir>
#include <QTest>

#include <filesystem>

using namespace lull;
using namespace lull::image;
namespace fs = std::filesystem;

namespace {

void write(const fs::path& file, std::string_view bytes, fs::perms mode = fs::perms(0755)) {
  fs::create_directories(file.parent_path());
  if (auto written = replaceFile(file, bytes, Durability::Rename); !written)
    qFatal("%s", written.error().text().c_str());
  fs::permissions(file, mode);
}

}  // namespace

class TestParts : public QObject {
  Q_OBJECT

private slots:
  void init() { m_folder = std::make_unique<QTemporaryDir>(); }

  void aRootIsCompleteWhenAllIsThere() {
    QCOMPARE(missingBelow(root()), std::string("llama-server"));
    write(root() / "usr/bin/llama-server", "");
    QCOMPARE(missingBelow(root()), std::string("llama-finetune"));
    write(root() / "usr/local/bin/llama-finetune", "", fs::perms(0644));
    QCOMPARE(missingBelow(root()), std::string("llama-finetune"));  // nobody may run it
    fs::permissions(root() / "usr/local/bin/llama-finetune", fs::perms(0755));
    QCOMPARE(missingBelow(root()), std::string("libggml-vulkan.so"));
  }

  void theBackend_data() {
    QTest::addColumn<QString>("folder");
    QTest::addColumn<bool>("found");
    QTest::newRow("Debian") << "usr/lib/x86_64-linux-gnu/ggml/backends0" << true;
    QTest::newRow("beside the library") << "usr/lib/aarch64-linux-gnu" << true;
    QTest::newRow("without architectures") << "usr/lib64" << true;
    QTest::newRow("built by hand") << "usr/local/lib/ggml" << true;
    QTest::newRow("elsewhere") << "usr/lib/python3" << false;
    QTest::newRow("nowhere") << "opt/llama" << false;
  }
  void theBackend() {
    QFETCH(QString, folder);
    QFETCH(bool, found);
    for (const char* name : {"llama-server", "llama-finetune"}) write(root() / "usr/bin" / name, "");
    write(root() / folder.toStdString() / "libggml-vulkan.so", "");
    QCOMPARE(missingBelow(root()).empty(), found);
  }

  void whatDpkgHas() {
    QVERIFY(installedPackages(root()).empty());
    write(root() / "var/lib/dpkg/status",
          "Package: bash\nStatus: install ok installed\nVersion: 5\n\n"
          "Package: llama.cpp-tools\nStatus: install ok installed\nVersion: 1:0.7.0+dfsg-2\nDescription: x\n Package: "
          "y\n\n"
          "Package: libllama0\nStatus: deinstall ok config-files\nVersion: 2\n\n"
          "Package: libggml0\nStatus: install ok installed\nVersion: 0.27.0-1\n");
    const auto found = installedPackages(root());
    QCOMPARE(found.size(), std::size_t{2});
    QCOMPARE(found[0].name(), std::string("libggml0"));
    QCOMPARE(found[1].version(), std::string("1:0.7.0+dfsg-2"));
  }

  void versions() {
    QCOMPARE(upstreamVersion("1:0.7.0+dfsg-2"), std::string("0.7.0"));
    QCOMPARE(upstreamVersion("9.5"), std::string("9.5"));
    QCOMPARE(upstreamVersion("5882-1~exp1"), std::string("5882"));
    QVERIFY(isVersion("20261122-1a2b3c4d") && isVersion("20261122-1a2b3c4d.2"));
    for (const char* no : {"", "part", "cache", "gone.1", "20261122-1a2b3c4d.", "2026112-1a2b3c4d", "20261122-1A2b3c4d",
                           "20261122-1a2b3c4d/..", "../20261122-1a2b3c4d"}) {
      QVERIFY2(!isVersion(no), no);
    }
    v1::Runtime about;
    about.set_installed_unix_ms(1'795'305'600'000);
    const auto one = versionFor(about);
    QVERIFY2(isVersion(one) && one.starts_with("20261122-"), one.c_str());
    about.add_packages()->set_name("llama.cpp");
    QVERIFY(versionFor(about) != one);
  }

  void aTreeAndItsText() {
    write(tree() / "usr/bin/a", "hello");
    write(tree() / "usr/lib/b", "", fs::perms(0644));
    fs::create_symlink("../lib/b", tree() / "usr/bin/link");
    const auto contents = contentsOf(tree(), {m_stop});
    QVERIFY(contents.ok());
    std::string paths;
    for (const auto& entry : *contents) paths += entry.path + ' ';
    QCOMPARE(paths, std::string("usr usr/bin usr/bin/a usr/bin/link usr/lib usr/lib/b "));
    const auto again = entriesFrom(toText(*contents));
    QVERIFY(again.ok());
    QCOMPARE(difference(*contents, *again), std::string());
    QCOMPARE(toText(*again), toText(*contents));
  }

  void differences() {
    write(tree() / "usr/bin/a", "hello");
    write(tree() / "usr/bin/b", "hello");
    write(tree() / "usr/bin/c", "hello");
    fs::create_symlink("a", tree() / "usr/bin/link");
    const auto before = *contentsOf(tree(), {m_stop});
    write(tree() / "usr/bin/a", "hellO");
    fs::permissions(tree() / "usr/bin/b", fs::perms(0644));
    fs::remove(tree() / "usr/bin/c");
    write(tree() / "usr/bin/d", "");
    fs::remove(tree() / "usr/bin/link");
    fs::create_symlink("b", tree() / "usr/bin/link");
    QCOMPARE(
        difference(before, *contentsOf(tree(), {m_stop})),
        std::string("3 files are damaged: usr/bin/a, usr/bin/b, usr/bin/link; 1 file is missing: usr/bin/c; 1 file "
                    "is not of the image: usr/bin/d"));
  }

  void whatIsNoTree() {
    write(tree() / "a\nb", "");
    QCOMPARE(contentsOf(tree(), {m_stop}).error().kind(), Error::Kind::Invalid);
    fs::remove_all(tree());
    QCOMPARE(contentsOf(tree(), {m_stop}).error().kind(), Error::Kind::NotFound);
    for (const char* text : {"x", "1\t", "1\tfile\n", "x\tfile\tname\n", "1\tfile\tname", "\n"}) {
      QVERIFY2(!entriesFrom(text).ok(), text);
    }
  }

  void aStopIsHeeded() {
    write(tree() / "a", "");
    m_stop = true;
    QCOMPARE(contentsOf(tree(), {m_stop}).error().kind(), Error::Kind::Unavailable);
    m_stop = false;
  }

  void aTreeIsMadeReadOnly() {
    write(tree() / "usr/bin/a", "x", fs::perms(06777));
    fs::create_symlink("/", tree() / "usr/root");
    QVERIFY(makeReadOnly(tree()).ok());
    QCOMPARE(fs::status(tree() / "usr/bin/a").permissions(), fs::perms(0555));
    QCOMPARE(fs::status(tree() / "usr").permissions() & fs::perms(0222), fs::perms::none);
    QVERIFY(removeTree(tree()).ok());
    QVERIFY(!fs::exists(tree()) && fs::exists("/usr"));
  }

  void whatTheMakerTells() {
    const auto step = stepFrom("step 0.25 downloading packages (1 MB of 4 MB)");
    QVERIFY(step && step->progress == 0.25 && step->text == "downloading packages (1 MB of 4 MB)");
    QCOMPARE(stepFrom("step 7 x")->progress, 1.0);
    for (const char* no : {"", "step", "step x y", "step nan y", "failed io x", "stepping 1 x"})
      QVERIFY2(!stepFrom(no), no);
    const auto failure = failureFrom("failed too_big the disk is full");
    QVERIFY(failure && failure->kind() == Error::Kind::TooBig && failure->text() == "the disk is full");
    for (const char* no : {"", "failed", "failed strange x", "step 1 x"}) QVERIFY2(!failureFrom(no), no);
  }

private:
  [[nodiscard]] fs::path root() const { return m_folder->path().toStdString() + "/root"; }
  [[nodiscard]] fs::path tree() const { return m_folder->path().toStdString() + "/tree"; }

  std::unique_ptr<QTemporaryDir> m_folder;
  std::atomic<bool> m_stop{false};
};

QTEST_GUILESS_MAIN(TestParts)
#include "test_parts.moc"
