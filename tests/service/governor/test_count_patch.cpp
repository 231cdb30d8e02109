// SPDX-License-Identifier: Apache-2.0
// Shaders that read NumWorkgroups, rewritten: still valid, and in pieces they do what they did in one go.
#include "governor/spirv/count_patch.h"
#include "governor/spirv/shader_facts.h"
#include "service/governor/compute.h"
#include "service/governor/glsl.h"

#include <QtTest>

#include <spirv-tools/libspirv.hpp>

#include <random>

using namespace lull;
using namespace lull::governor;

namespace {

constexpr Groups kGroups{5, 3, 4};
constexpr std::size_t kNumbers = 4 * 5 * 3 * 4;  // 4 invocations in each group

constexpr const char* kHead = R"(
#version 450
layout(local_size_x = 4) in;
layout(binding = 0) buffer Out { uint result[]; };
uint at() { return gl_GlobalInvocationID.x + 20u * (gl_GlobalInvocationID.y + 3u * gl_GlobalInvocationID.z); }
)";

struct Case {
  const char* name;
  const char* body;
};
// clang-format off
const Case kCases[] = {
  {"a component", "void main() { result[at()] = gl_NumWorkGroups.y; }"},
  {"all components", "void main() { result[at()] = gl_NumWorkGroups.x + 10u * gl_NumWorkGroups.y + 100u * gl_NumWorkGroups.z; }"},
  {"the vector", "void main() { uvec3 n = gl_NumWorkGroups * uvec3(1u, 10u, 100u); result[at()] = n.x + n.y + n.z; }"},
  {"by a number that varies", "void main() { result[at()] = gl_NumWorkGroups[gl_GlobalInvocationID.x % 3u]; }"},
  {"grid stride", R"(void main() { uint sum = 0u;
    for (uint i = at(); i < 5000u; i += gl_NumWorkGroups.x * 4u) sum = sum * 31u + i; result[at()] = sum; })"},
  {"in functions", R"(uint area(uvec3 n) { return n.x * n.y; } uint depth() { return gl_NumWorkGroups.z; }
    void main() { result[at()] = area(gl_NumWorkGroups) + depth(); })"},
  {"beside push constants", R"(layout(push_constant) uniform Arguments { uint a; float b; uint c[2]; } arguments;
    void main() { result[at()] = gl_NumWorkGroups.x * arguments.a + arguments.c[1] + uint(arguments.b); })"},
  {"beside push constants of many kinds", R"(struct Pair { uint p; uint q; };
    layout(push_constant) uniform Arguments { uint a; uint b; uvec2 v; layout(offset = 16) mat2x3 m; Pair pairs[2]; } arguments;
    void main() { result[at()] = gl_NumWorkGroups.z * arguments.b + arguments.v.y + arguments.pairs[gl_GlobalInvocationID.x & 1u].q; })"},
  {"beside push constants that are not used", R"(layout(push_constant) uniform Arguments { uint a; } arguments;
    void main() { result[at()] = gl_NumWorkGroups.z; })"},
  {"at a flat place", R"(void main() { uvec3 g = gl_WorkGroupID;
    uint flat_ = g.x + gl_NumWorkGroups.x * (g.y + gl_NumWorkGroups.y * g.z); result[at()] = flat_ * 7u + gl_LocalInvocationIndex; })"},
};
// clang-format on

struct Way {
  const char* name;
  QStringList options;
  spv_target_env environment;
};
const Way kWays[] = {
    {"-O0 1.0", {"-O0", "--target-env=vulkan1.0"}, SPV_ENV_VULKAN_1_0},
    {"-O0 -g 1.1", {"-O0", "-g", "--target-env=vulkan1.1"}, SPV_ENV_VULKAN_1_1},
    {"-O 1.1", {"-O", "--target-env=vulkan1.1"}, SPV_ENV_VULKAN_1_1},
    {"-O 1.3", {"-O", "--target-env=vulkan1.3"}, SPV_ENV_VULKAN_1_3},
};

bool isValid(const std::vector<std::uint32_t>& words, spv_target_env environment, bool loud = true) {
  spvtools::SpirvTools tools(environment);
  tools.SetMessageConsumer([loud](spv_message_level_t, const char*, const spv_position_t&, const char* message) {
    if (loud) qWarning("%s", message);
  });
  return tools.Validate(words);
}

std::vector<Box> piecesOf(std::uint64_t most) {
  std::vector<Box> boxes;
  Split split({.count = kGroups}, {true, true, true}, most);
  while (const std::optional<Box> box = split.next()) boxes.push_back(*box);
  return boxes;
}

bool allDivisible(const std::vector<std::uint32_t>& words) {
  const ShaderFacts facts = shaderFacts(words, "main");
  return facts.divisible == Axes{true, true, true} && !facts.mayWait;
}

std::vector<std::uint32_t> compiled(const char* body, const QStringList& options = {"-O", "--target-env=vulkan1.1"}) {
  return tests::compileCompute(QByteArray(kHead) + body, options);
}

}  // namespace

class TestCountPatch : public QObject {
  Q_OBJECT
private slots:
  void initTestCase() {
    QVERIFY(m_compute.ready());
    m_offset = m_compute.mostPushed() - kCountBytes;
    m_pushed.resize(m_compute.mostPushed() / sizeof(std::uint32_t));
    for (std::size_t i = 0; i < m_pushed.size(); ++i) m_pushed[i] = static_cast<std::uint32_t>(i * 3 + 1);
    m_pushed[1] = 0x40a00000;  // also fit to be read as a float
  }

  void piecesDoWhatTheWholeDid_data() {
    QTest::addColumn<QByteArray>("body");
    QTest::addColumn<QStringList>("options");
    QTest::addColumn<int>("environment");
    for (const Way& way : kWays) {
      for (const Case& one : kCases) {
        QTest::addRow("%s, %s", one.name, way.name)
            << QByteArray(one.body) << way.options << static_cast<int>(way.environment);
      }
    }
  }
  void piecesDoWhatTheWholeDid() {
    QFETCH(QByteArray, body);
    QFETCH(QStringList, options);
    QFETCH(int, environment);
    const std::vector<std::uint32_t> original = compiled(body.constData(), options);
    QVERIFY(!original.empty());
    QVERIFY(!allDivisible(original));
    const auto patched = patchCounts(original, "main", m_offset);
    QVERIFY(patched.has_value());
    QVERIFY(isValid(*patched, static_cast<spv_target_env>(environment)));
    QVERIFY(allDivisible(*patched));

    const std::vector<Box> whole{{.count = kGroups}};
    const auto expected = m_compute.run({.words = original, .boxes = whole, .pushed = m_pushed, .numbers = kNumbers});
    QVERIFY(!expected.empty());
    QVERIFY(std::count(expected.begin(), expected.end(), 0U) < static_cast<std::ptrdiff_t>(expected.size()));
    std::vector<std::uint32_t> pushed = m_pushed;
    std::copy(kGroups.begin(), kGroups.end(), pushed.begin() + m_offset / sizeof(std::uint32_t));
    for (const std::uint64_t most : {60ULL, 7ULL, 1ULL}) {
      const std::vector<Box> boxes = piecesOf(most);
      const auto got = m_compute.run({.words = *patched, .boxes = boxes, .pushed = pushed, .numbers = kNumbers});
      QVERIFY(got == expected);
    }
    // Not patched, pieces are wrong: the test can tell.
    const std::vector<Box> boxes = piecesOf(1);
    const auto wrong = m_compute.run({.words = original, .boxes = boxes, .pushed = m_pushed, .numbers = kNumbers});
    QVERIFY(wrong != expected);
  }

  void whatCannotBePatchedIsNot() {
    const auto plain = compiled("void main() { result[at()] = 1u; }");
    QVERIFY(!patchCounts(plain, "main", m_offset));  // it reads no count
    const auto reading = compiled(kCases[0].body);
    QVERIFY(patchCounts(reading, "main", m_offset));
    QVERIFY(!patchCounts(reading, "other", m_offset));
    QVERIFY(!patchCounts(reading, "main", m_offset + 2));
    QVERIFY(!patchCounts({}, "main", m_offset));
    // Its own push constants: 16 bytes.
    const auto pushing = compiled(kCases[6].body);
    QVERIFY(patchCounts(pushing, "main", 16));
    QVERIFY(!patchCounts(pushing, "main", 12));
    const auto many = compiled(kCases[7].body);  // 64 bytes
    QVERIFY(patchCounts(many, "main", 64));
    QVERIFY(!patchCounts(many, "main", 60));
  }

  // Any damage: no access beyond the words, and what was valid before is valid after.
  void brokenModules() {
    std::mt19937 random(20261122);
    const auto upTo = [&random](std::size_t most) {
      return std::uniform_int_distribution<std::size_t>(0, most)(random);
    };
    int valid = 0;
    for (const Case& one : {kCases[5], kCases[7]}) {
      const auto whole = compiled(one.body, kWays[0].options);
      for (int round = 0; round < 20'000; ++round) {
        std::vector<std::uint32_t> words = whole;
        for (std::size_t i = 0; i <= upTo(2); ++i) {
          std::uint32_t& word = words[upTo(words.size() - 1)];
          word = upTo(1) == 0 ? word ^ (1U << upTo(31)) : static_cast<std::uint32_t>(upTo(120));
        }
        const auto patched = patchCounts(words, "main", m_offset);
        if (!patched || round % 8 != 0 || !isValid(words, SPV_ENV_VULKAN_1_0, false)) continue;
        QVERIFY(isValid(*patched, SPV_ENV_VULKAN_1_0));
        ++valid;
      }
    }
    QVERIFY2(valid > 100, qPrintable(QString::number(valid)));
  }

private:
  tests::Compute m_compute;
  std::uint32_t m_offset = 0;
  std::vector<std::uint32_t> m_pushed;
};

QTEST_GUILESS_MAIN(TestCountPatch)
#include "test_count_patch.moc"
