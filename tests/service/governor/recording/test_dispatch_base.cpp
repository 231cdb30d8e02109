// SPDX-License-Identifier: Apache-2.0
// Which compute pipelines get the flag by which they can be dispatched from a base.
#include "governor/recording/dispatch_base.h"

#include <QtTest>

using namespace lull::governor;

namespace {

constexpr VkFlags64 kBase = VK_PIPELINE_CREATE_DISPATCH_BASE_BIT;
constexpr VkFlags64 kCaptureBinaries = 0x80000000;                       // VK_PIPELINE_CREATE_2_CAPTURE_DATA_BIT_KHR
constexpr auto kBinaries = static_cast<VkStructureType>(1'000'483'002);  // VkPipelineBinaryInfoKHR
constexpr auto kFeedback = VK_STRUCTURE_TYPE_PIPELINE_CREATION_FEEDBACK_CREATE_INFO;

}  // namespace

class TestDispatchBase : public QObject {
  Q_OBJECT
private slots:
  void flags_data() {
    QTest::addColumn<bool>("wide");
    QTest::addColumn<quint64>("flags");
    QTest::addColumn<int>("behind");  // the type of another structure; 0: none
    QTest::addColumn<bool>("allowed");
    QTest::newRow("none") << false << quint64{0} << 0 << true;
    QTest::newRow("derivative") << false << quint64{VK_PIPELINE_CREATE_ALLOW_DERIVATIVES_BIT} << 0 << true;
    QTest::newRow("feedback") << false << quint64{0} << int{kFeedback} << true;
    QTest::newRow("library") << false << quint64{VK_PIPELINE_CREATE_LIBRARY_BIT_KHR} << 0 << false;
    QTest::newRow("made from binaries") << false << quint64{0} << int{kBinaries} << false;
    QTest::newRow("wide") << true << quint64{0} << 0 << true;
    QTest::newRow("wide, feedback") << true << quint64{VK_PIPELINE_CREATE_DISABLE_OPTIMIZATION_BIT} << int{kFeedback}
                                    << true;
    QTest::newRow("binaries are kept") << true << quint64{kCaptureBinaries} << 0 << false;
    QTest::newRow("from tomorrow") << true << (quint64{1} << 50) << 0 << false;
  }
  void flags() {
    QFETCH(bool, wide);
    QFETCH(quint64, flags);
    QFETCH(int, behind);
    QFETCH(bool, allowed);
    const VkBaseInStructure another{.sType = static_cast<VkStructureType>(behind), .pNext = nullptr};
    const void* chain = behind != 0 ? &another : nullptr;
    const PipelineFlags2 wideFlags{.sType = kPipelineFlags2Type, .pNext = chain, .flags = flags};
    VkComputePipelineCreateInfo info{};
    if (!wide) info.flags = static_cast<VkPipelineCreateFlags>(flags);
    info.pNext = wide ? &wideFlags : chain;
    const VkComputePipelineCreateInfo given = info;
    PipelineFlags2 room{};
    QCOMPARE(allowBase(info, room), allowed);
    if (!allowed) {
      QCOMPARE(info.flags, given.flags);
      QCOMPARE(info.pNext, given.pNext);
      return;
    }
    QCOMPARE(wideFlags.flags, flags);  // the program's own
    QVERIFY((info.flags & kBase) != 0);
    QCOMPARE(info.pNext, wide ? static_cast<const void*>(&room) : chain);
    if (wide) QCOMPARE(room.flags, flags | kBase);
    if (wide) QCOMPARE(room.pNext, chain);
  }
};

QTEST_GUILESS_MAIN(TestDispatchBase)
#include "test_dispatch_base.moc"
