// SPDX-License-Identifier: Apache-2.0
#include "base/utf8.h"

#include <QTest>

using namespace lull;

class TestUtf8 : public QObject {
  Q_OBJECT

private slots:
  void validUtf8_data() {
    QTest::addColumn<QByteArray>("in");
    QTest::addColumn<QByteArray>("out");
    const QByteArray bad = "\xEF\xBF\xBD";
    QTest::newRow("empty") << QByteArray("") << QByteArray("");
    QTest::newRow("plain") << QByteArray("plain") << QByteArray("plain");
    QTest::newRow("two, three and four bytes") << QByteArray("é€😀") << QByteArray("é€😀");
    QTest::newRow("lone continuation") << QByteArray("a\x80z") << "a" + bad + "z";
    QTest::newRow("cut short") << QByteArray("a\xE2\x82") << "a" + bad + bad;
    QTest::newRow("overlong slash") << QByteArray("\xC0\xAF") << bad + bad;
    QTest::newRow("overlong in three") << QByteArray("\xE0\x80\xAF") << bad + bad + bad;
    QTest::newRow("surrogate") << QByteArray("\xED\xA0\x80") << bad + bad + bad;
    QTest::newRow("beyond Unicode") << QByteArray("\xF4\x90\x80\x80") << bad + bad + bad + bad;
    QTest::newRow("Latin-1") << QByteArray(
                                    "Gr\xFC\xDF"
                                    "e")
                             << "Gr" + bad + bad + "e";
  }
  void validUtf8() {
    QFETCH(QByteArray, in);
    QFETCH(QByteArray, out);
    QCOMPARE(QByteArray::fromStdString(lull::validUtf8(in.toStdString())), out);
  }

  void cutsBetweenCharacters() {
    const std::string text = "a€b";
    QCOMPARE(std::string(cutUtf8(text, 99)), text);
    QCOMPARE(std::string(cutUtf8(text, 4)), std::string("a€"));
    QCOMPARE(std::string(cutUtf8(text, 3)), std::string("a"));
    QCOMPARE(std::string(cutUtf8(text, 2)), std::string("a"));
    QCOMPARE(std::string(cutUtf8(text, 0)), std::string());
  }
};

QTEST_GUILESS_MAIN(TestUtf8)
#include "test_utf8.moc"
