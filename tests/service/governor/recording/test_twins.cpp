// SPDX-License-Identifier: Apache-2.0
// Dispatches that only a twin can split, in this very process under the governor: every dispatch that may be split goes
// out work group by work group, and its results are what the counts of the whole make them.
#include "fakes/service_page.h"
#include "fakes/test_worker.h"
#include "governor/page.h"
#include "service/governor/compute.h"
#include "service/governor/glsl.h"

#include <QtTest>

#include <memory>

using namespace lull;
using namespace lull::governor;

namespace {

constexpr Groups kGroups{5, 3, 4};
constexpr std::uint64_t kPieces = 5 * 3 * 4;
constexpr std::size_t kNumbers = 4 * kPieces;

constexpr const char* kHead = R"(
#version 450
layout(local_size_x = 4) in;
layout(binding = 0) buffer Out { uint result[]; };
layout(push_constant) uniform Arguments { uint a; uint b; };
uint at() { return gl_GlobalInvocationID.x + 20u * (gl_GlobalInvocationID.y + 3u * gl_GlobalInvocationID.z); }
)";

struct Case {
  const char* name;
  const char* body;
  std::uint32_t expected;  // of every number
  bool split;
};
const Case kCases[] = {
    {"one component", "void main() { result[at()] = gl_NumWorkGroups.x * 100u + b; }", 507, true},
    {"all components",
     "void main() { uvec3 n = gl_NumWorkGroups; result[at()] = n.x + 10u * n.y + 100u * n.z + 1000u * a; }", 3435,
     true},
    {"none", "void main() { result[at()] = a + 1u; }", 4, true},
    {"one that may wait",
     R"(void main() { while (atomicOr(result[at()], 0u) == 0u) { atomicMax(result[at()], gl_NumWorkGroups.y); } })", 3,
     false},
};

}  // namespace

class TestTwins : public QObject {
  Q_OBJECT
private slots:
  void initTestCase() {
    for (const std::string& entry : fakes::vulkanEnvironment({kLayerName})) {
      const auto split = entry.find('=');
      qputenv(entry.substr(0, split).c_str(), QByteArray::fromStdString(entry.substr(split + 1)));
    }
    for (const auto& [name, value] : m_page.environment()) qputenv(name.c_str(), QByteArray::fromStdString(value));
    qputenv("LULL_GOVERNOR_SPLIT", "1");
    m_page.page().inFlightCap.store(0);
    m_page.open();
    m_compute = std::make_unique<tests::Compute>();
    QVERIFY(m_compute->ready());
    QCOMPARE(m_page.page().attached.load(), 1U);
  }

  void resultsAreThoseOfTheWhole_data() {
    QTest::addColumn<int>("index");
    for (int i = 0; i < static_cast<int>(std::size(kCases)); ++i) QTest::newRow(kCases[i].name) << i;
  }
  void resultsAreThoseOfTheWhole() {
    QFETCH(int, index);
    const Case& one = kCases[index];
    const auto words = tests::compileCompute(QByteArray(kHead) + one.body, {"-O", "--target-env=vulkan1.1"});
    QVERIFY(!words.empty());
    const std::vector<std::uint32_t> pushed{3, 7};
    const std::vector<Box> whole{{.count = kGroups}};
    const std::uint64_t before = m_page.page().pieces.load();
    const auto got = m_compute->run({.words = words, .boxes = whole, .pushed = pushed, .numbers = kNumbers});
    QCOMPARE(got.size(), kNumbers);
    for (const std::uint32_t number : got) QCOMPARE(number, one.expected);
    QCOMPARE(m_page.page().pieces.load() - before, one.split ? kPieces : 0);
  }

  // Layouts of which the program uses all room stay as they are, and the shader too.
  void withoutRoomItStaysWhole() {
    const auto words = tests::compileCompute(QByteArray(kHead) + kCases[1].body, {"-O", "--target-env=vulkan1.1"});
    std::vector<std::uint32_t> pushed(m_compute->mostPushed() / sizeof(std::uint32_t), 3);
    const std::vector<Box> whole{{.count = kGroups}};
    const std::uint64_t before = m_page.page().pieces.load();
    const auto got = m_compute->run({.words = words, .boxes = whole, .pushed = pushed, .numbers = kNumbers});
    QCOMPARE(got.size(), kNumbers);
    for (const std::uint32_t number : got) QCOMPARE(number, kCases[1].expected);
    QCOMPARE(m_page.page().pieces.load(), before);
  }

  // What comes after a split dispatch in the same buffer runs the program's own pipeline, with its push constants.
  void whatFollowsIsTheProgramsOwn() {
    const auto words = tests::compileCompute(QByteArray(kHead) + kCases[1].body, {"-O", "--target-env=vulkan1.1"});
    const std::vector<std::uint32_t> pushed{3, 7};
    const std::vector<Box> twice{{.count = {5, 3, 2}}, {.base = {0, 0, 2}, .count = {5, 3, 2}}};
    const auto got = m_compute->run({.words = words, .boxes = twice, .pushed = pushed, .numbers = kNumbers});
    QCOMPARE(got.size(), kNumbers);
    for (const std::uint32_t number : got) QCOMPARE(number, 3235U);
  }

private:
  fakes::ServicePage m_page;
  std::unique_ptr<tests::Compute> m_compute;
};

QTEST_GUILESS_MAIN(TestTwins)
#include "test_twins.moc"
