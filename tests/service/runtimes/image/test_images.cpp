// SPDX-License-Identifier: Apache-2.0
// Images are installed by a pretended maker, used, upgraded, found damaged, removed.
#include "base/file.h"
#include "fakes/fake_clock.h"
#include "runtimes/image/image.h"

#include <asio/executor_work_guard.hpp>
#include <asio/post.hpp>

#include <QTemporaryDir>
#include <QTest>

#include <csignal>
#include <functional>
#include <optional>
#include <set>

using namespace lull;
using namespace lull::image;
namespace fs = std::filesystem;
using Work = v1::RuntimeWork;

namespace {

// What it does stands in files beside it: version, fail, hang, bare.
constexpr const char* kMaker = R"sh(#!/bin/sh
here=$(dirname "$0")
echo "$@" >>"$here/calls"
while [ "${1#--}" != "$1" ]; do
  case $1 in --log) shift 2 ;; --mirror) shift 2 ;; *) shift ;; esac
done
folder=$1 cache=$2
mkdir -p "$folder" "$cache"
[ -e "$cache/a.deb" ] && echo resumed >>"$here/calls"
echo x >"$cache/a.deb"
echo "step 0.25 downloading packages"
[ -e "$here/fail" ] && { cat "$here/fail"; exit 1; }
[ -e "$here/hang" ] && { echo $$ >"$here/pid.new"; mv "$here/pid.new" "$here/pid"; exec sleep 1000; }
mkdir -p "$folder/usr/bin" "$folder/usr/lib/ggml/backends0"
[ -e "$here/bare" ] || echo '#!/bin/sh' >"$folder/usr/bin/llama-server"
echo '#!/bin/sh' >"$folder/usr/bin/llama-finetune"
chmod 755 "$folder"/usr/bin/*
cat "$here/version" >"$folder/usr/lib/ggml/backends0/libggml-vulkan.so"
echo "libggml0 0.27.0-1" >"$folder/packages"
echo "llama.cpp-tools $(cat "$here/version")" >>"$folder/packages"
)sh";

}  // namespace

class TestImages : public QObject {
  Q_OBJECT

private slots:
  void init() {
    m_folder = std::make_unique<QTemporaryDir>();
    write("make", kMaker);
    fs::permissions(place("make"), fs::perms(0755));
    write("version", "1:0.7.0+dfsg-2");
    m_options = {.folder = place("runtimes"), .maker = place("make"), .system = place("system"), .roomBytes = 0};
    m_needed = false;
    open();
  }
  void cleanup() {
    m_images.reset();
    m_onChange = {};
  }

  void nothingIsThere() {
    const auto programs = m_images->programs("llama");
    QCOMPARE(programs.error().kind(), Error::Kind::NotFound);
    QVERIFY(programs.error().text().find("lull runtime install llama") != std::string::npos);
    QCOMPARE(m_images->programs("other").error().kind(), Error::Kind::NotFound);
    QCOMPARE(m_images->list().runtimes_size(), 0);
    QCOMPARE(m_images->verify("llama").error().kind(), Error::Kind::NotFound);
    QCOMPARE(remove("llama").error().kind(), Error::Kind::NotFound);
    QCOMPARE(remove("install").error().kind(), Error::Kind::NotFound);
    QCOMPARE(remove("..").error().kind(), Error::Kind::NotFound);
  }

  void anInstall() {
    const auto begun = install();
    QVERIFY(begun.ok());
    QCOMPARE(begun->work().state(), Work::STATE_RUNNING);
    QCOMPARE(m_images->programs("llama").error().kind(), Error::Kind::Unavailable);
    QCOMPARE(install().error().kind(), Error::Kind::Conflict);
    const auto work = ended();
    QVERIFY2(work.state() == Work::STATE_DONE, work.text().c_str());
    QCOMPARE(work.text(), std::string("llama.cpp 0.7.0 is installed"));
    const auto programs = m_images->programs("llama");
    QVERIFY(programs.ok());
    QCOMPARE(programs->version, "llama.cpp 0.7.0, image " + work.version());
    QCOMPARE(programs->root, place("runtimes/llama") / work.version() / "root");
    QVERIFY(fs::exists(programs->root / "usr/bin/llama-server"));
    QCOMPARE(fs::status(programs->root / "usr/bin").permissions() & fs::perms(0222), fs::perms::none);
    const auto list = m_images->list();
    QCOMPARE(list.runtimes_size(), 1);
    const auto& runtime = list.runtimes(0);
    QVERIFY(runtime.current() && runtime.in_use() && runtime.bytes() > 0);
    QCOMPARE(runtime.packages_size(), 2);
    QCOMPARE(runtime.installed_unix_ms(), m_clock.now().unixMs);
    QCOMPARE(m_images->summary().runtimes(0).packages_size(), 0);
    QVERIFY(untilOnly({work.version()}));
    QVERIFY(m_changes > 1);
    reopen();
    QCOMPARE(m_images->programs("llama")->version, programs->version);
  }

  void whatEndedIsForgotten() {
    reopen({.endedShown = Milliseconds(1)});
    QVERIFY(install().ok());
    QVERIFY(until([&] { return m_images->list().runtimes_size() == 1 && !m_images->list().has_work(); }));
  }

  void nothingNewer() {
    const auto version = installed();
    m_clock.advance(Milliseconds(86'400'000));
    QVERIFY(install().ok());
    const auto work = ended();
    QCOMPARE(work.text(), std::string("there is nothing newer"));
    QCOMPARE(work.version(), version);
    QVERIFY(untilOnly({version}));
  }

  void anUpgradeWaitsForWhatRuns() {
    const auto first = installed();
    auto held = m_images->programs("llama")->held;
    const auto again = m_images->programs("llama")->held;
    upgrade("1:0.8.0-1");
    const auto second = installed();
    QVERIFY(second != first);
    QVERIFY(m_images->programs("llama")->root.native().find(second) != std::string::npos);
    auto list = m_images->list();
    QCOMPARE(list.runtimes_size(), 2);
    QVERIFY(list.runtimes(0).version() == second && list.runtimes(0).current());
    QVERIFY(list.runtimes(1).version() == first && list.runtimes(1).in_use() && !list.runtimes(1).current());
    QCOMPARE(remove(first).error().kind(), Error::Kind::Conflict);
    QVERIFY(untilOnly({first, second}));
    held.reset();
    QCOMPARE(m_images->list().runtimes_size(), 2);
    const_cast<std::shared_ptr<const void>&>(again).reset();
    QVERIFY(until([&] { return m_images->list().runtimes_size() == 1; }));
    QVERIFY(untilOnly({second}));
  }

  void anOldOneGoesAtTheNextStart() {
    installed();
    const auto held = m_images->programs("llama")->held;
    upgrade("1:0.8.0-1");
    const auto second = installed();
    reopen();
    QVERIFY(untilOnly({second}));
  }

  void failures_data() {
    QTest::addColumn<QString>("said");
    QTest::addColumn<QString>("told");
    QTest::newRow("in words") << "failed too_big the disk is full"
                              << "the disk is full";
    QTest::newRow("in none") << ""
                             << "the program that makes images ended with code 1";
    QTest::newRow("in strange ones") << "failed strange x"
                                     << "the program that makes images ended with code 1";
  }
  void failures() {
    QFETCH(QString, said);
    QFETCH(QString, told);
    write("fail", said.toStdString() + "\n");
    QVERIFY(install().ok());
    const auto work = ended();
    QCOMPARE(work.state(), Work::STATE_FAILED);
    QCOMPARE(QString::fromStdString(work.text()), told);
    QVERIFY(untilOnly({"cache"}));
    fs::remove(place("fail"));
    installed();
    QVERIFY2(calls().find("resumed") != std::string::npos, calls().c_str());
  }

  void whatCameIsNotEnough() {
    write("bare", "");
    QVERIFY(install().ok());
    QVERIFY(ended().text().find("llama-server") != std::string::npos);
    QVERIFY(untilOnly({"cache"}));
  }

  void brokenOff() {
    write("hang", "");
    QVERIFY(install().ok());
    const auto pid = makersPid();
    QVERIFY(remove("install").ok());
    QCOMPARE(m_images->list().work().state(), Work::STATE_FAILED);
    QVERIFY(m_images->list().work().text().find("broken off") != std::string::npos);
    QVERIFY(until([&] { return ::kill(pid, 0) != 0; }));
    QVERIFY(untilOnly({"cache"}));
    QCOMPARE(remove("install").error().kind(), Error::Kind::NotFound);
    fs::remove(place("hang"));
    installed();
  }

  void theServiceEndsInTheMiddle() {
    write("hang", "");
    QVERIFY(install().ok());
    const auto pid = makersPid();
    reopen();
    QVERIFY(until([&] { return ::kill(pid, 0) != 0; }));
    QVERIFY(untilOnly({"cache"}));
    QVERIFY(!m_images->list().has_work());
    fs::last_write_time(place("runtimes/llama/cache"), fs::file_time_type::clock::now() - std::chrono::hours(8 * 24));
    reopen();
    QVERIFY(untilOnly({}));
  }

  void whatIsAsked() {
    v1::InstallRuntimeRequest request;
    request.set_name("other");
    QCOMPARE(m_images->install(request).error().kind(), Error::Kind::NotFound);
    request.set_name("llama");
    for (const char* no : {"file:/srv", "copy:/srv", "deb [trusted=yes] https://x y main", "https://x y", "https://x]",
                           "/srv/debian", "https://"}) {
      request.set_mirror(no);
      QVERIFY2(m_images->install(request).error().kind() == Error::Kind::Invalid, no);
    }
    request.set_mirror("https://example.org/debian");
    request.set_allow_expired(true);
    QVERIFY(m_images->install(request).ok());
    ended();
    QVERIFY2(calls().find("--mirror https://example.org/debian --allow-expired") != std::string::npos, calls().c_str());
  }

  void noRoomAndNoMaker() {
    reopen({.roomBytes = ~0ULL});
    QCOMPARE(install().error().kind(), Error::Kind::TooBig);
    reopen({.maker = place("nothing")});
    QVERIFY(!install().ok());
    QVERIFY(!m_images->list().has_work());
  }

  void theSystemGoesFirst() {
    const auto version = installed();
    for (const char* name : {"llama-server", "llama-finetune"}) {
      write(std::string("system/usr/bin/") + name, "");
      fs::permissions(place("system/usr/bin") / name, fs::perms(0755));
    }
    QVERIFY(!m_images->programs("llama")->root.empty());
    write("system/usr/lib/libggml-vulkan.so", "");
    write("system/var/lib/dpkg/status", "Package: llama.cpp\nStatus: install ok installed\nVersion: 1:0.9.1-1\n");
    const auto programs = m_images->programs("llama");
    QVERIFY(programs->root.empty());
    QCOMPARE(programs->version, std::string("llama.cpp 0.9.1, this computer's own"));
    QCOMPARE(install().error().kind(), Error::Kind::Conflict);
    const auto list = m_images->list();
    QCOMPARE(list.runtimes_size(), 2);
    QVERIFY(list.runtimes(0).current() && list.runtimes(0).source() == v1::Runtime::SOURCE_SYSTEM);
    QCOMPARE(list.runtimes(0).version(), std::string("1:0.9.1-1"));
    QVERIFY(!list.runtimes(1).current());
    m_needed = true;
    QVERIFY(remove(version).ok());
    QCOMPARE(remove("llama").error().kind(), Error::Kind::Conflict);
    QCOMPARE(m_images->verify("llama").error().kind(), Error::Kind::Conflict);
    fs::remove(place("system/usr/bin/llama-server"));
    QCOMPARE(m_images->programs("llama").error().kind(), Error::Kind::NotFound);
  }

  void aGivenRootGoesOverAll() {
    installed();
    reopen({.givenRoot = place("given")});
    QCOMPARE(m_images->programs("llama")->root, place("given"));
    QCOMPARE(install().error().kind(), Error::Kind::Conflict);
    QVERIFY(m_images->list().runtimes(0).current());
    QCOMPARE(m_images->list().runtimes(0).place(), place("given").native());
  }

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

private:
  struct Changed {
    fs::path givenRoot{};
    fs::path maker{};
    std::uint64_t roomBytes = 0;
    Milliseconds endedShown{60'000};
  };
  void open() {
    auto images = Images::create(m_loop, m_clock, m_options,
                                 {.changed =
                                      [this] {
                                        ++m_changes;
                                        if (const auto then = m_onChange) then();
                                      },
                                  .needed = [this] { return m_needed; }});
    if (!images) qFatal("%s", images.error().text().c_str());
    m_images = *std::move(images);
  }
  // The service ends, and begins again.
  void reopen(const Changed& changed) {
    m_images.reset();
    m_options.givenRoot = changed.givenRoot;
    if (!changed.maker.empty()) m_options.maker = changed.maker;
    m_options.roomBytes = changed.roomBytes;
    m_options.endedShown = changed.endedShown;
    open();
  }
  void reopen() { reopen(Changed{}); }

  bool until(const std::function<bool()>& so) {
    const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(30);
    while (!so()) {
      if (std::chrono::steady_clock::now() > end) return false;
      m_loop.run_one_for(std::chrono::milliseconds(20));
    }
    return true;
  }
  [[nodiscard]] Result<v1::InstallRuntimeReply> install() {
    v1::InstallRuntimeRequest request;
    request.set_name("llama");
    return m_images->install(request);
  }
  Work ended() {
    if (!until([&] { return m_images->list().work().state() != Work::STATE_RUNNING; })) qFatal("it does not end");
    return m_images->list().work();
  }
  std::string installed() {
    const auto begun = install();
    if (!begun) qFatal("%s", begun.error().text().c_str());
    const auto work = ended();
    if (work.state() != Work::STATE_DONE) qFatal("%s", work.text().c_str());
    return work.version();
  }
  Work verified() {
    const auto begun = m_images->verify("llama");
    if (!begun) qFatal("%s", begun.error().text().c_str());
    return ended();
  }
  void upgrade(const std::string& version) {
    m_clock.advance(Milliseconds(86'400'000));
    write("version", version);
  }
  [[nodiscard]] Result<v1::RemoveRuntimeReply> remove(const std::string& which) {
    std::optional<Result<v1::RemoveRuntimeReply>> out;
    m_images->remove(which, [&out](Result<v1::RemoveRuntimeReply> reply) { out.emplace(std::move(reply)); });
    if (!until([&] { return out.has_value(); })) qFatal("no reply");
    return *std::move(out);
  }
  pid_t makersPid() {
    if (!until([&] { return fs::exists(place("pid")); })) qFatal("the maker does not start");
    return static_cast<pid_t>(std::stoi(*readFile(place("pid"))));
  }
  [[nodiscard]] std::string calls() const { return *readFile(place("calls")); }
  // The folders of the images, in the end.
  bool untilOnly(const std::set<std::string>& wanted) {
    return until([&] {
      std::set<std::string> there;
      for (const auto& entry : fs::directory_iterator(place("runtimes/llama"))) {
        if (entry.is_directory()) there.insert(entry.path().filename().native());
      }
      return there == wanted;
    });
  }
  [[nodiscard]] fs::path place(const std::string& name) const {
    return fs::path(m_folder->path().toStdString()) / name;
  }
  void write(const fs::path& name, std::string_view bytes) const {
    const auto file = name.is_absolute() ? name : place(name.native());
    fs::create_directories(file.parent_path());
    const auto mode = fs::exists(file) ? fs::status(file).permissions() : fs::perms(0644);
    if (auto written = replaceFile(file, bytes, Durability::Rename); !written) {
      qFatal("%s", written.error().text().c_str());
    }
    fs::permissions(file, mode);
  }

  std::unique_ptr<QTemporaryDir> m_folder;
  asio::io_context m_loop;
  asio::executor_work_guard<asio::io_context::executor_type> m_working = asio::make_work_guard(m_loop);
  fakes::FakeClock m_clock;
  Options m_options;
  bool m_needed = false;
  int m_changes = 0;
  std::function<void()> m_onChange;
  std::unique_ptr<Images> m_images;
};

QTEST_GUILESS_MAIN(TestImages)
#include "test_images.moc"
