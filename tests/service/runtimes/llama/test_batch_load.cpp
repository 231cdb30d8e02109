// SPDX-License-Identifier: Apache-2.0
// How much a batch has llama-server compute at once.
#include "llama/endings.h"
#include "service/runtimes/llama/batch_test.h"

#include <QtTest>

#include <fstream>

using namespace lull;
using namespace lull::test;

class TestBatchLoad : public BatchTest {
  Q_OBJECT

private slots:
  void theServerComputesAsMuchAtOnceAsFits_data();
  void theServerComputesAsMuchAtOnceAsFits();
};

void TestBatchLoad::theServerComputesAsMuchAtOnceAsFits_data() {
  QTest::addColumn<int>("gpu");  // unspecified: the processor
  QTest::addColumn<bool>("embeds");
  QTest::addColumn<quint32>("parallel");
  QTest::addColumn<quint64>("megabytes");  // of a discrete GPU enforced, of others planned
  QTest::addColumn<QString>("told");
  const int processor = worker::v1::Llama::GPU_UNSPECIFIED;
  const int integrated = worker::v1::Llama::GPU_INTEGRATED;
  const int discrete = worker::v1::Llama::GPU_DISCRETE;
  QTest::newRow("processor") << processor << false << 0U << quint64{0} << "-c 2048 -np 4 -dev none -b 2048 -ub 128";
  QTest::newRow("discrete") << discrete << false << 0U << quint64{0} << "-c 4096 -np 8 -dev Vulkan0 -b 2048 -ub 512";
  QTest::newRow("little memory") << discrete << false << 0U << quint64{140}
                                 << "-c 1024 -np 2 -dev Vulkan0 -b 2048 -ub 128";
  QTest::newRow("little memory that is shared")
      << integrated << false << 0U << quint64{140} << "-c 1024 -np 2 -dev Vulkan0 -b 2048 -ub 128";
  QTest::newRow("as asked") << discrete << false << 3U << quint64{0} << "-c 1536 -np 3 -dev Vulkan0 -b 2048 -ub 512";
  QTest::newRow("embeddings") << discrete << true << 3U << quint64{0} << "-c 1536 -np 3 -dev Vulkan0 -b 513 -ub 513";
}

// The arguments of which all that depends; the program that gets them ends at once.
void TestBatchLoad::theServerComputesAsMuchAtOnceAsFits() {
  QFETCH(int, gpu);
  QFETCH(bool, embeds);
  QFETCH(quint32, parallel);
  QFETCH(quint64, megabytes);
  QFETCH(QString, told);
  auto start = startFor(embeds ? embedding("a", "the hen") : chat("a", "the hen"));
  start.mutable_spec()->mutable_llama_batch()->set_parallel(parallel);
  auto& where = *start.mutable_llama();
  if (gpu == worker::v1::Llama::GPU_DISCRETE) start.set_memory_limit(megabytes * 1'000'000);
  if (gpu != worker::v1::Llama::GPU_DISCRETE) where.set_planned_memory(megabytes * 1'000'000);
  where.set_on_cpu(gpu == worker::v1::Llama::GPU_UNSPECIFIED);
  where.set_gpu(static_cast<worker::v1::Llama::Gpu>(gpu));
  where.set_weight_bytes(100'000'000);
  where.set_cache_bytes_per_token(20'000);
  where.set_work_bytes_per_token(100'000);
  const auto program = "printf '%s\\n' \"$@\" >'" + (folder() / "arguments").native() + "'; exit 75";
  where.set_start(0, llama::startThatEnds(folder(), {}, program));
  const auto run = workerOnProcessor(start);
  const auto last = run->last();
  QVERIFY(last && last->has_failed());

  std::ifstream arguments(folder() / "arguments");
  QStringList got;
  for (std::string name, value; std::getline(arguments, name);) {
    const bool asked = name == "-c" || name == "-np" || name == "-dev" || name == "-b" || name == "-ub";
    if (asked && std::getline(arguments, value)) got << QString::fromStdString(name + " " + value);
  }
  QCOMPARE(got.join(' '), told);
}

QTEST_GUILESS_MAIN(TestBatchLoad)
#include "test_batch_load.moc"
