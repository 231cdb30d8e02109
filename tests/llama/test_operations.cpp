// SPDX-License-Identifier: Apache-2.0
// ggml's own test of its Vulkan shaders against the processor, under the governor: many small shaders of many shapes,
// among them those that read how many work groups there are.
#include "llama/modes.h"
#include "llama/need.h"
#include "llama/program.h"

#include <QtTest>

#include <algorithm>
#include <sstream>

using namespace lull;
using namespace lull::llama;

namespace {

constexpr std::chrono::minutes kPatience{8};
// Those that need seconds, not minutes, on a processor.
constexpr const char* kOperations =
    "CUMSUM,SUM_ROWS,MEAN,ARGMAX,NORM,GROUP_NORM,L2_NORM,POOL_2D,CROSS_ENTROPY_LOSS,OUT_PROD,ADD_ID";

struct Verdicts {
  bool ended = false;
  std::vector<std::string> lines;  // "OPERATION(parameters): OK"
  std::string errors;
};

Verdicts run(fakes::ServicePage* page, const std::vector<std::string>& environment) {
  Program program({.program = "test-backend-ops",
                   .arguments = {"test", "-b", "Vulkan0", "-o", kOperations},
                   .page = page,
                   .environment = environment});
  const bool ended = program.waitExit(kPatience) == 0;
  Verdicts out{.ended = ended, .errors = program.errors()};
  std::istringstream text(program.output());
  for (std::string line; std::getline(text, line);) {
    if (line.starts_with("  ") && line.find("): ") != std::string::npos) out.lines.push_back(line);
  }
  return out;
}

}  // namespace

class TestOperations : public QObject {
  Q_OBJECT
private slots:
  void initTestCase() {
    LULL_NEED_LLAMA();
    const Verdicts bare = run(nullptr, {});
    QVERIFY2(bare.ended, bare.errors.c_str());
    m_expected = bare.lines;
    const auto passed =
        std::ranges::count_if(m_expected, [](const auto& line) { return line.find("OK") != line.npos; });
    QVERIFY2(passed > 200, std::to_string(passed).c_str());
  }

  void governedVerdictsAreTheSame_data() {
    QTest::addColumn<QString>("mode");
    for (const auto& mode : modes()) {
      if (mode.dutyPercent == 100) QTest::newRow(mode.name.c_str()) << QString::fromStdString(mode.name);
    }
  }
  void governedVerdictsAreTheSame() {
    QFETCH(QString, mode);
    const Mode& how = modeNamed(mode.toStdString());
    fakes::ServicePage page;
    Owner owner(page, how);
    const Verdicts governed = run(&page, how.environment);
    owner.programEnded();
    QVERIFY2(governed.ended, governed.errors.c_str());
    QCOMPARE(governed.lines.size(), m_expected.size());
    for (std::size_t i = 0; i < m_expected.size(); ++i) QCOMPARE(governed.lines[i], m_expected[i]);
    QVERIFY(page.page().submits.load() > 0);
    QCOMPARE(page.page().passedUngoverned.load(), std::uint64_t{0});
    if (how.cuts) QVERIFY(page.page().chunks.load() > 0);
    if (how.splits) QVERIFY(page.page().pieces.load() > 1000);
    QCOMPARE(owner.unanswered(), std::uint64_t{0});
  }

private:
  std::vector<std::string> m_expected;
};

QTEST_GUILESS_MAIN(TestOperations)
#include "test_operations.moc"
