// SPDX-License-Identifier: Apache-2.0
#include "sample.pb.h"
#include "settings/value.h"

#include <QTest>

using namespace lull;

namespace {

const google::protobuf::FieldDescriptor& field(const QString& name) {
  return *test::Sample::descriptor()->FindFieldByName(name.toStdString());
}

}  // namespace

class TestValue : public QObject {
  Q_OBJECT

private slots:
  void accepted_data() {
    QTest::addColumn<QString>("name");
    QTest::addColumn<QString>("text");
    QTest::addColumn<QString>("stored");
    for (const auto* yes : {"true", "on", "yes", "  yes\n"}) QTest::addRow("bool %s", yes) << "flag" << yes << "true";
    for (const auto* no : {"false", "off", "no"}) QTest::addRow("bool %s", no) << "flag" << no << "false";
    QTest::newRow("lowest") << "count"
                            << "2"
                            << "2";
    QTest::newRow("highest") << "count"
                             << " 9 "
                             << "9";
    QTest::newRow("negative") << "offset"
                              << "-5"
                              << "-5";
    QTest::newRow("fraction") << "ratio"
                              << "0.25"
                              << "0.25";
    QTest::newRow("exponent") << "ratio"
                              << "1e-3"
                              << "0.001";
    QTest::newRow("whole number for a fraction") << "ratio"
                                                 << "1"
                                                 << "1";
    QTest::newRow("any text") << "name"
                              << " Grüße "
                              << " Grüße ";
    QTest::newRow("empty text") << "name"
                                << ""
                                << "";
    QTest::newRow("choice") << "mode"
                            << "fast"
                            << "fast";
    QTest::newRow("no range") << "free"
                              << "4294967295"
                              << "4294967295";
  }
  void accepted() {
    QFETCH(QString, name);
    QFETCH(QString, text);
    QFETCH(QString, stored);
    test::Sample sample;
    QVERIFY(settings::assign(sample, field(name), text.toStdString()).ok());
    QCOMPARE(QString::fromStdString(settings::textOf(sample, field(name))), stored);
  }

  void refused_data() {
    QTest::addColumn<QString>("name");
    QTest::addColumn<QString>("text");
    QTest::addColumn<QString>("hint");
    const QString count = "a whole number from 2 to 9 s";
    QTest::newRow("bool") << "flag"
                          << "maybe"
                          << "true or false (on/off and yes/no will do)";
    QTest::newRow("bool as number") << "flag"
                                    << "1"
                                    << "true or false";
    QTest::newRow("too low") << "count"
                             << "1" << count;
    QTest::newRow("too high") << "count"
                              << "10" << count;
    QTest::newRow("negative") << "count"
                              << "-3" << count;
    QTest::newRow("fraction") << "count"
                              << "2.5" << count;
    QTest::newRow("unit typed") << "count"
                                << "3s" << count;
    QTest::newRow("hexadecimal") << "count"
                                 << "0x3" << count;
    QTest::newRow("plus") << "count"
                          << "+3" << count;
    QTest::newRow("nothing") << "count"
                             << "" << count;
    QTest::newRow("blank") << "count"
                           << "  " << count;
    QTest::newRow("beyond 32 bits") << "free"
                                    << "4294967296"
                                    << "a whole number";
    QTest::newRow("below the range") << "offset"
                                     << "-6"
                                     << "a whole number from -5 to 5";
    QTest::newRow("above") << "ratio"
                           << "1.51"
                           << "a number from 0 to 1.5 %";
    QTest::newRow("not a number") << "ratio"
                                  << "nan"
                                  << "a number from 0 to 1.5 %";
    QTest::newRow("infinite") << "ratio"
                              << "inf"
                              << "a number from 0 to 1.5 %";
    QTest::newRow("no such choice") << "mode"
                                    << "Fast"
                                    << "one of slow, fast";
  }
  void refused() {
    QFETCH(QString, name);
    QFETCH(QString, text);
    QFETCH(QString, hint);
    test::Sample sample;
    sample.set_count(5);
    const auto before = sample.SerializeAsString();
    const auto outcome = settings::assign(sample, field(name), text.toStdString());
    QVERIFY(!outcome);
    QCOMPARE(outcome.error().kind(), Error::Kind::Invalid);
    const auto said = QString::fromStdString(outcome.error().text());
    QVERIFY2(said.contains("\"" + text + "\" is not allowed; give " + hint), qPrintable(said));
    QCOMPARE(sample.SerializeAsString(), before);
  }

  void typesAndNumbers() {
    test::Sample sample;
    sample.set_flag(true);
    sample.set_offset(-2);
    sample.set_ratio(0.5);
    QCOMPARE(settings::numberOf(sample, field("flag")), 1.0);
    QCOMPARE(settings::numberOf(sample, field("offset")), -2.0);
    QCOMPARE(settings::numberOf(sample, field("ratio")), 0.5);
    QCOMPARE(settings::typeName(field("flag")), std::string_view("bool"));
    QCOMPARE(settings::typeName(field("offset")), std::string_view("integer"));
    QCOMPARE(settings::typeName(field("ratio")), std::string_view("number"));
    QCOMPARE(settings::typeName(field("mode")), std::string_view("text"));
  }
};

QTEST_GUILESS_MAIN(TestValue)
#include "test_value.moc"
