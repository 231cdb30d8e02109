// SPDX-License-Identifier: Apache-2.0
// The real lull-runtime-make and mmdebstrap, with a mirror of the test's own.
#include "base/file.h"
#include "runtimes/image/finding.h"
#include "runtimes/image/making.h"

#include <QProcess>
#include <QStandardPaths>
#include <QTemporaryDir>
#include <QTest>

#include <filesystem>
#include <functional>

using namespace lull;
using namespace lull::image;
namespace fs = std::filesystem;

class TestMake : public QObject {
  Q_OBJECT

private slots:
  void initTestCase() {
    if (QStandardPaths::findExecutable("mmdebstrap").isEmpty()) QSKIP("mmdebstrap is not there");
    m_signs = !QStandardPaths::findExecutable("gpg").isEmpty();
    // Not what this machine's owner thinks of old lists.
    QVERIFY(replaceFile(place("apt.conf"), "Dir::Etc::parts \"/dev/null\";\nDir::Etc::main \"/dev/null\";\n").ok());
    mirror("good", {});
    mirror("unsigned", {"UNSIGNED=1"});
    mirror("expired", {"EXPIRED=1"});
    mirror("lacking", {"WITHOUT=llama.cpp-examples"});
  }
  void init() {
    fs::remove_all(place("tree"));
    fs::remove_all(place("cache"));
  }

  void nothingToDo() {
    QCOMPARE(run({"--what"}).code, 0);
    QVERIFY(run({"--what"}).out.contains("llama.cpp-tools"));
    QCOMPARE(run({}).code, 2);
    QCOMPARE(run({"--strange", "x", "y"}).code, 2);
  }

  void whatIsNotSigned() {
    const auto ran = make("unsigned");
    QCOMPARE(ran.code, 1);
    QVERIFY2(ran.failure.starts_with("nobody whom this computer trusts"), ran.failure.c_str());
    const auto strangers = make("good", false);  // signed, but the key is nobody's here
    QCOMPARE(strangers.code, 1);
    QVERIFY2(strangers.failure.starts_with("nobody whom this computer trusts"), strangers.failure.c_str());
    QVERIFY(!fs::exists(place("tree/usr/bin/llama-server")));
  }

  void whatIsNoMirror() {
    for (const char* no : {"deb [trusted=yes] copy:/srv testing main", "https://x y", "https://x\ny"}) {
      const auto ran = run({"--mirror", no, path("tree"), path("cache")});
      QCOMPARE(ran.code, 1);
      QVERIFY2(ran.failure.find("no address of a mirror") != std::string::npos, ran.failure.c_str());
    }
    const auto nobody = run({"--mirror", "http://127.0.0.1:9/debian", path("tree"), path("cache")});
    QCOMPARE(nobody.code, 1);
    QVERIFY2(nobody.failure.starts_with("the mirror cannot be reached"), nobody.failure.c_str());
  }

  void aTree() {
    if (!m_signs) QSKIP("gpg is not there, so nothing can be signed");
    const auto ran = make("good");
    QVERIFY2(ran.code == 0, ran.out);
    QVERIFY(ran.out.contains("step 0.95 "));
    QCOMPARE(missingBelow(place("tree")), std::string());
    const auto packages = readFile(place("tree/packages"));
    QVERIFY(packages.ok());
    QVERIFY2(packages->find("llama.cpp-tools 1.0-1\n") != std::string::npos, packages->c_str());
    QVERIFY(!fs::exists(place("tree/usr/share/doc/llama.cpp-tools/README")));
    QProcess grep;
    grep.start("grep", {"-r", "-l", path("good"), path("tree")});
    QVERIFY(grep.waitForFinished());
    QCOMPARE(grep.readAllStandardOutput(), QByteArray());  // where it came from
  }

  void packagesAreKeptAndChecked() {
    if (!m_signs) QSKIP("gpg is not there, so nothing can be signed");
    QCOMPARE(make("good").code, 0);
    // Another attempt needs none of them again.
    fs::rename(place("good/pool"), place("good/away"));
    const auto again = make("good");
    QVERIFY2(again.code == 0, again.out);
    fs::rename(place("good/away"), place("good/pool"));
    // As long as before, but not what they were: one that cannot be unpacked, and one that can.
    harm("llama.cpp-tools_", [](std::string& bytes) { bytes.back() = static_cast<char>(~bytes.back()); });
    const auto broken = make("good");
    QCOMPARE(broken.code, 1);
    QVERIFY2(broken.failure.find("come to harm and was thrown away") != std::string::npos, broken.failure.c_str());
    QVERIFY(make("good").code == 0);
    harm("llama.cpp-tools_",
         [](std::string& bytes) { bytes[24] = bytes[24] == '1' ? '2' : '1'; });  // when it was packed
    const auto other = make("good");
    QCOMPARE(other.code, 1);
    QVERIFY2(other.failure.find("come to harm (llama.cpp-tools)") != std::string::npos, other.failure.c_str());
    const auto mended = make("good");
    QVERIFY2(mended.code == 0, mended.out);
  }

  void anExpiredList() {
    if (!m_signs) QSKIP("gpg is not there, so nothing can be signed");
    const auto ran = make("expired");
    QCOMPARE(ran.code, 1);
    QVERIFY2(ran.failure.find("past its date") != std::string::npos &&
                 ran.failure.find("--allow-expired") != std::string::npos,
             ran.failure.c_str());
    const auto allowed = make("expired", true, {"--allow-expired"});
    QVERIFY2(allowed.code == 0, allowed.out);
    QVERIFY(replaceFile(place("apt.conf.old"), *readFile(place("apt.conf"))).ok());
    QVERIFY(replaceFile(place("apt.conf"), *readFile(place("apt.conf.old")) + "Acquire::Check-Valid-Until \"false\";\n")
                .ok());
    const auto owners = make("expired");  // who has said so for the whole computer
    fs::rename(place("apt.conf.old"), place("apt.conf"));
    QVERIFY2(owners.code == 0, owners.out);
  }

  void aPackageThatIsNotThere() {
    if (!m_signs) QSKIP("gpg is not there, so nothing can be signed");
    const auto ran = make("lacking");
    QCOMPARE(ran.code, 1);
    QVERIFY2(ran.failure.find("llama.cpp-examples") != std::string::npos, ran.failure.c_str());
  }

private:
  struct Ran {
    int code = 0;
    QByteArray out;
    std::string failure;
  };
  [[nodiscard]] fs::path place(const std::string& name) const { return fs::path(m_folder.path().toStdString()) / name; }
  [[nodiscard]] QString path(const std::string& name) const { return QString::fromStdString(place(name).native()); }

  void mirror(const std::string& name, const QStringList& how) {
    QProcess process;
    process.setProcessChannelMode(QProcess::MergedChannels);
    process.setProcessEnvironment(QProcessEnvironment::systemEnvironment());
    const auto script = qEnvironmentVariable("LULL_SOURCE_DIR") + "/tests/service/runtimes/image/mirror";
    process.start("env", how + QStringList{script, path(name), "1.0-1"});
    QVERIFY(process.waitForFinished(60'000));
    QVERIFY2(process.exitCode() == 0, process.readAll());
  }
  Ran run(const QStringList& arguments) {
    QProcess process;
    auto environment = QProcessEnvironment::systemEnvironment();
    environment.insert("APT_CONFIG", path("apt.conf"));
    process.setProcessEnvironment(environment);
    process.setStandardErrorFile(QProcess::nullDevice());
    process.start(qEnvironmentVariable("LULL_BUILD_DIR") + "/bin/lull-runtime-make", arguments);
    if (!process.waitForFinished(120'000)) qFatal("the maker does not end");
    Ran out{.code = process.exitCode(), .out = process.readAllStandardOutput(), .failure = {}};
    for (const auto& line : out.out.split('\n')) {
      if (auto failure = failureFrom(line.toStdString())) out.failure = failure->text();
    }
    return out;
  }
  void harm(const std::string& package, const std::function<void(std::string&)>& how) {
    for (const auto& entry : fs::directory_iterator(place("cache"))) {
      if (!entry.path().filename().native().starts_with(package)) continue;
      auto bytes = *readFile(entry.path());
      how(bytes);
      QVERIFY(replaceFile(entry.path(), bytes).ok());
      return;
    }
    QFAIL("no such package is kept");
  }
  Ran make(const std::string& name, bool trusted = true, QStringList more = {}) {
    more += {"--mirror", "copy:" + path(name)};
    if (trusted && m_signs) more += {"--keyring", path(name + "/keys.gpg")};
    return run(more + QStringList{path("tree"), path("cache")});
  }

  QTemporaryDir m_folder;
  bool m_signs = false;
};

QTEST_GUILESS_MAIN(TestMake)
#include "test_make.moc"
