// SPDX-License-Identifier: Apache-2.0
// Roots that are images: as they come out of packages, hostile ones, and what of this computer's driver they are given.
#include "runtimes/sandbox/bubblewrap.h"
#include "runtimes/sandbox/host_driver.h"
#include "service/runtimes/sandbox/inmate.h"

#include <QTemporaryDir>
#include <QtTest>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <set>

using namespace lull;
using test::Inmate;
namespace fs = std::filesystem;

namespace {

#if defined(__aarch64__)
constexpr const char* kLibraries = "usr/lib/aarch64-linux-gnu";
#else
constexpr const char* kLibraries = "usr/lib/x86_64-linux-gnu";
#endif

void put(const fs::path& file, const std::string& text = "x") {
  fs::create_directories(file.parent_path());
  std::ofstream(file) << text;
}

void link(const fs::path& target, const fs::path& at) {
  fs::create_directories(at.parent_path());
  fs::create_symlink(target, at);
}

std::string textOf(const fs::path& file) {
  std::ifstream in(file);
  return {std::istreambuf_iterator<char>(in), {}};
}

// What a shell needs, at its place below usr, and nothing that configuring a package would add.
void unpackShell(const fs::path& image) {
  std::set<fs::path> files{fs::canonical("/bin/sh")};
  std::istringstream maps(textOf("/proc/self/maps"));
  for (std::string line; std::getline(maps, line);) {
    const auto at = line.find('/');
    if (at == std::string::npos) continue;
    const fs::path file = line.substr(at);
    const auto name = file.filename().native();
    if (name.starts_with("libc.so") || name.starts_with("ld-linux")) files.insert(file);
  }
  for (const auto& file : files) {
    fs::create_directories((image / file.relative_path()).parent_path());
    fs::copy_file(file, image / file.relative_path());
  }
  fs::create_symlink(fs::canonical("/bin/sh").filename(), image / "usr/bin/sh");
  if (!fs::exists("/lib64")) return;
  for (const auto& entry : fs::directory_iterator("/lib64")) {
    if (entry.path().filename().native().starts_with("ld-linux")) {
      link(fs::path("..") / fs::canonical(entry.path()).lexically_relative("/usr"),
           image / "usr/lib64" / entry.path().filename());
    }
  }
}

class Tree {
public:
  [[nodiscard]] fs::path root() const { return m_dir.path().toStdString(); }
  [[nodiscard]] sandbox::HostDriver driver(const char* node = "/dev/nvidia0") const {
    return sandbox::hostDriver({"/dev/dri/renderD128", node}, root() / "image", root());
  }
  [[nodiscard]] static std::vector<std::string> namesIn(const sandbox::HostDriver& driver) {
    std::vector<std::string> out;
    for (const auto& bind : driver.files.binds) out.push_back(bind.to.native());
    std::ranges::sort(out);
    return out;
  }
  void manifest(const std::string& library, const char* file = "usr/share/vulkan/icd.d/nvidia_icd.json") const {
    put(root() / file,
        R"({"file_format_version":"1.0.1","ICD":{"library_path":")" + library + R"(","api_version":"1.3.242"}})");
  }

private:
  QTemporaryDir m_dir;
};

}  // namespace

class TestImages : public QObject {
  Q_OBJECT

private slots:
  void anImageNeedsNoConfiguring() {
    const Tree tree;
    unpackShell(tree.root());
    auto spec = Inmate::shell("echo hello from inside; for i in /*; do echo $i; done");
    spec.image = tree.root();
    Inmate inmate;
    const auto ending = inmate.run(spec);
    QVERIFY2(ending.exit.clean(), (ending.why + ending.lastWords).c_str());
    QVERIFY(inmate.output().starts_with("hello from inside\n/bin\n"));
  }

  void linksInAnImageNeverLeadOutOfIt_data() {
    QTest::addColumn<QString>("at");
    QTest::addColumn<bool>("starts");
    QTest::newRow("usr") << "usr" << false;
    for (const char* name : {"etc", "etc/ld.so.cache", "etc/alternatives", "etc/vulkan", "etc/vulkan/icd.d", "lib"}) {
      QTest::newRow(name) << name << true;
    }
  }
  void linksInAnImageNeverLeadOutOfIt() {
    QFETCH(QString, at);
    QFETCH(bool, starts);
    const Tree owners;
    put(owners.root() / "icd.d/diary", "dear diary");
    put(owners.root() / "diary", "dear diary");
    for (const char* name : {"ld.so.cache", "vulkan/icd.d/diary", "alternatives/diary"}) put(owners.root() / name);
    const Tree tree;
    if (starts) unpackShell(tree.root());
    const auto place = tree.root() / at.toStdString();
    link(place.has_extension() && at.endsWith("cache") ? owners.root() / "diary" : owners.root(), place);
    const auto root = sandbox::systemRoot(tree.root());
    for (const auto& bind : root.binds) {
      const auto real = fs::canonical(bind.from).native();
      QVERIFY2(real.starts_with(tree.root().native()), real.c_str());
    }
    auto spec = Inmate::shell(
        "cat() { while read -r line; do echo \"$line\"; done < $1; }; for i in /etc/ld.so.cache "
        "/etc/alternatives/diary /etc/vulkan/icd.d/diary /etc/vulkan/diary /etc/diary /lib/diary "
        "/usr/diary; do cat $i; done 2>/dev/null; echo done");
    spec.image = tree.root();
    Inmate inmate;
    const auto ending = inmate.run(spec);
    QVERIFY2(inmate.output().find("dear") == std::string::npos, inmate.output().c_str());
    if (starts && at != "lib") QVERIFY2(inmate.output().ends_with("done\n"), ending.why.c_str());
    if (!starts) QVERIFY(!ending.started);
  }

  void theDriverIsTakenWithItsVersion() {
    const Tree tree;
    const auto libraries = tree.root() / kLibraries;
    for (const char* name : {"libGLX_nvidia.so.535.183.01", "libnvidia-glcore.so.535.183.01", "libnvidia-old.so.470.1",
                             "libnvidia-egl-wayland.so.1.1.11", "libcuda.so.535.183.01", "libc.so.6"}) {
      put(libraries / name);
    }
    link("libGLX_nvidia.so.535.183.01", libraries / "libGLX_nvidia.so.0");
    link("../../../etc/shadow", libraries / "libnvidia-evil.so.535.183.01");
    put(tree.root() / "etc/shadow");
    put(tree.root() / "etc/nvidia/nvidia-application-profiles", "{}");
    tree.manifest("libGLX_nvidia.so.0");
    const auto driver = tree.driver();
    QCOMPARE(Tree::namesIn(driver),
             (std::vector<std::string>{"/lull/driver/libGLX_nvidia.so.0", "/lull/driver/libGLX_nvidia.so.535.183.01",
                                       "/lull/driver/libnvidia-glcore.so.535.183.01"}));
    for (const auto& bind : driver.files.binds) QVERIFY(bind.access == sandbox::Access::ReadOnly);
    QVERIFY(driver.manifest.find("\"/lull/driver/libGLX_nvidia.so.535.183.01\"") != std::string::npos);
    QVERIFY(driver.manifest.find("1.3.242") != std::string::npos);
  }

  // It is linked against X11's libraries, which an image without windows may lack.
  void whatTheDriverNeedsIsTakenWhereTheImageLacksIt() {
    const Tree tree;
    const auto libraries = tree.root() / kLibraries;
    for (const char* name : {"libGLX_nvidia.so.535.1", "libX11.so.6.4.0", "libXext.so.6.4.0"}) put(libraries / name);
    link("libGLX_nvidia.so.535.1", libraries / "libGLX_nvidia.so.0");
    link("libX11.so.6.4.0", libraries / "libX11.so.6");
    link("libXext.so.6.4.0", libraries / "libXext.so.6");
    put(tree.root() / "image" / kLibraries / "libX11.so.6");
    tree.manifest("libGLX_nvidia.so.0");
    QCOMPARE(Tree::namesIn(tree.driver()),
             (std::vector<std::string>{"/lull/driver/libGLX_nvidia.so.0", "/lull/driver/libGLX_nvidia.so.535.1",
                                       "/lull/driver/libXext.so.6"}));
  }

  // Debian keeps several drivers, and links to the one chosen.
  void theDriverIsFoundBehindLinks() {
    const Tree tree;
    const auto libraries = tree.root() / kLibraries;
    put(libraries / "nvidia/current/libGLX_nvidia.so.535.183.01");
    put(libraries / "nvidia/tesla-470/libGLX_nvidia.so.470.256.02");
    put(libraries / "libnvidia-glcore.so.535.183.01");
    link("../../../etc/alternatives/glx--libGLX_nvidia.so.0", libraries / "libGLX_nvidia.so.0");
    link("../../" + std::string(kLibraries) + "/nvidia/current/libGLX_nvidia.so.535.183.01",
         tree.root() / "etc/alternatives/glx--libGLX_nvidia.so.0");
    tree.manifest("libGLX_nvidia.so.0", "etc/vulkan/icd.d/nvidia_icd.x86_64.json");
    QCOMPARE(Tree::namesIn(tree.driver()),
             (std::vector<std::string>{"/lull/driver/libGLX_nvidia.so.0", "/lull/driver/libGLX_nvidia.so.535.183.01",
                                       "/lull/driver/libnvidia-glcore.so.535.183.01"}));
  }

  void theDriverIsFoundByItsFullName() {
    const Tree tree;
    put(tree.root() / "opt/driver/libEGL_nvidia.so.570.10");
    tree.manifest("/opt/driver/libEGL_nvidia.so.570.10");
    QCOMPARE(Tree::namesIn(tree.driver()), (std::vector<std::string>{"/lull/driver/libEGL_nvidia.so.570.10"}));
  }

  void othersAreNotGivenAny_data() {
    QTest::addColumn<QString>("node");
    QTest::addColumn<QString>("library");
    QTest::newRow("another GPU") << "/dev/dri/card0"
                                 << "libGLX_nvidia.so.0";
    QTest::newRow("another driver") << "/dev/nvidia0"
                                    << "/usr/lib/x86_64-linux-gnu/libvulkan_radeon.so";
    QTest::newRow("somebody's library") << "/dev/nvidia0"
                                        << "libsecret.so.1";
    QTest::newRow("nothing there") << "/dev/nvidia0"
                                   << "libGLX_nvidia.so.7";
    QTest::newRow("no version") << "/dev/nvidia0"
                                << "libnvidia-plain.so.1";
  }
  void othersAreNotGivenAny() {
    QFETCH(QString, node);
    QFETCH(QString, library);
    const Tree tree;
    const auto libraries = tree.root() / kLibraries;
    for (const char* name : {"libGLX_nvidia.so.0", "libvulkan_radeon.so", "libsecret.so.1", "libnvidia-plain.so.1",
                             "libGLX_nvidia.so.535.1"}) {
      put(libraries / name);
    }
    tree.manifest(library.toStdString());
    put(tree.root() / "etc/vulkan/icd.d/broken.json", "{");
    put(tree.root() / "etc/vulkan/icd.d/other.json", R"({"ICD": 3})");
    const auto driver = tree.driver(node.toStdString().c_str());
    QVERIFY(driver.manifest.empty());
    QVERIFY(driver.files.binds.empty());
  }

  void theLoaderIsToldWhereItIs() {
    const auto words = sandbox::withDriver({"A=b", "LD_LIBRARY_PATH=/opt/lib"});
    QCOMPARE(words, (std::vector<std::string>{"A=b", "LD_LIBRARY_PATH=/lull/driver:/opt/lib",
                                              "VK_ADD_DRIVER_FILES=/lull/driver/icd.json"}));
    const auto options = sandbox::bubblewrapOptions(
        {.ownPrograms = "/own", .program = "/bin/true"},
        {.binds = {{"/usr/lib/libGLX_nvidia.so.1.2", "/lull/driver/libGLX_nvidia.so.1.2"}}, .links = {}},
        {.filterByName = 70, .filterByArguments = 71, .info = 72, .driverManifest = 73});
    const std::vector<std::string> data{"--ro-bind-data", "73", "/lull/driver/icd.json"};
    const std::vector<std::string> file{"--ro-bind", "/usr/lib/libGLX_nvidia.so.1.2",
                                        "/lull/driver/libGLX_nvidia.so.1.2"};
    QVERIFY(std::ranges::search(options, data).begin() != options.end());
    QVERIFY(std::ranges::search(options, file).begin() != options.end());
  }
};

QTEST_GUILESS_MAIN(TestImages)
#include "test_images.moc"
