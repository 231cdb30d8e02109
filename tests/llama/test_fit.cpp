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
    QTest::addColumn<quint32>("context");
    QTest::addColumn<quint32>("parallel");
    QTest::addColumn<quint32>("batch");
    QTest::newRow("2048") << 2048U << 1U << 512U;
    QTest::newRow("8192") << 8192U << 1U << 512U;
    QTest::newRow("four at once") << 2048U << 4U << 512U;
    QTest::newRow("eight at once, fewer tokens") << 4096U << 8U << 128U;
    QTest::newRow("the least") << 512U << 1U << 128U;
    QTest::newRow("a long embedding") << 4096U << 1U << 4096U;
  }
  void reckonedIsWhatIsTaken() {
    QFETCH(quint32, context);
    QFETCH(quint32, parallel);
    QFETCH(quint32, batch);
    const auto header = models::headerOf(m_model);
    QVERIFY(header);
    const auto reckoned = static_cast<double>(bytesFor(models::memoryOf(*header),
                                                       {.context = context, .parallel = parallel, .batch = batch})) /
                              (1 << 20U) -
                          kDriverMiB;
    const auto socket = m_folder.path().toStdString() + "/server.sock";
    std::filesystem::remove(socket);
    llama::Program server(
        {.program = "llama-server",
         .arguments = {"-m",         m_model,
                       "--host",     socket,
                       "-c",         std::to_string(context * parallel),
                       "-np",        std::to_string(parallel),
                       "-b",         std::to_string(std::max(batch, 2048U)),
                       "-ub",        std::to_string(batch),
                       "-ngl",       "99",
                       "-fit",       "off",
                       "-lv",        "4",
                       "--no-webui", "--no-warmup",
                       "--offline"},
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
