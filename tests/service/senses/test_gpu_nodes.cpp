// SPDX-License-Identifier: Apache-2.0
// Which device files belong to a GPU, from captured trees.
#include "senses/gpus/nodes.h"

#include <QTemporaryDir>
#include <QtTest>

#include <filesystem>
#include <fstream>

using lull::gpus::nodesOf;
namespace fs = std::filesystem;
using Nodes = std::vector<std::string>;

namespace {

void put(const fs::path& file, const std::string& text) {
  fs::create_directories(file.parent_path());
  std::ofstream(file) << text;
}

}  // namespace

class TestGpuNodes : public QObject {
  Q_OBJECT

  QTemporaryDir m_dir;
  [[nodiscard]] fs::path sys() const { return fs::path(m_dir.path().toStdString()) / "sys"; }
  [[nodiscard]] fs::path proc() const { return fs::path(m_dir.path().toStdString()) / "proc"; }

private slots:
  void initTestCase() {
    put(sys() / "bus/pci/devices/0000:03:00.0/drm/renderD129/uevent", "");
    put(sys() / "bus/pci/devices/0000:03:00.0/drm/card1/uevent", "");
    put(sys() / "bus/pci/devices/0000:01:00.0/drm/renderD128/uevent", "");
    put(sys() / "dev/char/226:130/uevent", "MAJOR=226\nMINOR=130\nDEVNAME=dri/renderD130\n");
    put(sys() / "dev/char/1:3/uevent", "MAJOR=1\nMINOR=3\nDEVNAME=null\n");
    put(proc() / "driver/nvidia/gpus/0000:01:00.0/information", "Model: \t NVIDIA\nDevice Minor: \t 2\nBus: PCIe\n");
  }
  void ofACardOnPci() {
    QCOMPARE(nodesOf({.pciAddress = "0000:03:00.0"}, sys(), proc()), Nodes{"/dev/dri/renderD129"});
  }
  void ofNvidiasDriver() {
    QCOMPARE(
        nodesOf({.pciAddress = "0000:01:00.0"}, sys(), proc()),
        (Nodes{"/dev/dri/renderD128", "/dev/nvidia-modeset", "/dev/nvidia-uvm", "/dev/nvidia2", "/dev/nvidiactl"}));
  }
  void ofOneBuiltIntoTheProcessor() {
    QCOMPARE(nodesOf({.renderNode = std::pair{226U, 130U}}, sys(), proc()), Nodes{"/dev/dri/renderD130"});
  }
  // A driver that tells nonsense gets nothing.
  void nothingThatIsNoRenderNode() {
    QCOMPARE(nodesOf({.renderNode = std::pair{1U, 3U}}, sys(), proc()), Nodes());
    QCOMPARE(nodesOf({.pciAddress = "0000:09:00.0"}, sys(), proc()), Nodes());
    QCOMPARE(nodesOf({}, sys(), proc()), Nodes());
  }
};

QTEST_GUILESS_MAIN(TestGpuNodes)
#include "test_gpu_nodes.moc"
