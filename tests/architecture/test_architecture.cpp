// SPDX-License-Identifier: Apache-2.0
// Holds the dependency rules of ARCHITECTURE.md over the sources (#include) and the programs (DT_NEEDED).
#include "architecture/rules.h"

#include <QDirIterator>
#include <QFile>
#include <QProcess>
#include <QRegularExpression>
#include <QTemporaryDir>
#include <QtTest>

using namespace lull::architecture;

namespace {

QStringList includesOf(const QString& path) {
  static const QRegularExpression include("^\\s*#\\s*include\\s*[<\"]([^>\"]+)[>\"]");
  QFile file(path);
  if (!file.open(QIODevice::ReadOnly)) return {};
  QStringList out;
  for (const auto& line : QString::fromUtf8(file.readAll()).split('\n')) {
    const auto match = include.match(line);
    if (match.hasMatch()) out << match.captured(1);
  }
  return out;
}

// One sentence per breach; a rule about a folder that does not exist is a breach too.
QStringList breaches(const QString& root, const Rule& rule) {
  const QString folder = root + '/' + QString::fromStdString(rule.from);
  if (!QFileInfo(folder).isDir()) return {QString("%1 does not exist: the rule guards nothing").arg(folder)};
  const QRegularExpression forbidden(QString::fromStdString(rule.forbidden));
  QStringList out;
  QDirIterator files(folder, {"*.h", "*.cpp", "*.h.in"}, QDir::Files, QDirIterator::Subdirectories);
  while (files.hasNext()) {
    const QString path = files.next();
    for (const auto& name : includesOf(path)) {
      if (!forbidden.match(name).hasMatch()) continue;
      out << QString("%1 includes %2: %3")
                 .arg(QDir(root).relativeFilePath(path), name, QString::fromStdString(rule.reason));
    }
  }
  return out;
}

QStringList neededBy(const QString& program) {
  QProcess readelf;
  readelf.start("readelf", {"-d", "-W", program});
  if (!readelf.waitForFinished() || readelf.exitCode() != 0) return {};
  static const QRegularExpression needed(R"(\(NEEDED\)[^\[]*\[([^\]]+)\])");
  QStringList out;
  auto matches = needed.globalMatch(QString::fromUtf8(readelf.readAllStandardOutput()));
  while (matches.hasNext()) out << matches.next().captured(1);
  return out;
}

}  // namespace

class TestArchitecture : public QObject {
  Q_OBJECT

private slots:
  void sourcesKeepTheRules_data() {
    QTest::addColumn<int>("index");
    const auto all = rules();
    for (int i = 0; i < static_cast<int>(all.size()); ++i) {
      const auto& rule = all[static_cast<std::size_t>(i)];
      QTest::newRow((rule.from + " never " + rule.forbidden).c_str()) << i;
    }
  }
  void sourcesKeepTheRules() {
    QFETCH(int, index);
    const auto found = breaches(qEnvironmentVariable("LULL_SOURCE_DIR"), rules()[static_cast<std::size_t>(index)]);
    QVERIFY2(found.isEmpty(), qPrintable(found.join('\n')));
  }

  void programsKeepTheRules_data() {
    QTest::addColumn<int>("index");
    const auto all = binaries();
    for (int i = 0; i < static_cast<int>(all.size()); ++i) {
      const auto& rule = all[static_cast<std::size_t>(i)];
      QTest::newRow((rule.program + " never " + rule.forbidden).c_str()) << i;
    }
  }
  void programsKeepTheRules() {
    QFETCH(int, index);
    const auto rule = binaries()[static_cast<std::size_t>(index)];
    const auto libraries =
        neededBy(qEnvironmentVariable("LULL_BUILD_DIR") + '/' + QString::fromStdString(rule.program));
    QVERIFY2(!libraries.isEmpty(), "the program does not exist, or readelf could not read it");
    const auto bad = libraries.filter(QRegularExpression(QString::fromStdString(rule.forbidden)));
    QVERIFY2(bad.isEmpty(), qPrintable(QString("%1 needs %2: %3")
                                           .arg(QString::fromStdString(rule.program), bad.join(", "),
                                                QString::fromStdString(rule.reason))));
  }

  void topLevelFoldersAreTheCustomers() {
    QDir root(qEnvironmentVariable("LULL_SOURCE_DIR"));
    auto folders = root.entryList(QDir::Dirs | QDir::NoDotAndDotDot);
    folders.removeAll("build");
    QCOMPARE(folders, QStringList({"assets", "gui", "packaging", "service", "shared", "tests"}));
  }

  // The checker itself can fail.
  void aBreachIsFound() {
    QTemporaryDir tree;
    QVERIFY(QDir(tree.path()).mkpath("service/policy"));
    QFile file(tree.filePath("service/policy/bad.cpp"));
    QVERIFY(file.open(QIODevice::WriteOnly));
    file.write("#include \"model/facts.h\"\n#  include <fstream>\n");
    file.close();
    const Rule rule{"service/policy", "^fstream$", "pure"};
    const auto found = breaches(tree.path(), rule);
    QCOMPARE(found.size(), 1);
    QVERIFY(found.first().contains("service/policy/bad.cpp") && found.first().contains("pure"));
    QCOMPARE(breaches(tree.path(), {"service/gone", "x", "y"}).size(), 1);
  }
};

QTEST_GUILESS_MAIN(TestArchitecture)
#include "test_architecture.moc"
