// SPDX-License-Identifier: Apache-2.0
// What a program under the governor is given: how much memory it sees and gets, and which priority its queues have.
// On the software GPU, made to look bigger (tests/fakes/pretended_gpu).
#include "fakes/test_worker.h"
#include "fakes/vulkan_program.h"

#include <QtTest>

#include <QFile>
#include <QTemporaryDir>

#include <vulkan/vulkan_core.h>

using namespace lull;
using namespace lull::fakes;

namespace {

using Layers = std::vector<std::string>;
constexpr std::uint64_t kMiB = 1U << 20U;
constexpr const char* kGovernor = governor::kLayerName;
constexpr const char* kOutOfMemory = "error -2";
constexpr const char* kDevice = "device queue 0 1 none";

// A program led by lines over some layers, the first nearest to it, and what the layers below wrote down.
class Session {
public:
  Session(ServicePage* page, const Layers& layers, const std::vector<std::string>& pretend)
      : m_program({(buildFolder() / "tests/lull_device_host").string()}, environment(layers, pretend), page) {}

  std::string ask(const std::string& line) { return m_program.ask(line); }
  std::optional<int> waitExit() { return m_program.waitExit(); }
  // The lines of the pretended GPU's record that begin with `word`.
  QStringList recorded(const QString& word) const {
    QStringList lines = contents("record").split('\n', Qt::SkipEmptyParts);
    return lines.filter(QRegularExpression("^" + word));
  }
  QString complaints() const { return contents("validation.log"); }

private:
  std::vector<std::string> environment(const Layers& layers, const std::vector<std::string>& pretend) {
    auto out = vulkanEnvironment(layers);
    QFile settings(path("vk_layer_settings.txt"));
    if (!settings.open(QIODevice::WriteOnly)) std::abort();
    settings.write(("khronos_validation.debug_action = VK_DBG_LAYER_ACTION_LOG_MSG\n"
                    "khronos_validation.log_filename = " +
                    path("validation.log") + "\nkhronos_validation.report_flags = error,warn\n")
                       .toUtf8());
    out.push_back("VK_LAYER_SETTINGS_PATH=" + m_folder.path().toStdString());
    out.push_back("NODEVICE_SELECT=1");  // an implicit layer of Mesa, which enables extensions for everybody
    out.push_back("LULL_PRETEND_RECORD=" + path("record").toStdString());
    out.insert(out.end(), pretend.begin(), pretend.end());
    return out;
  }
  QString path(const char* name) const { return m_folder.filePath(name); }
  QString contents(const char* name) const {
    QFile file(path(name));
    return file.open(QIODevice::ReadOnly) ? QString::fromUtf8(file.readAll()) : QString();
  }

  QTemporaryDir m_folder;
  VulkanProgram m_program;
};

const Layers kPlain{kGovernor, kPretendedGpu};
const std::vector<std::string> kThreeHeaps{"LULL_PRETEND_HEAPS=local:3840,host:4096,local:256"};

std::string bytes(std::initializer_list<std::pair<std::uint64_t, bool>> heaps) {
  std::string out;
  for (const auto& [mib, local] : heaps) {
    out += (out.empty() ? "" : " ") + std::to_string(mib * kMiB) + (local ? "L" : "");
  }
  return out;
}

// In MiB: budget and usage of each heap.
std::string budgets(std::initializer_list<std::pair<std::uint64_t, std::uint64_t>> heaps) {
  std::string out;
  for (const auto& [budget, usage] : heaps) {
    out += (out.empty() ? "" : " ") + std::to_string(budget * kMiB) + "/" + std::to_string(usage * kMiB);
  }
  return out;
}

std::string allocate(std::uint32_t type, std::uint64_t mib) {
  return "allocate " + std::to_string(type) + " " + std::to_string(mib * kMiB);
}

}  // namespace

class TestDevice : public QObject {
  Q_OBJECT
private slots:
  void heapsAreClampedTogether_data() {
    QTest::addColumn<quint64>("limitMib");
    QTest::addColumn<bool>("page");
    QTest::addColumn<QString>("seen");
    const auto seen = [](auto heaps) { return QString::fromStdString(bytes(heaps)); };
    using Heaps = std::initializer_list<std::pair<std::uint64_t, bool>>;
    QTest::newRow("limit") << quint64{2048} << true << seen(Heaps{{1920, true}, {4096, false}, {128, true}});
    QTest::newRow("larger than the GPU") << quint64{9000} << true
                                         << seen(Heaps{{3840, true}, {4096, false}, {256, true}});
    QTest::newRow("no limit") << quint64{0} << true << seen(Heaps{{3840, true}, {4096, false}, {256, true}});
    QTest::newRow("no page") << quint64{2048} << false << seen(Heaps{{3840, true}, {4096, false}, {256, true}});
  }
  void heapsAreClampedTogether() {
    QFETCH(quint64, limitMib);
    QFETCH(bool, page);
    QFETCH(QString, seen);
    ServicePage service;
    service.page().memoryLimitBytes.store(limitMib * kMiB);
    Session session(page ? &service : nullptr, kPlain, kThreeHeaps);
    QCOMPARE(session.ask("instance 1.3"), std::string("ok"));
    QCOMPARE(session.ask("heaps"), seen.toStdString());
    QCOMPARE(session.ask("heaps2"), seen.toStdString());
  }
  void theBudgetIsWhatMayStillBeTaken() {
    ServicePage page;
    page.page().memoryLimitBytes.store(2048 * kMiB);
    Session session(&page, kPlain, kThreeHeaps);
    QCOMPARE(session.ask("instance 1.3"), std::string("ok"));
    QCOMPARE(session.ask(kDevice), std::string("ok"));
    const std::uint64_t host = 4096ULL * kMiB / 10 * 9;
    const auto expected = [host](std::uint64_t a, std::uint64_t usedA, std::uint64_t b, std::uint64_t usedB) {
      return budgets({{a, usedA}}) + " " + std::to_string(host) + "/" + std::to_string(16 * kMiB) + " " +
             budgets({{b, usedB}});
    };
    QCOMPARE(session.ask("budget"), expected(1920, 0, 128, 0));
    QCOMPARE(session.ask(allocate(0, 100)), std::string("ok"));
    QCOMPARE(session.ask(allocate(2, 28)), std::string("ok"));
    QCOMPARE(session.ask("budget"), expected(1920, 100, 128, 28));
    page.page().memoryLimitBytes.store(192 * kMiB);  // shares 180 and 12
    QCOMPARE(session.ask("budget"), expected(164, 100, 12, 28));
    page.page().memoryLimitBytes.store(112 * kMiB);  // 16 less than it holds: shares 105 and 7
    QCOMPARE(session.ask("budget"), expected(84, 100, 7, 28));
    page.page().memoryLimitBytes.store(0);
    const std::uint64_t all = 3840 * kMiB / 10 * 9;
    const std::uint64_t window = 256 * kMiB / 10 * 9;
    QCOMPARE(session.ask("budget"), std::to_string(all) + "/" + std::to_string(116 * kMiB) + " " +
                                        std::to_string(host) + "/" + std::to_string(16 * kMiB) + " " +
                                        std::to_string(window) + "/" + std::to_string(44 * kMiB));
  }
  void beyondTheLimitTheDriverIsNotAsked() {
    ServicePage page;
    page.page().memoryLimitBytes.store(64 * kMiB);
    Session session(&page, kPlain, kThreeHeaps);
    QCOMPARE(session.ask("instance 1.3"), std::string("ok"));
    QCOMPARE(session.ask(kDevice), std::string("ok"));
    QCOMPARE(session.ask(allocate(0, 40)), std::string("ok"));
    QCOMPARE(session.ask(allocate(2, 25)), std::string(kOutOfMemory));  // another heap, the same limit
    QCOMPARE(page.page().refusedBytes.load(), 25 * kMiB);
    QCOMPARE(session.ask(allocate(1, 1000)), std::string("ok"));  // the computer's own memory
    QCOMPARE(page.page().memoryBytes.load(), 40 * kMiB);
    QCOMPARE(session.ask("free"), std::string("ok"));
    QCOMPARE(session.ask(allocate(2, 24)), std::string("ok"));
    QCOMPARE(session.recorded("allocate").size(), 3);
    page.page().memoryLimitBytes.store(32 * kMiB);  // lowered: what it has, it keeps
    QCOMPARE(page.page().memoryBytes.load(), 64 * kMiB);
    QCOMPARE(session.ask(allocate(0, 1)), std::string(kOutOfMemory));
    page.page().memoryLimitBytes.store(0);
    QCOMPARE(session.ask(allocate(0, 100)), std::string("ok"));
    QCOMPARE(session.ask("destroy"), std::string("ok"));
    QCOMPARE(page.page().memoryBytes.load(), std::uint64_t{0});
  }
  void whatTheDriverRefusesIsNotHeld() {
    ServicePage page;
    page.page().memoryLimitBytes.store(64 * kMiB);
    Session session(&page, kPlain, {"LULL_PRETEND_MEMORY_FAILS=1"});
    QCOMPARE(session.ask("instance 1.3"), std::string("ok"));
    QCOMPARE(session.ask(kDevice), std::string("ok"));
    for (int i = 0; i < 10; ++i) QCOMPARE(session.ask(allocate(0, 40)), std::string(kOutOfMemory));
    QCOMPARE(session.recorded("allocate").size(), 10);
    QCOMPARE(page.page().memoryBytes.load(), std::uint64_t{0});
    QCOMPARE(page.page().refusedBytes.load(), std::uint64_t{0});
  }
  void importsAreNotHeld() {
    ServicePage page;
    page.page().memoryLimitBytes.store(1 * kMiB);
    Session session(&page, {kGovernor}, {});
    QCOMPARE(session.ask("instance 1.3"), std::string("ok"));
    QCOMPARE(session.ask(std::string(kDevice) + " extension VK_EXT_external_memory_host"), std::string("ok"));
    QCOMPARE(session.ask("import " + std::to_string(16 * kMiB)), std::string("ok"));
    QCOMPARE(page.page().memoryBytes.load(), std::uint64_t{0});
    QCOMPARE(session.ask("free"), std::string("ok"));
  }
  void threadsCannotPassTheLimitTogether() {
    ServicePage page;
    page.page().memoryLimitBytes.store(1000 * 65536 + 1);
    Session session(&page, {kGovernor}, {});
    QCOMPARE(session.ask("instance 1.3"), std::string("ok"));
    QCOMPARE(session.ask(kDevice), std::string("ok"));
    for (int round = 0; round < 5; ++round) QCOMPARE(session.ask("race 4 65536"), std::string("1000"));
    QCOMPARE(page.page().memoryBytes.load(), std::uint64_t{0});
  }
  void whatTheInstanceDoesNotOfferStaysAbsent_data() {
    QTest::addColumn<QString>("instance");
    QTest::addColumn<QString>("known");
    QTest::newRow("1.0") << "instance 1.0"
                         << "no";
    QTest::newRow("1.0 with the extension") << "instance 1.0 VK_KHR_get_physical_device_properties2"
                                            << "yes";
  }
  void whatTheInstanceDoesNotOfferStaysAbsent() {
    QFETCH(QString, instance);
    QFETCH(QString, known);
    ServicePage page;
    page.page().memoryLimitBytes.store(64 * kMiB);
    Session session(&page, kPlain, kThreeHeaps);
    QCOMPARE(session.ask(instance.toStdString()), std::string("ok"));
    QCOMPARE(session.ask("knows vkGetPhysicalDeviceMemoryProperties2KHR"), known.toStdString());
    const std::string seen = bytes({{60, true}, {4096, false}, {4, true}});
    QCOMPARE(session.ask("heaps"), seen);
    if (known == "yes") QCOMPARE(session.ask("heaps2khr"), seen);
  }

  void queuesGiveWay_data() {
    QTest::addColumn<QString>("pretend");  // as LULL_PRETEND_…
    QTest::addColumn<QString>("instance");
    QTest::addColumn<QString>("device");
    QTest::addColumn<QString>("created");
    const QString i13 = "instance 1.3";
    const QString one = kDevice;
    const QString khr = "VK_KHR_global_priority";
    const QString ext = "VK_EXT_global_priority";
    const auto row = [](const char* name, const QStringList& in, const QString& created) {
      QTest::newRow(name) << in[0] << in[1] << in[2] << created;
    };
    const auto made = [](const QString& extensions, const QString& queues) {
      return "device result=0 extensions=" + extensions + " queues=" + queues;
    };
    row("not offered", {"", i13, one}, made("", "0x1:none"));
    row("KHR", {"PRIORITY=khr", i13, one}, made(khr, "0x1:low"));
    row("EXT", {"PRIORITY=ext", i13, one}, made(ext, "0x1:low"));
    row("both", {"PRIORITY=khr,ext", i13, one}, made(khr, "0x1:low"));
    row("core", {"PRIORITY=core", "instance 1.4", one}, made("", "0x1:low"));
    row("core, but not for this program", {"PRIORITY=core", i13, one}, made("", "0x1:none"));
    row("1.0 cannot use KHR", {"PRIORITY=khr", "instance 1.0", one}, made("", "0x1:none"));
    row("1.0 with its extension", {"PRIORITY=khr", "instance 1.0 VK_KHR_get_physical_device_properties2", one},
        made(khr, "0x1:low"));
    row("1.0 and EXT", {"PRIORITY=khr,ext", "instance 1.0", one}, made(ext, "0x1:low"));
    row("families without LOW", {"PRIORITY=khr FAMILY_PRIORITIES=medium,high", i13, one}, made("", "0x1:none"));
    row("all queues", {"PRIORITY=khr QUEUES=2,compute:1", i13, "device queue 0 2 none queue 1 1 none"},
        made(khr, "0x2:low,1x1:low"));
    row("what the program chose stays",
        {"PRIORITY=khr QUEUES=2,compute:1", i13, "device queue 0 2 medium queue 1 1 none extension " + khr},
        made(khr, "0x2:medium,1x1:low"));
    row("all chosen by the program", {"PRIORITY=khr", i13, "device queue 0 1 medium extension " + khr},
        made(khr, "0x1:medium"));
    row("the program's extension is enough", {"PRIORITY=khr,ext", i13, one + " extension " + ext},
        made(ext, "0x1:low"));
    row("other extensions stay", {"PRIORITY=khr", i13, one + " extension VK_EXT_external_memory_host"},
        made("VK_EXT_external_memory_host," + khr, "0x1:low"));
    row("what stands behind a queue stays", {"PRIORITY=khr", i13, one + " stranger"}, made(khr, "0x1:low+1999000000"));
  }
  void queuesGiveWay() {
    QFETCH(QString, pretend);
    QFETCH(QString, instance);
    QFETCH(QString, device);
    QFETCH(QString, created);
    std::vector<std::string> environment;
    for (const auto& entry : pretend.split(' ', Qt::SkipEmptyParts)) {
      environment.push_back("LULL_PRETEND_" + entry.toStdString());
    }
    ServicePage page;
    Session session(&page, kPlain, environment);
    QCOMPARE(session.ask(instance.toStdString()), std::string("ok"));
    QCOMPARE(session.ask(device.toStdString()), std::string("ok"));
    QCOMPARE(session.recorded("device"), QStringList{created});
    QCOMPARE(session.ask(allocate(0, 1)), std::string("ok"));
    QCOMPARE(session.ask("destroy"), std::string("ok"));
  }
  void withoutAPageNothingIsAskedFor() {
    Session session(nullptr, kPlain, {"LULL_PRETEND_PRIORITY=khr"});
    QCOMPARE(session.ask("instance 1.3"), std::string("ok"));
    QCOMPARE(session.ask(kDevice), std::string("ok"));
    QCOMPARE(session.recorded("device"), QStringList{"device result=0 extensions= queues=0x1:none"});
  }
  void aRefusalCostsTheProgramNothing_data() {
    QTest::addColumn<int>("refusal");
    QTest::addColumn<Layers>("layers");
    for (const int refusal : {VK_ERROR_NOT_PERMITTED_KHR, VK_ERROR_INITIALIZATION_FAILED, VK_ERROR_DEVICE_LOST,
                              VK_ERROR_OUT_OF_DEVICE_MEMORY}) {
      QTest::addRow("%d", refusal) << refusal << kPlain;
    }
    if (!hasValidation()) return;
    QTest::newRow("a layer between") << int{VK_ERROR_NOT_PERMITTED_KHR}
                                     << Layers{kGovernor, kValidation, kPretendedGpu};
    QTest::newRow("a layer before") << int{VK_ERROR_NOT_PERMITTED_KHR} << Layers{kValidation, kGovernor, kPretendedGpu};
  }
  void aRefusalCostsTheProgramNothing() {
    QFETCH(int, refusal);
    QFETCH(Layers, layers);
    ServicePage page;
    Session session(&page, layers, {"LULL_PRETEND_PRIORITY=khr", "LULL_PRETEND_REFUSE=" + std::to_string(refusal)});
    QCOMPARE(session.ask("instance 1.3"), std::string("ok"));
    QCOMPARE(session.ask(kDevice), std::string("ok"));
    const QStringList devices = session.recorded("device");
    QCOMPARE(devices.size(), 2);
    QCOMPARE(devices[0], QString("device result=%1 extensions=VK_KHR_global_priority queues=0x1:low").arg(refusal));
    QCOMPARE(devices[1], QString("device result=0 extensions= queues=0x1:none"));
    QCOMPARE(session.ask(allocate(0, 1)), std::string("ok"));
    QCOMPARE(page.page().memoryBytes.load(), kMiB);
    QCOMPARE(session.ask("destroy"), std::string("ok"));
    QCOMPARE(session.complaints(), QString());
  }
  void theProgramsOwnMistakeStaysItsOwn() {
    ServicePage page;
    Session session(&page, kPlain, {"LULL_PRETEND_PRIORITY=khr"});
    QCOMPARE(session.ask("instance 1.3"), std::string("ok"));
    QCOMPARE(session.ask("device queue 0 4 none"), std::string("error -3"));  // there is one queue
    QCOMPARE(session.ask(kDevice), std::string("ok"));
  }

  void validationHasNothingToSay_data() {
    QTest::addColumn<Layers>("layers");
    QTest::newRow("above") << Layers{kValidation, kGovernor, kPretendedGpu};
    QTest::newRow("below") << Layers{kGovernor, kValidation, kPretendedGpu};
  }
  void validationHasNothingToSay() {
    if (!hasValidation()) QSKIP("without the package vulkan-validationlayers there is nobody to ask");
    QFETCH(Layers, layers);
    ServicePage page;
    page.page().memoryLimitBytes.store(64 * kMiB);
    Session session(&page, layers, {kThreeHeaps[0], "LULL_PRETEND_PRIORITY=khr", "LULL_PRETEND_QUEUES=2,compute:1"});
    QCOMPARE(session.ask("instance 1.3"), std::string("ok"));
    QCOMPARE(session.ask("device queue 0 2 none queue 1 1 none"), std::string("ok"));
    QCOMPARE(session.recorded("device"),
             QStringList{"device result=0 extensions=VK_KHR_global_priority queues=0x2:low,1x1:low"});
    QCOMPARE(session.ask("heaps2"), bytes({{60, true}, {4096, false}, {4, true}}));
    QCOMPARE(session.ask("budget").substr(0, 9), std::string("62914560/"));
    QCOMPARE(session.ask(allocate(0, 40)), std::string("ok"));
    QCOMPARE(session.ask(allocate(0, 40)), std::string(kOutOfMemory));
    QCOMPARE(session.ask("free"), std::string("ok"));
    QCOMPARE(session.complaints(), QString());
    // Proof that it listens: a type that does not exist.
    session.ask(allocate(9, 1));
    QVERIFY(session.complaints().contains("VUID-vkAllocateMemory-pAllocateInfo-01714"));
  }
};

QTEST_GUILESS_MAIN(TestDevice)
#include "test_device.moc"
