// SPDX-License-Identifier: Apache-2.0
// What is read from the code of real shaders, compiled in several ways, and from broken ones.
#include "governor/spirv/shader_facts.h"
#include "service/governor/glsl.h"

#include <QtTest>

#include <random>

using namespace lull;
using namespace lull::governor;

namespace {

struct Way {
  const char* name;
  QStringList options;
};
const Way kWays[] = {
    {"-O0 1.0", {"-O0", "--target-env=vulkan1.0"}},
    {"-O0 1.1 -g", {"-O0", "-g", "--target-env=vulkan1.1"}},
    {"-O 1.1", {"-O", "--target-env=vulkan1.1"}},
    {"-O 1.3", {"-O", "--target-env=vulkan1.3"}},
};

constexpr const char* kHead = R"(
#version 450
#extension GL_EXT_buffer_reference : enable
#extension GL_KHR_memory_scope_semantics : enable
layout(local_size_x = 64) in;
layout(binding = 0) buffer Out { uint result[]; };
layout(binding = 1) readonly buffer In { uint source[]; };
layout(binding = 2) buffer Counters { uint counter; uint flags[]; };
layout(binding = 3) coherent buffer Coherent { uint fresh[]; };
layout(binding = 4) volatile buffer Volatile { uint raw[]; };
layout(binding = 5) buffer Member { uint stale; coherent uint published[]; };
layout(binding = 6, r32ui) uniform uimage2D picture;
layout(binding = 7, r32ui) coherent uniform uimage2D window;
layout(push_constant) uniform Arguments { uint turns; uint which; };
shared uint local[64];
shared uint seen;
)";

struct Case {
  const char* name;
  const char* body;
  Axes divisible;
  bool mayWait;
};
constexpr Axes kAll{true, true, true};
constexpr Axes kNone{false, false, false};

// clang-format off
const Case kCases[] = {
  // What is read of NumWorkgroups
  {"nothing", "void main() { result[gl_GlobalInvocationID.x] = gl_WorkGroupID.y; }", kAll, false},
  {"x", "void main() { result[0] = gl_NumWorkGroups.x; }", {false, true, true}, false},
  {"y", "void main() { result[0] = gl_NumWorkGroups.y; }", {true, false, true}, false},
  {"x and z", "void main() { result[gl_NumWorkGroups.x] = gl_NumWorkGroups.z; }", {false, true, false}, false},
  {"swizzled", "void main() { uvec2 n = gl_NumWorkGroups.zy; result[0] = n.x; result[1] = n.y; }", {true, false, false}, false},
  {"all at once", "void main() { uvec3 n = gl_NumWorkGroups * 2u; result[0] = n.x; }", kNone, false},
  {"by a number that varies", "void main() { result[0] = gl_NumWorkGroups[which]; }", kNone, false},
  {"in a function", R"(uint width() { return gl_NumWorkGroups.y; }
    void main() { result[0] = width(); })", {true, false, true}, false},
  {"in a function that is not called", R"(uint width() { return gl_NumWorkGroups.y; }
    void main() { result[0] = 1u; })", kAll, false},
  {"handed to a function", R"(uint width(uvec3 n, uint at) { return n[at]; }
    void main() { result[0] = width(gl_NumWorkGroups, which); })", kNone, false},
  {"grid stride", R"(void main() {
    for (uint i = gl_GlobalInvocationID.x; i < turns; i += gl_NumWorkGroups.x * 64u) result[i] = source[i]; })",
    {false, true, true}, false},

  // Loops that wait for nobody
  {"loops", R"(void main() { uint sum = 0u;
    for (uint i = 0u; i < turns; ++i) for (uint j = 0u; j < source[i]; ++j) { if (source[j] == 7u) break; sum += source[i ^ j]; }
    result[0] = sum; })", kAll, false},
  {"a reduction", R"(void main() { const uint me = gl_LocalInvocationIndex; local[me] = source[me];
    for (uint step = 32u; step > 0u; step >>= 1) { barrier(); if (me < step) local[me] += local[me + step]; }
    if (me == 0u) result[gl_WorkGroupID.x] = local[0]; })", kAll, false},
  {"a histogram", R"(void main() { for (uint i = 0u; i < turns; ++i) atomicAdd(flags[source[i]], 1u); })", kAll, false},
  {"a histogram by a function", R"(void count(uint at) { atomicAdd(flags[at], 1u); }
    void main() { for (uint i = 0u; i < turns; ++i) if (source[i] != 0u) count(source[i]); })", kAll, false},
  {"appending", "void main() { uint at = atomicAdd(counter, 1u); result[at] = 5u; }", kAll, false},
  {"appending in a loop", R"(void main() { for (uint i = 0u; i < turns; ++i) {
    uint at = atomicAdd(counter, 1u); result[at] = source[i]; } })", kAll, false},
  {"a count read before the loop", R"(void main() { uint n = atomicAdd(counter, 0u);
    for (uint i = 0u; i < n; ++i) result[i] = source[i]; })", kAll, false},
  {"atomics on workgroup memory", R"(void main() { if (gl_LocalInvocationIndex == 0u) seen = 0u; barrier();
    for (uint i = 0u; i < turns; ++i) if (atomicAdd(seen, 1u) > 100u) break;
    barrier(); result[gl_WorkGroupID.x] = seen; })", kAll, false},
  {"coherent without a loop", "void main() { if (fresh[0] == 0u) result[0] = 1u; }", kAll, false},
  {"the last one sums up", R"(void main() { const uint ticket = atomicAdd(counter, 1u);
    if (ticket == turns) { uint sum = 0u; for (uint i = 0u; i < turns; ++i) sum += fresh[i]; result[0] = sum; } })", kAll, false},
  {"pixels", R"(void main() { uint sum = 0u; for (uint i = 0u; i < turns; ++i) {
      uint pixel = imageLoad(picture, ivec2(i, 0)).r; if (pixel == 3u) break; sum += pixel; } result[0] = sum; })", kAll, false},

  // Loops that may wait for other groups
  {"a spin on an atomic", "void main() { while (atomicAdd(flags[gl_WorkGroupID.x], 0u) == 0u) {} result[0] = 1u; }", kAll, true},
  {"a lock", R"(void main() { while (atomicCompSwap(counter, 0u, 1u) != 0u) {} result[0] += 1u; atomicExchange(counter, 0u); })", kAll, true},
  {"a lock with a word of its own", R"(void main() { bool done = false; while (!done) {
    if (atomicCompSwap(counter, 0u, 1u) == 0u) { result[0] += 1u; atomicExchange(counter, 0u); done = true; } } })", kAll, true},
  {"a spin on coherent memory", "void main() { uint now; do { now = fresh[gl_WorkGroupID.x]; } while (now == 0u); result[0] = now; }", kAll, true},
  {"a spin on volatile memory", "void main() { uint now; do { now = raw[gl_WorkGroupID.x]; } while (now == 0u); result[0] = now; }", kAll, true},
  {"a spin on a coherent member", "void main() { uint now; do { now = published[gl_WorkGroupID.x]; } while (now == 0u); result[0] = now; }", kAll, true},
  {"a spin in a function", R"(uint look(uint at) { return atomicOr(flags[at], 0u); }
    void main() { uint value = 0u; do { value = look(gl_WorkGroupID.x); } while (value == 0u); result[0] = value; })", kAll, true},
  {"a spin called in a function", R"(void await(uint at) { while (atomicOr(flags[at], 0u) == 0u) {} }
    void main() { await(gl_WorkGroupID.x); result[0] = 1u; })", kAll, true},
  {"a spin by way of workgroup memory", R"(void main() { do {
      if (gl_LocalInvocationIndex == 0u) seen = atomicAdd(counter, 0u); barrier();
    } while (seen == 0u); result[0] = 1u; })", kAll, true},
  {"a spin with an arithmetic condition", R"(void main() { uint left = 1u; uint n = 0u; while (left != 0u) {
    const uint now = atomicAdd(counter, 0u); left = max(now, 4u) - 4u + n; n = n >> 1; } result[0] = left; })", kAll, true},
  {"a spin on an image", "void main() { while (imageAtomicAdd(picture, ivec2(0), 0u) == 0u) {} result[0] = 1u; }", kAll, true},
  {"a spin on a coherent image", "void main() { uint now; do { now = imageLoad(window, ivec2(0)).r; } while (now == 0u); result[0] = now; }", kAll, true},
  {"look-back", R"(void main() { uint sum = 0u; uint at = gl_WorkGroupID.x; bool more = at > 0u;
    while (more) { const uint state = atomicOr(flags[at - 1u], 0u);
      if ((state & 0x80000000u) != 0u) { sum += state & 0x7fffffffu; more = false; }
      else if ((state & 0x40000000u) != 0u) { sum += state & 0x3fffffffu; at -= 1u; more = at > 0u; } }
    result[gl_WorkGroupID.x] = sum; })", kAll, true},
};

// With pointers that are plain numbers, which older targets lack.
const Case kPointerCases[] = {
  {"pointers", R"(layout(buffer_reference) buffer List; layout(buffer_reference, std430) buffer List { uint value; List next; };
    layout(push_constant) uniform Where { layout(offset = 16) List first; };
    void main() { List at = first; uint sum = 0u; for (uint i = 0u; i < turns; ++i) { sum += at.value; at = at.next; } result[0] = sum; })", kAll, false},
  {"a spin on a coherent pointer", R"(layout(buffer_reference, std430) coherent buffer Flag { uint value; };
    layout(push_constant) uniform Where { layout(offset = 16) Flag flag; };
    void main() { uint now; do { now = flag.value; } while (now == 0u); result[0] = now; })", kAll, true},
  {"a spin on an atomic pointer", R"(layout(buffer_reference, std430) buffer Flag { uint value; };
    layout(push_constant) uniform Where { layout(offset = 16) Flag flag; };
    void main() { while (atomicAdd(flag.value, 0u) == 0u) {} result[0] = 1u; })", kAll, true},
};
// clang-format on

QString shown(const ShaderFacts& facts) {
  return QStringLiteral("divisible %1%2%3, %4")
      .arg(facts.divisible[0])
      .arg(facts.divisible[1])
      .arg(facts.divisible[2])
      .arg(facts.mayWait ? "may wait" : "waits for nobody");
}

QByteArray textOf(const Case& one) {
  QByteArray text = QByteArray(kHead);
  const QByteArray body(one.body);
  // The pointers' cases declare push constants of their own.
  if (body.contains("push_constant")) {
    text.replace("layout(push_constant) uniform Arguments { uint turns; uint which; };\n", "");
    return text + QByteArray(body).replace("uniform Where {", "uniform Where { layout(offset = 0) uint turns;");
  }
  return text + body;
}

std::vector<std::uint32_t> sample() {
  return tests::compileCompute(textOf(kCases[std::size(kCases) - 1]), {"-O0", "--target-env=vulkan1.1"});
}

}  // namespace

class TestShaderFacts : public QObject {
  Q_OBJECT
private slots:
  void realShaders_data() {
    QTest::addColumn<QByteArray>("text");
    QTest::addColumn<QStringList>("options");
    QTest::addColumn<QString>("expected");
    for (const Way& way : kWays) {
      for (const Case& one : kCases) {
        QTest::addRow("%s, %s", one.name, way.name)
            << textOf(one) << way.options << shown({one.divisible, one.mayWait});
      }
    }
    for (const Way& way : {Way{"-O0 1.2", {"-O0", "--target-env=vulkan1.2"}}, kWays[3]}) {
      for (const Case& one : kPointerCases) {
        QTest::addRow("%s, %s", one.name, way.name)
            << textOf(one) << way.options << shown({one.divisible, one.mayWait});
      }
    }
    QTest::addRow("a loop over what the own work group wrote, memory model")
        << QByteArray(R"(#version 450
          #pragma use_vulkan_memory_model
          #extension GL_KHR_memory_scope_semantics : enable
          layout(local_size_x = 64) in;
          layout(binding = 0) workgroupcoherent buffer Heap { uint keys[]; };
          void main() { for (uint i = gl_LocalInvocationIndex; i < 1000u; i += 64u) {
            if (keys[i] > keys[i + 1]) keys[i] = keys[i + 1];
            controlBarrier(gl_ScopeWorkgroup, gl_ScopeWorkgroup, gl_StorageSemanticsBuffer, gl_SemanticsAcquireRelease); } })")
        << QStringList{"-O", "--target-env=vulkan1.2"} << shown({kAll, false});
    // The same with the Vulkan memory model, where what is fresh is said at each load.
    for (const Case& one : kCases) {
      if (QByteArray(one.body).contains("raw[")) continue;  // volatile is said otherwise there
      QTest::addRow("%s, memory model", one.name)
          << QByteArray(textOf(one)).replace("#version 450", "#version 450\n#pragma use_vulkan_memory_model")
          << QStringList{"-O", "--target-env=vulkan1.2"} << shown({one.divisible, one.mayWait});
    }
  }
  void realShaders() {
    QFETCH(QByteArray, text);
    QFETCH(QStringList, options);
    const std::vector<std::uint32_t> words = tests::compileCompute(text, options);
    QVERIFY(!words.empty());
    QTEST(shown(shaderFacts(words, "main")), "expected");
  }

  void ofTheEntryPointThatIsAskedFor() {
    const std::vector<std::uint32_t> words = sample();
    const QString worst = shown({});
    QCOMPARE(shown(shaderFacts(words, "mains")), worst);
    QCOMPARE(shown(shaderFacts(words, "")), worst);
    QCOMPARE(shown(shaderFacts({}, "main")), worst);
    QCOMPARE(shown(shaderFacts(std::span(words).first(4), "main")), worst);
    std::vector<std::uint32_t> swapped = words;
    for (std::uint32_t& word : swapped) word = __builtin_bswap32(word);
    QCOMPARE(shown(shaderFacts(swapped, "main")), worst);
  }

  // Any prefix, and any damage: an answer, and no access beyond the words.
  void brokenModules() {
    const std::vector<std::uint32_t> whole = sample();
    for (std::size_t length = 0; length < whole.size(); ++length) {
      const std::vector<std::uint32_t> cut(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(length));
      static_cast<void>(shaderFacts(cut, "main"));
    }
    std::mt19937 random(20261122);
    const auto upTo = [&random](std::size_t most) {
      return std::uniform_int_distribution<std::size_t>(0, most)(random);
    };
    std::size_t undivided = 0;
    constexpr int kRounds = 120'000;
    for (int round = 0; round < kRounds; ++round) {
      std::vector<std::uint32_t> words = whole;
      for (std::size_t i = 0; i <= upTo(5); ++i) {
        std::uint32_t& word = words[upTo(words.size() - 1)];
        switch (upTo(4)) {
          case 0:
            word ^= 1U << upTo(31);
            break;
          case 1:
            word = static_cast<std::uint32_t>(random());
            break;
          case 2:
            word = static_cast<std::uint32_t>(upTo(300));
            break;
          case 3:
            word = words[upTo(words.size() - 1)];
            break;
          default:
            words.erase(words.begin() + static_cast<std::ptrdiff_t>(upTo(words.size() - 1)));
            break;
        }
      }
      if (!shaderFacts(words, "main").divisible[0]) ++undivided;
    }
    QVERIFY(undivided > kRounds / 10);
  }
};

QTEST_GUILESS_MAIN(TestShaderFacts)
#include "test_shader_facts.moc"
