// SPDX-License-Identifier: Apache-2.0
#include "base/sha256.h"

#include <QTemporaryDir>
#include <QtTest>

#include <fstream>

using namespace lull;

class TestSha256 : public QObject {
  Q_OBJECT
private slots:
  void knownDigests_data() {
    QTest::addColumn<QByteArray>("bytes");
    QTest::addColumn<QString>("digest");
    // FIPS 180-2, appendix B
    QTest::newRow("empty") << QByteArray() << "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
    QTest::newRow("abc") << QByteArray("abc") << "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
    QTest::newRow("a million a") << QByteArray(1'000'000, 'a')
                                 << "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0";
  }
  void knownDigests() {
    QFETCH(QByteArray, bytes);
    QFETCH(QString, digest);
    const std::string text = bytes.toStdString();
    QCOMPARE(QString::fromStdString(sha256(text)), digest);
    Sha256 pieces;
    for (std::size_t at = 0; at < text.size(); at += 977) pieces.update(std::string_view(text).substr(at, 977));
    QCOMPARE(QString::fromStdString(pieces.hex()), digest);
    QTemporaryDir folder;
    const std::string path = folder.filePath("bytes").toStdString();
    std::ofstream(path, std::ios::binary) << text;
    const auto ofFile = sha256OfFile(path);
    QVERIFY(ofFile.ok());
    QCOMPARE(QString::fromStdString(ofFile.value()), digest);
  }
  void beginsAnewAfterHex() {
    Sha256 hash;
    hash.update("something");
    QVERIFY(hash.hex() != sha256(""));
    QCOMPARE(hash.hex(), sha256(""));
  }
  void missingFileIsAnError() { QCOMPARE(sha256OfFile("/nowhere/at/all").error().kind(), Error::Kind::NotFound); }
  void onlyLowerCaseHexIsADigest() {
    const std::string good = sha256("x");
    QVERIFY(isSha256(good));
    QVERIFY(!isSha256(good.substr(1)));
    QVERIFY(!isSha256("../" + good.substr(3)));
    QVERIFY(!isSha256("A" + good.substr(1)));
  }
};

QTEST_GUILESS_MAIN(TestSha256)
#include "test_sha256.moc"
