// SPDX-License-Identifier: Apache-2.0
// The real lull-fetch against a web server that misbehaves.
#include "base/file.h"
#include "models/fetch/order.h"
#include "service/gguf/gguf_bytes.h"
#include "service/models/http_server.h"

#include <QProcess>
#include <QRegularExpression>
#include <QStandardPaths>
#include <QTemporaryDir>
#include <QTest>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <fstream>

using namespace lull;
using namespace lull::models;
using Behaviour = test::HttpServer::Behaviour;

namespace {

constexpr int kLong = 60'000;

// Not all the same byte, so that a part in the wrong place shows.
std::string fileOf(std::size_t size) {
  std::string bytes = "GGUF";
  for (std::size_t i = bytes.size(); i < size; ++i) bytes += static_cast<char>((i * 31 + (i >> 10U)) & 0xffU);
  return bytes;
}

}  // namespace

class TestFetch : public QObject {
  Q_OBJECT

private slots:
  void init() { QFile::remove(part()); }

  void theWholeFile() {
    test::HttpServer server(fileOf(3'000'000));
    const auto lines = run({.url = server.url()});
    QCOMPARE(lines.last(), QString("done 3000000"));
    QVERIFY(lines.contains("total 3000000"));
    QVERIFY(lines.contains("etag \"v1\""));
    QVERIFY(content() == fileOf(3'000'000));
    QVERIFY(!server.requests().at(0).starts_with("POST"));
    QVERIFY(QString::fromStdString(server.requests().at(0)).contains("User-Agent: lull-fetch/"));
  }

  void cutConnectionsAreContinued() {
    test::HttpServer server(fileOf(1'000'000));
    server.next({{.cutAfter = 100'000}, {.cutAfter = 0}, {.status = 503}, {.cutAfter = 300'000}});
    const auto lines = run({.url = server.url()});
    QCOMPARE(lines.last(), QString("done 1000000"));
    QVERIFY(content() == fileOf(1'000'000));
    QCOMPARE(server.sent(), std::uint64_t{1'000'000 + 20});  // each byte once, and the page of the 503
    QCOMPARE(lines.filter("again ").size(), 4);
    const auto last = QString::fromStdString(server.requests().back());
    QVERIFY2(last.contains("Range: bytes=400000-"), qPrintable(last));
    QVERIFY2(last.contains("If-Range: \"v1\""), qPrintable(last));
  }

  void whatIsThereIsNotFetchedAgain() {
    test::HttpServer server(fileOf(500'000));
    put(fileOf(500'000).substr(0, 123'456));
    QCOMPARE(run({.url = server.url(), .etag = "\"v1\""}).last(), QString("done 500000"));
    QVERIFY(content() == fileOf(500'000));
    QCOMPARE(server.sent(), std::uint64_t{500'000 - 123'456});
  }

  void allOfItIsThere() {
    test::HttpServer server(fileOf(5000));
    put(fileOf(5000));
    QCOMPARE(run({.url = server.url()}).last(), QString("done 5000"));
    QCOMPARE(server.sent(), std::uint64_t{0});
  }

  void moreThanAllIsThere() {
    test::HttpServer server(fileOf(5000));
    put(fileOf(6000));
    QCOMPARE(run({.url = server.url()}).last(), QString("done 5000"));
    QVERIFY(content() == fileOf(5000));
  }

  void anotherVersionBeginsAnew() {
    test::HttpServer server(fileOf(5000));
    put("GGUF of yesterday");
    QCOMPARE(run({.url = server.url(), .etag = "\"v0\""}).last(), QString("done 5000"));
    QVERIFY(content() == fileOf(5000));
  }

  void aServerWithoutRanges() {
    test::HttpServer server(fileOf(400'000));
    server.next({{.ranges = false, .cutAfter = 100'000}, {.ranges = false}});
    QCOMPARE(run({.url = server.url()}).last(), QString("done 400000"));
    QVERIFY(content() == fileOf(400'000));
  }

  void aServerThatSendsAnotherRange() {
    test::HttpServer server(fileOf(1000));
    server.usual({.wholeRange = "bytes 0-999/1000"});
    put(fileOf(1000).substr(0, 500));
    const auto lines = run({.url = server.url(), .attempts = 3});
    QVERIFY2(lines.last().startsWith("failed unavailable given up after 3"), qPrintable(lines.last()));
    QVERIFY(content() == fileOf(1000).substr(0, 500));
  }

  void redirections() {
    test::HttpServer server(fileOf(1000));
    server.next({{.status = 302, .location = "/elsewhere"}, {.status = 307, .location = server.url("/there")}});
    QCOMPARE(run({.url = server.url()}).last(), QString("done 1000"));
    QVERIFY(server.requests().at(2).starts_with("GET /there "));
  }

  void failures_data() {
    QTest::addColumn<Behaviour>("how");
    QTest::addColumn<QString>("line");
    QTest::newRow("no such file") << Behaviour{.status = 404} << "failed not_found there is nothing";
    QTest::newRow("gone") << Behaviour{.status = 410} << "failed not_found";
    QTest::newRow("login") << Behaviour{.status = 401} << "failed denied .*browser";
    QTest::newRow("forbidden") << Behaviour{.status = 403} << "failed denied";
    QTest::newRow("teapot") << Behaviour{.status = 418} << "failed invalid the server answers 418";
    QTest::newRow("always busy") << Behaviour{.status = 503} << "failed unavailable given up after 2 attempts.*503";
    QTest::newRow("round in circles") << Behaviour{.status = 302, .location = "/again"}
                                      << "failed invalid .*to the next";
    QTest::newRow("to plain http") << Behaviour{.status = 302, .location = "http://example.org/x"}
                                   << "failed invalid the server leads to http://example.org/x: .*https";
    QTest::newRow("to a file") << Behaviour{.status = 302, .location = "file:///etc/passwd"} << "failed invalid";
    QTest::newRow("says no length") << Behaviour{.length = false} << "failed invalid .*how large";
    QTest::newRow("nothing but cuts") << Behaviour{.cutAfter = 0} << "failed unavailable given up after 2";
    QTest::newRow("says nothing") << Behaviour{.silent = true} << "failed unavailable given up after 2";
  }
  void failures() {
    QFETCH(Behaviour, how);
    QFETCH(QString, line);
    test::HttpServer server(fileOf(1000));
    server.usual(how);
    const auto lines = run({.url = server.url(), .stallAfter = 1, .attempts = 2});
    QVERIFY2(QRegularExpression("^" + line).match(lines.last()).hasMatch(), qPrintable(lines.last()));
  }

  void aServerThatStalls() {
    test::HttpServer server(fileOf(100'000));
    server.next({{.silent = true}});
    const auto lines = run({.url = server.url(), .stallAfter = 1});
    QCOMPARE(lines.last(), QString("done 100000"));
    QCOMPARE(lines.filter("again ").size(), 1);
  }

  void nobodyListens() {
    std::string url;
    {
      const test::HttpServer server("");
      url = server.url();
    }
    QVERIFY(run({.url = url, .attempts = 2}).last().startsWith("failed unavailable"));
  }

  void itWaitsAsLongAsItIsAsked() {
    test::HttpServer server(fileOf(1000));
    server.next({{.status = 429, .headers = "Retry-After: 1\r\n"}});
    const auto lines = run({.url = server.url()});
    QCOMPARE(lines.filter("again ").first(), QString("again 1000 the server answers 429"));
    QCOMPARE(lines.last(), QString("done 1000"));
  }

  void pausesGrow() {
    test::HttpServer server(fileOf(1000));
    server.usual({.status = 500});
    const auto lines = run({.url = server.url(), .firstPause = 1, .attempts = 5}).filter("again ");
    QStringList pauses;
    for (const auto& line : lines) pauses << line.split(' ').at(1);
    QCOMPARE(pauses, (QStringList{"1", "2", "4", "8"}));
  }

  void tooLarge() {
    test::HttpServer server(fileOf(1'000'000));
    const auto lines = run({.url = server.url(), .maxBytes = 999'999});
    QVERIFY2(lines.last().startsWith("failed too_big the model has 1000000 bytes"), qPrintable(lines.last()));
    QCOMPARE(QFileInfo(part()).size(), 0);
  }

  void whatIsNoModelIsNotFetched() {
    test::HttpServer server("<html>" + std::string(10'000'000, 'x'));
    QVERIFY(run({.url = server.url()}).last().startsWith("failed invalid what lies at this address is not a GGUF"));
    QCOMPARE(QFileInfo(part()).size(), 0);
  }

  void aRateIsKept() {
    test::HttpServer server(fileOf(3'000'000));
    QElapsedTimer timer;
    timer.start();
    QCOMPARE(run({.url = server.url(), .maxRate = 1'000'000}).last(), QString("done 3000000"));
    QVERIFY2(timer.elapsed() > 1500, qPrintable(QString::number(timer.elapsed())));
  }

  void httpsWithoutTls() {
    test::HttpServer server(fileOf(1000));
    auto url = server.url();
    url.replace(0, 4, "https");
    const auto lines = run({.url = url, .attempts = 2});
    QVERIFY2(lines.last().startsWith("failed "), qPrintable(lines.last()));
    QCOMPARE(QFileInfo(part()).size(), 0);
  }

  void httpsNeedsATrustedServer() {
    if (QStandardPaths::findExecutable("openssl").isEmpty()) QSKIP("openssl is not installed here");
    const auto certificate = m_folder.filePath("certificate");
    const auto key = m_folder.filePath("key");
    QCOMPARE(QProcess::execute("openssl", {"req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1",
                                           "-nodes", "-days", "2", "-subj", "/CN=127.0.0.1", "-addext",
                                           "subjectAltName=IP:127.0.0.1", "-keyout", key, "-out", certificate}),
             0);
    std::ofstream(m_folder.filePath("m.gguf").toStdString(), std::ios::binary)
        << "HTTP/1.0 200 ok\r\nContent-Length: 1000\r\n\r\n"
        << fileOf(1000);
    QProcess server;
    server.setWorkingDirectory(m_folder.path());
    server.start("openssl", {"s_server", "-accept", "127.0.0.1:0", "-HTTP", "-cert", certificate, "-key", key});
    QByteArray said;
    static const QRegularExpression accepting("ACCEPT 127\\.0\\.0\\.1:(\\d+)");
    while (!accepting.match(said).hasMatch()) {
      QVERIFY2(server.waitForReadyRead(kLong), said);
      said += server.readAllStandardOutput();
    }
    const auto url = "https://127.0.0.1:" + accepting.match(said).captured(1).toStdString() + "/m.gguf";
    const auto refused = run({.url = url, .attempts = 2});
    QVERIFY2(refused.last().startsWith("failed invalid ") && refused.last().contains("certificate"),
             qPrintable(refused.last()));
    QCOMPARE(QFileInfo(part()).size(), 0);
    qputenv("SSL_CERT_FILE", certificate.toUtf8());
    const auto trusted = run({.url = url, .attempts = 2});
    qunsetenv("SSL_CERT_FILE");
    QCOMPARE(trusted.last(), QString("done 1000"));
    QVERIFY(content() == fileOf(1000));
    server.kill();
    QVERIFY(server.waitForFinished());
  }

  void ordersThatMakeNoSense() {
    QVERIFY(run({.url = "http://example.org/x"}).last().startsWith("failed invalid"));
    QVERIFY(run({.url = "file:///etc/passwd"}).last().startsWith("failed invalid"));
  }

  void aFullDisk() {
    const Fd full(::open("/dev/full", O_RDWR | O_CLOEXEC));
    test::HttpServer server(fileOf(1000));
    m_file = &full;
    const auto lines = run({.url = server.url()});
    m_file = nullptr;
    QVERIFY2(lines.last().startsWith("failed too_big"), qPrintable(lines.last()));
  }

private:
  [[nodiscard]] QString part() const { return m_folder.filePath("part"); }
  void put(const std::string& bytes) const { std::ofstream(part().toStdString(), std::ios::binary) << bytes; }
  [[nodiscard]] std::string content() const { return *readFile(part().toStdString(), 64 << 20U); }

  QStringList run(fetch::Order order) {
    if (order.maxBytes == 0) order.maxBytes = 1 << 30U;
    if (order.firstPause == 1000) order.firstPause = 5;
    const Fd file(::open(part().toStdString().c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600));
    const int theirs = m_file != nullptr ? m_file->get() : file.get();
    QProcess process;
    process.setChildProcessModifier([theirs] { ::dup2(theirs, fetch::kFile); });
    process.setProcessChannelMode(QProcess::ForwardedErrorChannel);
    process.start(qEnvironmentVariable("LULL_BUILD_DIR") + "/bin/lull-fetch", {});
    process.write(QByteArray::fromStdString(fetch::toText(order)));
    process.closeWriteChannel();
    if (!process.waitForFinished(kLong)) return {"it does not end"};
    auto lines = QString::fromUtf8(process.readAllStandardOutput()).split('\n', Qt::SkipEmptyParts);
    if (lines.isEmpty()) lines << "nothing";
    if ((process.exitCode() == 0) != lines.last().startsWith("done ")) lines << "exit code and last line disagree";
    return lines;
  }

  QTemporaryDir m_folder;
  const Fd* m_file = nullptr;
};

QTEST_GUILESS_MAIN(TestFetch)
#include "test_fetch.moc"
