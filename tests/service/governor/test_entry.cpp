// SPDX-License-Identifier: Apache-2.0
// The layer's own list of functions: VkQueue is externally synchronised and our threads use it, so each call of the
// program's with one comes by us.
#include "fakes/test_worker.h"
#include "governor/generated/tables.h"

#include <QtTest>

#include <dlfcn.h>
#include <vulkan/vk_layer.h>

class TestEntry : public QObject {
  Q_OBJECT
private slots:
  void everyCallWithAQueueComesByUs_data() {
    QTest::addColumn<QString>("name");
#define LULL_ROW(function) QTest::newRow(#function) << QString("vk" #function);
    LULL_QUEUE_FUNCTIONS(LULL_ROW)
#undef LULL_ROW
    // Newer than some registries.
    QTest::newRow("QueueNotifyOutOfBandNV") << "vkQueueNotifyOutOfBandNV";
    QTest::newRow("QueueSetPerfHintQCOM") << "vkQueueSetPerfHintQCOM";
  }
  void everyCallWithAQueueComesByUs() {
    QFETCH(QString, name);
    const auto get = entry();
    QVERIFY(get != nullptr);
    QVERIFY(get(VK_NULL_HANDLE, name.toUtf8().constData()) != nullptr);
    QVERIFY(get(VK_NULL_HANDLE, "vkQueueNobodyKnows") == nullptr);
  }

private:
  static PFN_vkGetInstanceProcAddr entry() {
    const auto path = lull::fakes::buildFolder() / "lib/libVkLayer_lull_governor.so";
    void* library = ::dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL);
    if (library == nullptr) return nullptr;
    const auto negotiate = reinterpret_cast<PFN_vkNegotiateLoaderLayerInterfaceVersion>(
        ::dlsym(library, "vkNegotiateLoaderLayerInterfaceVersion"));
    VkNegotiateLayerInterface negotiation{};
    negotiation.sType = LAYER_NEGOTIATE_INTERFACE_STRUCT;
    negotiation.loaderLayerInterfaceVersion = 2;
    return negotiate(&negotiation) == VK_SUCCESS ? negotiation.pfnGetInstanceProcAddr : nullptr;
  }
};

QTEST_GUILESS_MAIN(TestEntry)
#include "test_entry.moc"
