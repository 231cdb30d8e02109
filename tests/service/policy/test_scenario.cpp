// SPDX-License-Identifier: Apache-2.0
// An evening in the living room, replayed: each line is what is observed at a minute and second, and what Lull does.
// The verdict travels from line to line as it does in the service, which also decides whenever lookAgain is due.
#include "service/policy/cases.h"

#include <QTest>

#include <functional>

using namespace lull;
using namespace lull::test;

namespace {

struct Line {
  const char* what;
  Seconds when;
  std::function<void(model::Facts&)> happens;
  const char* limit;
  const char* rules;
};

void touch(model::Facts& f) { f.presence.lastActivity = f.now.instant; }
auto gpuAt(double celsius) {
  return [celsius](model::Facts& f) { f.temperatures.value = {temperature("GPU", celsius, true)}; };
}
void nothing(model::Facts&) {}

constexpr Seconds clockTime(int minutes, int seconds) { return Seconds(60 * minutes + seconds); }

// What the senses do under Attention::Close.
void measure(model::Facts& f) {
  f.temperatures.at = f.now.instant;
  f.power.at = f.now.instant;
  f.memory.at = f.now.instant;
}

}  // namespace

class TestScenario : public QObject {
  Q_OBJECT

  // Decides at every lookAgain before `end`, as the service's timer does; counts, so that a busy loop is seen.
  static int letTimePass(model::Facts& facts, const v1::Settings& settings, model::Verdicts& verdicts, Instant end) {
    int looks = 0;
    while (verdicts.lookAgain && *verdicts.lookAgain < end && looks < 1000) {
      facts.now = at(*verdicts.lookAgain - kStart);
      verdicts = policy::decide(facts, settings, verdicts);
      if (policy::attentionWanted(verdicts, {.taskWaits = true}) == model::Attention::Close) measure(facts);
      verdicts = policy::decide(facts, settings, verdicts);
      ++looks;
    }
    return looks;
  }

private slots:
  void anEveningInTheLivingRoom() {
    const Line evening[] = {
        {"the box was started, nobody watched yet", clockTime(0, 0), nothing, "park", "owner_present"},
        {"ten seconds later memory is given back too", clockTime(0, 10), nothing, "evict", "owner_present"},
        {"two minutes without a touch", clockTime(2, 0), nothing, "run", ""},
        {"it works", clockTime(10, 0), gpuAt(66), "run", ""},
        {"it gets warm", clockTime(11, 0), gpuAt(79), "run", ""},
        {"too warm", clockTime(12, 0), gpuAt(81), "park", "too_hot"},
        {"cooling, not yet cool", clockTime(12, 30), gpuAt(74), "park", "too_hot"},
        {"somebody takes the remote", clockTime(12, 40), touch, "park", "owner_present too_hot"},
        {"and browses", clockTime(12, 50), touch, "evict", "owner_present too_hot"},
        {"cool meanwhile", clockTime(13, 0), gpuAt(60), "evict", "owner_present"},
        {"a long film, nothing touched since", clockTime(14, 49), nothing, "evict", "owner_present"},
        {"two minutes after the last touch", clockTime(14, 50), nothing, "run", ""},
        {"a browser takes all memory", clockTime(15, 0), [](auto& f) { f.memory.value = memory(300); }, "evict",
         "memory_pressure"},
        {"a little is free again", clockTime(15, 10), [](auto& f) { f.memory.value = memory(1100); }, "evict",
         "memory_pressure"},
        {"enough is free again", clockTime(15, 20), [](auto& f) { f.memory.value = memory(4000); }, "run", ""},
        {"a pause for five minutes is asked for", clockTime(16, 0),
         [](auto& f) { f.wishes.pausedUntil = f.now.unixMs + 300'000; }, "park", "paused"},
        {"it lasts", clockTime(20, 59), nothing, "evict", "paused"},
        {"it ends by itself", clockTime(21, 0), nothing, "run", ""},
        {"the laptop is unplugged", clockTime(22, 0), [](auto& f) { f.power.value = battery(88); }, "park",
         "on_battery"},
        {"the keyboard's reader dies", clockTime(22, 10),
         [](auto& f) { f.presence.source = model::Presence::Source::Unknown; }, "park", "owner_present on_battery"},
        {"and is back", clockTime(22, 20),
         [](auto& f) {
           f.presence.source = model::Presence::Source::Watching;
           f.presence.since = f.now.instant;
           f.power.value = mains();
         },
         "evict", "owner_present"},
        {"the night", clockTime(24, 20), nothing, "run", ""},
    };
    const auto settings = sharing();
    auto facts = quietMachine();
    facts.presence.since = kStart;
    facts.presence.lastActivity.reset();
    model::Verdicts verdicts;
    for (const auto& line : evening) {
      const int looks = letTimePass(facts, settings, verdicts, kStart + line.when);
      QVERIFY2(looks < 100, line.what);
      facts.now = at(line.when);
      line.happens(facts);
      measure(facts);
      verdicts = policy::decide(facts, settings, verdicts);
      QVERIFY2(
          limitOf(verdicts.device) == line.limit && rulesOf(verdicts.device).join(' ') == line.rules,
          qPrintable(
              QString("%1: %2 (%3)").arg(line.what, limitOf(verdicts.device), rulesOf(verdicts.device).join(' '))));
    }
  }
};

QTEST_GUILESS_MAIN(TestScenario)
#include "test_scenario.moc"
