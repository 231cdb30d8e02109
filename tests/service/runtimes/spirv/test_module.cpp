// SPDX-License-Identifier: Apache-2.0
#include "runtimes/spirv/features.h"
#include "runtimes/spirv/module_check.h"

#include <QtTest>

#include <cstdlib>
#include <fstream>
#include <functional>
#include <iterator>

using namespace lull;
using namespace lull::spirv;

namespace {

std::string bytesOf(const std::string& kernel) {
  std::ifstream in(std::string(std::getenv("LULL_BUILD_DIR")) + "/tests/kernels/spirv/" + kernel + ".spv",
                   std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

Module moduleOf(const std::string& kernel) {
  auto words = wordsOf(bytesOf(kernel));
  if (!words) qFatal("no kernel %s", kernel.c_str());
  auto module = readModule(std::move(*words));
  if (!module) qFatal("%s cannot be read", kernel.c_str());
  return *module;
}

VkPhysicalDeviceLimits someLimits() {
  VkPhysicalDeviceLimits limits{};
  for (auto& n : limits.maxComputeWorkGroupCount) n = 65535;
  for (auto& n : limits.maxComputeWorkGroupSize) n = 1024;
  limits.maxComputeWorkGroupInvocations = 1024;
  limits.maxComputeSharedMemorySize = 32768;
  limits.maxPushConstantsSize = 128;
  limits.maxStorageBufferRange = 1U << 27U;
  limits.maxPerStageDescriptorStorageBuffers = 16;
  limits.maxDescriptorSetStorageBuffers = 96;
  return limits;
}

v1::SpirvTask mixTask() {
  v1::SpirvTask task;
  for (std::uint32_t binding : {0U, 1U}) {
    auto* buffer = task.add_buffers();
    buffer->set_binding(binding);
    buffer->set_size(4096);
  }
  task.mutable_grid()->set_x(4);
  return task;
}

Step judge(const Module& module, const v1::SpirvTask& task, std::uint32_t pushBytes) {
  const auto shape = shapeOf(task, pushBytes);
  if (!shape) return shape.failure();
  for (const Step& step : {checkGrid(*shape, someLimits()), checkBuffers(task, someLimits()),
                           checkInterface(module, task, *shape), checkEntryPoint(module, task, *shape, someLimits())}) {
    if (!step) return step;
  }
  const auto special = specialise(module, task);
  if (!special) return special.failure();
  const auto orders = bufferOrders(task);
  if (!orders) return orders.failure();
  return Done{};
}

}  // namespace

class TestModule : public QObject {
  Q_OBJECT
private slots:
  void readsWhatAModuleSays() {
    const Module mix = moduleOf("mix");
    QCOMPARE(mix.pushConstantBytes, 16U);
    QCOMPARE(mix.resources.size(), std::size_t{2});
    for (const auto& resource : mix.resources) {
      QCOMPARE(resource.kind, ResourceKind::StorageBuffer);
      QCOMPARE(resource.set, 0U);
    }
    QCOMPARE(mix.entryPoints.size(), std::size_t{1});
    QCOMPARE(mix.entryPoints[0].name, std::string("main"));
    QCOMPARE((*mix.entryPoints[0].localSize)[0].literal, 16U);
    QCOMPARE((*mix.entryPoints[0].localSize)[1].literal, 2U);
    QCOMPARE(mix.specConstants.at(7), 4U);
    QVERIFY(!mix.readsNumWorkgroups);
    QVERIFY(moduleOf("count").readsNumWorkgroups);
    QCOMPARE((*moduleOf("huge_group").entryPoints[0].localSize)[0].specId, std::optional<std::uint32_t>(3));
  }
  void layoutOfPushConstants() {
    // uint64 at 0; mat3 at 16 with columns of 16 bytes
    QCOMPARE(moduleOf("wide").pushConstantBytes, 64U);
  }
  void eitherByteOrder() {
    std::string bytes = bytesOf("mix");
    for (std::size_t i = 0; i < bytes.size(); i += 4) {
      std::swap(bytes[i], bytes[i + 3]);
      std::swap(bytes[i + 1], bytes[i + 2]);
    }
    auto swapped = wordsOf(bytes);
    QVERIFY(swapped.ok());
    QVERIFY(*swapped == moduleOf("mix").words);
  }
  void garbageIsNoModule_data() {
    QTest::addColumn<QByteArray>("bytes");
    QTest::newRow("empty") << QByteArray();
    QTest::newRow("odd") << QByteArray(21, 'x');
    QTest::newRow("text") << QByteArray(400, 'x');
  }
  void garbageIsNoModule() {
    QFETCH(QByteArray, bytes);
    const auto words = wordsOf(bytes.toStdString());
    QVERIFY(!words.ok());
    QCOMPARE(words.failure().kind(), Failure::KIND_BAD_TASK);
  }
  void everyCutOrFlipIsCaughtOrHarmless() {
    const auto whole = moduleOf("mix").words;
    for (std::size_t length = 5; length < whole.size(); length += 3) {
      QVERIFY(!validate({whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(length)}, VK_API_VERSION_1_2).ok());
    }
    for (std::size_t at = 5; at < whole.size(); ++at) {
      auto words = whole;
      words[at] ^= 0x10001U;
      if (validate(words, VK_API_VERSION_1_2).ok()) QVERIFY(readModule(words).ok());
    }
  }

  void judgesTasks_data() {
    using Change = std::function<void(v1::SpirvTask&)>;
    QTest::addColumn<QString>("kernel");
    QTest::addColumn<quint32>("pushBytes");
    QTest::addColumn<Change>("change");
    QTest::addColumn<int>("kind");  // 0: fits
    const auto row = [](const char* name, const char* kernel, quint32 push, int kind, Change change) {
      QTest::newRow(name) << QString(kernel) << push << change << kind;
    };
    const int bad = Failure::KIND_BAD_TASK;
    const int big = Failure::KIND_TOO_BIG;
    row("fits", "mix", 16, 0, [](auto&) {});
    row("more push constants than read", "mix", 32, 0, [](auto&) {});
    row("too few push constants", "mix", 12, bad, [](auto&) {});
    row("odd push constants", "mix", 18, bad, [](auto&) {});
    row("push constants above the limit", "mix", 132, big, [](auto&) {});
    row("unknown entry point", "mix", 16, bad, [](auto& t) { t.set_entry_point("other"); });
    row("missing buffer", "mix", 16, bad, [](auto& t) { t.mutable_buffers()->RemoveLast(); });
    row("binding twice", "mix", 16, bad, [](auto& t) { t.mutable_buffers(1)->set_binding(0); });
    row("extra buffer", "mix", 16, 0, [](auto& t) {
      t.add_buffers()->set_binding(9);
      t.mutable_buffers(2)->set_size(4);
    });
    row("size no multiple of 4", "mix", 16, bad, [](auto& t) { t.mutable_buffers(0)->set_size(4095); });
    row("size zero", "mix", 16, bad, [](auto& t) { t.mutable_buffers(0)->set_size(0); });
    row("buffer above the limit", "mix", 16, big, [](auto& t) { t.mutable_buffers(0)->set_size(1ULL << 28U); });
    row("grid above the limit", "mix", 16, big, [](auto& t) { t.mutable_grid()->set_y(65536); });
    row("uncountable", "mix", 16, big, [](auto& t) { t.set_iterations(~0ULL); });
    row("iteration outside", "mix", 16, bad, [](auto& t) { t.set_iteration_offset(16); });
    row("iteration inside", "mix", 16, 0, [](auto& t) { t.set_iteration_offset(12); });
    row("unknown constant", "mix", 16, bad, [](auto& t) { t.add_spec_constants()->set_id(8); });
    row("constant of another width", "mix", 16, bad, [](auto& t) {
      t.add_spec_constants()->set_id(7);
      t.mutable_spec_constants(0)->set_u64(3);
    });
    row("constant", "mix", 16, 0, [](auto& t) {
      t.add_spec_constants()->set_id(7);
      t.mutable_spec_constants(0)->set_u32(3);
    });
    row("swap of unequal buffers", "mix", 16, bad, [](auto& t) {
      t.mutable_buffers(1)->set_size(8192);
      t.add_swaps()->set_b(1);
    });
    row("image", "image", 0, bad, [](auto&) {});
    row("group size by constant", "huge_group", 0, 0, [](auto& t) {
      t.add_spec_constants()->set_id(3);
      t.mutable_spec_constants(0)->set_u32(64);
    });
    row("group size by constant, too large", "huge_group", 0, big, [](auto& t) {
      t.add_spec_constants()->set_id(3);
      t.mutable_spec_constants(0)->set_u32(4096);
    });
  }
  void judgesTasks() {
    QFETCH(QString, kernel);
    QFETCH(quint32, pushBytes);
    QFETCH(std::function<void(v1::SpirvTask&)>, change);
    QFETCH(int, kind);
    auto task = mixTask();
    change(task);
    const auto step = judge(moduleOf(kernel.toStdString()), task, pushBytes);
    QCOMPARE(step.ok() ? 0 : static_cast<int>(step.failure().kind()), kind);
    if (!step.ok()) QVERIFY(step.failure().message().size() > 10);
  }

  void enablesOnlyWhatIsDeclared() {
    Offer offer;
    offer.features.core.features.shaderInt64 = VK_TRUE;
    offer.features.core.features.shaderFloat64 = VK_TRUE;
    offer.features.core.features.robustBufferAccess = VK_TRUE;
    auto features = featuresFor(moduleOf("wide").capabilities, offer);
    QVERIFY(features.ok());
    QCOMPARE(features->core.features.shaderInt64, VkBool32{VK_TRUE});
    QCOMPARE(features->core.features.shaderFloat64, VkBool32{VK_FALSE});
    QCOMPARE(features->core.features.robustBufferAccess, VkBool32{VK_TRUE});
    offer.features.core.features.shaderInt64 = VK_FALSE;
    QCOMPARE(featuresFor(moduleOf("wide").capabilities, offer).failure().kind(), Failure::KIND_TOO_BIG);
    QCOMPARE(featuresFor({1, 5347}, offer).failure().kind(), Failure::KIND_BAD_TASK);  // addresses of its own
    QCOMPARE(featuresFor({1, 63}, offer).failure().kind(), Failure::KIND_TOO_BIG);
  }
  void swapsComeRound() {
    v1::SpirvTask task;
    for (std::uint32_t binding : {4U, 5U, 6U}) {
      task.add_buffers()->set_binding(binding);
      task.mutable_buffers()->rbegin()->set_size(16);
    }
    QCOMPARE(bufferOrders(task)->size(), std::size_t{1});
    auto* swap = task.add_swaps();
    swap->set_a(4);
    swap->set_b(5);
    const auto pair = bufferOrders(task);
    QCOMPARE(pair->size(), std::size_t{2});
    QVERIFY(((*pair)[1] == std::vector<std::uint32_t>{1, 0, 2}));
    swap = task.add_swaps();
    swap->set_a(5);
    swap->set_b(6);
    QCOMPARE(bufferOrders(task)->size(), std::size_t{3});
  }
};

QTEST_GUILESS_MAIN(TestModule)
#include "test_module.moc"
