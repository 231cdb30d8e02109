// SPDX-License-Identifier: Apache-2.0
// What happens to images that are there: damage, removal, a clock that is set back.
#include "service/runtimes/image/images_test.h"

#include <asio/post.hpp>

#include <QTest>

using namespace lull;
using namespace lull::image;
namespace fs = std::filesystem;
using Work = v1::RuntimeWork;

class TestUpkeep : public lull::test::ImagesTest {
  Q_OBJECT

private slots:
  void damageIsFound() {
    const auto version = installed();
    QCOMPARE(verified().state(), Work::STATE_DONE);
    const auto file = place("runtimes/llama") / version / "root/usr/lib/ggml/backends0/libggml-vulkan.so";
    fs::permissions(file, fs::perms::owner_write, fs::perm_options::add);
    write(file, "1:0.7.0+dfsG-2");
    const auto work = verified();
    QCOMPARE(work.state(), Work::STATE_FAILED);
    QVERIFY2(work.text().find("1 file is damaged: usr/lib/ggml") != std::string::npos, work.text().c_str());
    QCOMPARE(m_images->programs("llama").error().kind(), Error::Kind::Conflict);
    reopen();
    QCOMPARE(m_images->programs("llama").error().kind(), Error::Kind::Conflict);
    QVERIFY(!m_images->list().runtimes(0).trouble().empty() && !m_images->list().runtimes(0).current());
    m_clock.advance(Milliseconds(1000));
    const auto mended = installed();
    QCOMPARE(mended, version + ".2");
    QVERIFY(m_images->programs("llama").ok());
    QVERIFY(untilOnly({mended}));
  }

  void aProgramThatIsGone() {
    const auto version = installed();
    fs::permissions(place("runtimes/llama") / version / "root/usr/bin", fs::perms::owner_write, fs::perm_options::add);
    fs::remove(place("runtimes/llama") / version / "root/usr/bin/llama-finetune");
    const auto programs = m_images->programs("llama");
    QCOMPARE(programs.error().kind(), Error::Kind::Conflict);
    QVERIFY2(programs.error().text().find("llama-finetune is missing") != std::string::npos,
             programs.error().text().c_str());
  }

  void aListThatIsDamaged() {
    const auto version = installed();
    write(place("runtimes/llama") / version / "files", "");
    QVERIFY(verified().text().find("the list of its files is damaged") != std::string::npos);
  }

  void anImageThatDoesNotTell() {
    const auto version = installed();
    write(place("runtimes/llama") / version / "manifest.json", "{}");
    reopen();
    QVERIFY(untilOnly({}));
    QCOMPARE(m_images->list().runtimes_size(), 0);
  }

  void removing() {
    const auto version = installed();
    auto held = m_images->programs("llama")->held;
    QCOMPARE(remove(version).error().kind(), Error::Kind::Conflict);
    held.reset();
    m_needed = true;
    QCOMPARE(remove("llama").error().kind(), Error::Kind::Conflict);
    m_needed = false;
    const auto removed = remove("llama");
    QVERIFY(removed.ok());
    QCOMPARE(removed->runtime().version(), version);
    QVERIFY(untilOnly({}));
    QCOMPARE(m_images->programs("llama").error().kind(), Error::Kind::NotFound);
  }

  void theOneInUseStaysWhileANewerComes() {
    const auto version = installed();
    write("hang", "");
    QVERIFY(install().ok());
    makersPid();
    QCOMPARE(remove(version).error().kind(), Error::Kind::Conflict);
    QVERIFY(remove("install").ok());
    QVERIFY(remove(version).ok());
  }

  // What came is as what was there, which is damaged by then.
  void foundDamagedWhileTheSameIsNoted() {
    const auto version = installed();
    m_onChange = [&] {
      if (m_images->list().work().step() != "noting every file") return;
      m_onChange = {};
      asio::post(m_loop, [this, version] {
        const auto bin = place("runtimes/llama") / version / "root/usr/bin";
        fs::permissions(bin, fs::perms::owner_write, fs::perm_options::add);
        fs::remove(bin / "llama-finetune");
        QCOMPARE(m_images->programs("llama").error().kind(), Error::Kind::Unavailable);
      });
    };
    QVERIFY(install().ok());
    const auto work = ended();
    QCOMPARE(work.state(), Work::STATE_FAILED);
    QVERIFY2(work.text().find("damaged meanwhile") != std::string::npos, work.text().c_str());
    QVERIFY(untilOnly({"cache", version}));
    QVERIFY(installed() != version);
  }

  void aClockThatWasSetBack() {
    installed();
    m_clock.setUnixMs(m_clock.now().unixMs - 86'400'000);
    write("version", "1:0.8.0-1");
    const auto second = installed();
    QVERIFY(m_images->programs("llama")->version.find("0.8.0") != std::string::npos);
    reopen();
    QVERIFY(m_images->programs("llama")->version.find("0.8.0") != std::string::npos);
    QVERIFY(untilOnly({second}));
  }
};

QTEST_GUILESS_MAIN(TestUpkeep)
#include "test_upkeep.moc"
