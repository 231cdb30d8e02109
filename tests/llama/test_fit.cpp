// SPDX-License-Identifier: Apache-2.0
// What is reckoned of a model's memory, held against what llama.cpp says it takes.
#include "llama/model.h"
#include "llama/need.h"
#include "llama/program.h"
#include "models/fit.h"
#include "models/header.h"

#include <QRegularExpression>
#include <QTemporaryDir>
#include <QtTest>

#include <filesystem>

using namespace lull;
using namespace std::chrono_literals;

namespace {

constexpr double kDriverMiB = 64;  // what fit.cpp adds for the driver, which llama.cpp does not tell of

// Of the device: model, keys and values, and what it computes in.
double toldMiB(const std::string& log) {
  static const QRegularExpression line("Vulkan0 +(?:model|KV|compute) buffer size = +([0-9.]+) MiB");
  double sum = 0;
  for (auto all = line.globalMatch(QString::fromStdString(log)); all.hasNext();)
    sum += all.next().captured(1).toDouble();
  return sum;
}

}  // namespace

class TestFit : public QObject {
  Q_OBJECT

private slots:
  void initTestCase() {
    LULL_NEED_LLAMA();
    m_model = std::filesystem::path(m_folder.path().toStdString()) / "medium.gguf";
    QVERIFY(llama::writeModel(m_model, llama::kMedium));
  }

  void reckonedIsWhatIsTaken_data() {
    QTest::addColumn<int>("context");
    QTest::newRow("2048") << 2048;
    QTest::newRow("8192") << 8192;
  }
  void reckonedIsWhatIsTaken() {
    QFETCH(int, context);
    const auto header = models::headerOf(m_model);
    QVERIFY(header);
    const auto reckoned =
        static_cast<double>(models::needOf(*header, static_cast<std::uint64_t>(context)).sum()) / (1 << 20U) -
        kDriverMiB;
    const auto socket = m_folder.path().toStdString() + "/" + std::to_string(context) + ".sock";
    llama::Program server(
        {.program = "llama-server",
         .arguments = {"-m", m_model, "--host", socket, "-c", std::to_string(context), "-np", "1", "-ngl", "99", "-fit",
                       "off", "-lv", "4", "--no-webui", "--no-warmup", "--offline"},
         .environment = {
             "GGML_VK_VISIBLE_DEVICES=0",
             "VK_DRIVER_FILES=" + (llama::rootFolder() / "usr/share/vulkan/icd.d/lull_software.json").string()}});
    const auto said = [&server] { return server.output() + server.errors(); };
    QTRY_VERIFY_WITH_TIMEOUT(said().find("Vulkan0 compute buffer size") != std::string::npos, 120'000);
    const double told = toldMiB(said());
    QVERIFY2(reckoned >= told * 0.97 && reckoned <= told * 1.15,
             qPrintable(QString("reckoned %1 MiB, told %2 MiB").arg(reckoned).arg(told)));
  }

private:
  QTemporaryDir m_folder;
  std::filesystem::path m_model;
};

QTEST_GUILESS_MAIN(TestFit)
#include "test_fit.moc"
