// SPDX-License-Identifier: Apache-2.0
// How much is computed at once on each kind of device, what gives way where memory is short, and that owners are shown
// the same.
#include "model/memory_limits.h"
#include "models/fit.h"
#include "runtimes/llama/fit.h"
#include "runtimes/surroundings.h"

#include <QtTest>

#include <array>
#include <vector>

using namespace lull;
using runtimes::llama::fit;
using runtimes::llama::memoryFor;
using runtimes::llama::Wanted;
using worker::v1::Llama;

namespace {

// 1 GB with 100 kB a token of context and 600 kB a token that is computed, made for 8192 tokens.
v1::ModelHeader header() {
  v1::ModelHeader out;
  out.set_tensor_bytes(1'000'000'000);
  out.set_layers(25);
  out.set_layer_bytes(900'000'000);
  out.set_key_heads_in_all(250);
  out.set_key_length(100);
  out.set_value_length(100);
  out.set_vocabulary(150'000);
  out.set_context_length(8192);
  return out;
}

enum Device { Processor, Software, Integrated, Discrete, Other };

// As the service tells its worker.
Llama told(Device device, const v1::ModelHeader& of) {
  static constexpr std::array kGpus{Llama::GPU_UNSPECIFIED, Llama::GPU_SOFTWARE, Llama::GPU_INTEGRATED,
                                    Llama::GPU_DISCRETE, Llama::GPU_UNSPECIFIED};
  const auto memory = models::memoryOf(of);
  Llama out;
  out.set_on_cpu(device == Processor);
  out.set_gpu(kGpus[device]);
  out.set_weight_bytes(memory.weights);
  out.set_cache_bytes_per_token(memory.cachePerToken);
  out.set_work_bytes(memory.driver);
  out.set_work_bytes_per_token(memory.workPerToken);
  out.set_trained_context(static_cast<std::uint32_t>(of.context_length()));
  return out;
}

// A device as it is found, on which a worker starts as the ring orders it.
worker::v1::Start startOn(const v1::Gpu& device, std::uint64_t granted, const v1::ModelHeader& of) {
  const auto limits = model::memoryLimits(device, granted);
  const runtimes::ModelOrder used{.memory = models::memoryOf(of),
                                  .trainedContext = static_cast<std::uint32_t>(of.context_length()),
                                  .onProcessor = model::isProcessor(device)};
  const runtimes::WorkerOrder order{.model = used,
                                    .gpu = device.id(),
                                    .gpuType = device.type(),
                                    .memoryLimit = limits.enforced,
                                    .memoryPlanned = limits.planned};
  return runtimes::startFor(order, sandbox::Walls::Confined);
}

QString textOf(const gguf::Load& load) {
  return QString("%1 x %2, %3").arg(load.parallel).arg(load.context).arg(load.batch);
}

}  // namespace

class TestFit : public QObject {
  Q_OBJECT

private slots:
  void suitsDeviceAndMemory_data();
  void suitsDeviceAndMemory();
  void whatIsChosenFits();
  void ownersAreShownTheSame_data();
  void ownersAreShownTheSame();
  void longEmbeddingsAreComputedWhole();
  void headersThatLieFitNowhere();
};

void TestFit::suitsDeviceAndMemory_data() {
  QTest::addColumn<int>("device");
  QTest::addColumn<quint32>("context");
  QTest::addColumn<quint32>("parallel");
  QTest::addColumn<quint64>("megabytes");
  QTest::addColumn<QString>("chosen");  // empty: too big
  const auto row = [](const char* name, Device device, Wanted wanted, quint64 megabytes, const char* chosen) {
    QTest::newRow(name) << static_cast<int>(device) << wanted.context << wanted.parallel << megabytes
                        << QString(chosen);
  };
  row("discrete", Discrete, {}, 0, "8 x 4096, 512");
  row("integrated", Integrated, {}, 0, "4 x 4096, 256");
  row("software", Software, {}, 0, "8 x 4096, 128");
  row("processor", Processor, {}, 0, "4 x 4096, 128");
  row("of another kind", Other, {}, 0, "4 x 4096, 256");
  row("all fits", Discrete, {}, 4660, "8 x 4096, 512");
  row("fewer tokens at once", Discrete, {}, 4650, "8 x 4096, 256");
  row("as few as it is worth", Discrete, {}, 4490, "8 x 4096, 128");
  row("fewer requests at once", Discrete, {}, 4410, "4 x 4096, 128");
  row("one at once", Discrete, {}, 1960, "1 x 4096, 128");
  row("less context", Discrete, {}, 1500, "1 x 2048, 128");
  row("the least context", Discrete, {}, 1200, "1 x 512, 128");
  row("too big", Discrete, {}, 1190, "");
  row("integrated, short", Integrated, {}, 2800, "4 x 4096, 128");
  row("software, short", Software, {}, 2800, "4 x 4096, 128");
  row("processor, short", Processor, {}, 2000, "2 x 4096, 128");
  row("as asked", Discrete, {.context = 8000, .parallel = 2}, 4000, "2 x 8000, 512");
  row("more at once than usual", Discrete, {.parallel = 32}, 0, "32 x 4096, 512");
  row("asked for context", Discrete, {.context = 8000}, 2000, "1 x 8000, 128");
  row("asked for requests at once", Discrete, {.parallel = 4}, 2000, "4 x 2048, 128");
  row("asked for too much context", Discrete, {.context = 8000}, 1900, "");
  row("asked for too much at once", Discrete, {.parallel = 64}, 4450, "64 x 512, 128");
  row("asked for far too much at once", Discrete, {.parallel = 128}, 4450, "");
}

void TestFit::suitsDeviceAndMemory() {
  QFETCH(int, device);
  QFETCH(quint32, context);
  QFETCH(quint32, parallel);
  QFETCH(quint64, megabytes);
  QFETCH(QString, chosen);
  const auto model = told(static_cast<Device>(device), header());
  const auto got = fit({.context = context, .parallel = parallel}, model, megabytes * 1'000'000);
  QCOMPARE(got.ok() ? textOf(*got) : QString(), chosen);
  if (got) return;
  QCOMPARE(got.failure().kind(), v1::Failure::KIND_TOO_BIG);
  const auto message = QString::fromStdString(got.failure().message());
  QVERIFY2(message.contains(" GB, this device grants "), qPrintable(message));
  QCOMPARE(message.contains("smaller context or fewer"), context + parallel > 0);
}

// Less memory never lets more be computed at once, and the last step that fits is taken.
void TestFit::whatIsChosenFits() {
  const auto model = told(Discrete, header());
  const auto memory = models::memoryOf(header());
  std::uint64_t before = UINT64_MAX;
  std::vector<QString> steps;
  for (std::uint64_t limit = 5'000'000'000; limit > 1'195'000'000; limit -= 1'000'000) {
    const auto load = fit({}, model, limit);
    QVERIFY(load.ok());
    const auto bytes = bytesFor(memory, *load);
    QVERIFY(bytes <= limit);
    QVERIFY(bytes <= before);
    before = bytes;
    if (steps.empty() || steps.back() != textOf(*load)) steps.push_back(textOf(*load));
  }
  const std::vector<QString> all{"8 x 4096, 512", "8 x 4096, 256", "8 x 4096, 128", "4 x 4096, 128", "2 x 4096, 128",
                                 "1 x 4096, 128", "1 x 2048, 128", "1 x 1024, 128", "1 x 512, 128"};
  QCOMPARE(steps, all);
}

void TestFit::ownersAreShownTheSame_data() {
  QTest::addColumn<QString>("type");
  QTest::addColumn<quint64>("made");
  QTest::addColumn<quint32>("setting");  // MiB that may be lent
  for (const char* type : {"processor", "software", "integrated", "discrete", "virtual", "other"}) {
    QTest::newRow(type) << type << quint64{8192} << 0U;
  }
  QTest::newRow("made for few tokens") << "discrete" << quint64{1000} << 0U;
  QTest::newRow("does not say for how many") << "discrete" << quint64{0} << 0U;
  QTest::newRow("less is lent") << "discrete" << quint64{8192} << 1500U;
  QTest::newRow("less is lent of an integrated one") << "integrated" << quint64{8192} << 1500U;
  QTest::newRow("less is lent of the processor") << "processor" << quint64{8192} << 1500U;
  QTest::newRow("more is lent than it has") << "integrated" << quint64{8192} << 100'000U;
}

// That it fits, and what it needs where it does not.
void TestFit::ownersAreShownTheSame() {
  QFETCH(QString, type);
  QFETCH(quint64, made);
  QFETCH(quint32, setting);
  auto header = ::header();
  header.set_context_length(made);
  v1::Gpu device;
  device.set_type(type.toStdString());
  v1::Settings settings;
  settings.mutable_gpu()->set_max_memory(setting);
  settings.mutable_tasks()->set_max_memory(setting);
  bool fitted = false;
  bool failed = false;
  for (std::uint64_t has = 1'100'000'000; has < 4'000'000'000; has += 1'000'000) {
    device.set_memory_bytes(has);
    const auto lent = model::lentBy(settings, device);
    const auto shown = models::fitOf(header, model::memoryLimits(device, lent).planned);
    const auto start = startOn(device, lent, header);
    const auto limit = memoryFor(start);
    const auto chosen = fit({}, start.llama(), limit);
    QCOMPARE(shown.memory_bytes(), limit);
    QCOMPARE(shown.layers_on_gpu() == shown.layers(), chosen.ok());
    (chosen ? fitted : failed) = true;
    if (chosen) {
      QVERIFY(bytesFor(models::memoryOf(header), *chosen) <= has);
      QCOMPARE(shown.context(), chosen->context);
      QVERIFY(shown.most_context() >= shown.context());
      // What is said to fit does, asked for.
      QVERIFY(fit({.context = shown.most_context()}, start.llama(), limit).ok());
      QVERIFY(shown.most_context() == made || !fit({.context = shown.most_context() + 1}, start.llama(), limit).ok());
    } else {
      QVERIFY(shown.needed_bytes() > limit);
    }
  }
  QVERIFY(fitted && failed);
}

// What is computed at once takes more of the memory the more it is.
void TestFit::longEmbeddingsAreComputedWhole() {
  const auto model = told(Discrete, header());
  const auto fitting = [&model](std::uint32_t batch, std::uint64_t limit) {
    return fit({.parallel = 1, .batch = batch}, model, limit);
  };
  QCOMPARE(fitting(3, 0)->batch, 512U);
  QCOMPARE(fitting(3000, 0)->batch, 3000U);
  QCOMPARE(fitting(100'000, 0)->batch, 4096U);
  QCOMPARE(textOf(*fitting(300, 1'700'000'000)), "1 x 4096, 300");
  QCOMPARE(textOf(*fitting(100'000, 3'000'000'000)), "1 x 2048, 2048");
}

void TestFit::headersThatLieFitNowhere() {
  auto model = header();
  model.set_vocabulary(UINT64_MAX);
  model.set_key_heads_in_all(UINT64_MAX);
  QVERIFY(!fit({}, told(Discrete, model), 24'000'000'000).ok());
}

QTEST_GUILESS_MAIN(TestFit)
#include "test_fit.moc"
