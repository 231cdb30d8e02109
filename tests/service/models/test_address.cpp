// SPDX-License-Identifier: Apache-2.0
#include "models/address.h"
#include "models/fetch/order.h"

#include <QTest>

using namespace lull;
using namespace lull::models;

class TestAddress : public QObject {
  Q_OBJECT

private slots:
  void addresses_data() {
    QTest::addColumn<QByteArray>("url");
    QTest::addColumn<bool>("fits");
    const auto row = [](const char* url, bool fits) { QTest::newRow(url) << QByteArray(url) << fits; };
    row("https://example.org/a/b.gguf", true);
    row("https://example.org:8443/a?download=true", true);
    row("https://[2001:db8::1]/a", true);
    row("http://127.0.0.1/a", true);
    row("http://127.0.0.1:8080/a", true);
    row("http://127.0.0.1:8080", true);
    row("http://example.org/a", false);
    row("http://127.0.0.1.example.org/a", false);
    row("http://127.0.0.10/a", false);
    row("http://127.0.0.1@example.org/a", false);
    row("http://127.0.0.1:80@example.org/a", false);
    row("http://127.0.0.1:/a", false);
    row("http://127.0.0.1\\@example.org/a", false);
    row("http://localhost/a", false);
    row("HTTP://127.0.0.1/a", false);
    row("https://user:secret@example.org/a", false);
    row("https:///a", false);
    row("https://:443/a", false);
    row("https://example.org/a b", false);
    row("https://example.org/a\nmax-bytes 1", false);
    row("https://example.org/\xc3\xa4", false);
    row("ftp://example.org/a", false);
    row("file:///etc/passwd", false);
    row("", false);
  }
  void addresses() {
    QFETCH(QByteArray, url);
    QFETCH(bool, fits);
    QCOMPARE(checkAddress(url.toStdString()).ok(), fits);
    const fetch::Order order{.url = url.toStdString()};
    if (!url.contains('\n')) QCOMPARE(fetch::orderFrom(fetch::toText(order)).ok(), fits);
  }

  void names() {
    QCOMPARE(nameIn("https://example.org/a/Qwen2-0.5B-Q4_K_M.gguf?download=true"), std::string("Qwen2-0.5B-Q4_K_M"));
    QCOMPARE(nameIn("/home/me/tiny.gguf"), std::string("tiny"));
    QCOMPARE(nameIn("tiny"), std::string("tiny"));
    QCOMPARE(nameIn("https://example.org/"), std::string("model"));
    QCOMPARE(nameIn("https://example.org"), std::string("model"));
    QCOMPARE(nameIn(".gguf"), std::string(".gguf"));
    QCOMPARE(shownAddress("https://example.org/a?token=secret#x"), std::string("https://example.org/a"));
  }

  void ordersComeThrough() {
    const fetch::Order order{.url = "https://example.org/a",
                             .etag = "\"v1\"",
                             .maxBytes = 1,
                             .maxRate = 2,
                             .firstPause = 3,
                             .stallAfter = 4,
                             .attempts = 5};
    const auto read = fetch::orderFrom(fetch::toText(order));
    QVERIFY(read.ok());
    QCOMPARE(fetch::toText(*read), fetch::toText(order));
    for (const auto* wrong : {"", "url\n", "url https://a/\nwhat 1\n", "url https://a/\nmax-bytes x\n",
                              "url https://a/\nmax-bytes -1\n", "url https://a/\netag v1\n"}) {
      QVERIFY2(!fetch::orderFrom(wrong).ok(), wrong);
    }
  }
};

QTEST_GUILESS_MAIN(TestAddress)
#include "test_address.moc"
