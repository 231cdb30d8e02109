// SPDX-License-Identifier: Apache-2.0
// Every (state, event) pair against a second, independent writing of the table.
#include "conductor/transitions.h"

#include <QTest>

#include <array>
#include <set>
#include <string_view>
#include <utility>

using namespace lull;
using conductor::Event;

namespace {

constexpr char kNoChange = '.';

// One letter per next state.
constexpr std::string_view kLetters = "NQSRPEDFC";  // by value of v1::TaskState

struct Row {
  v1::TaskState state;
  // Submitted Start OpenGate CloseGate Evict Kill Drop Started Told Drained Evicted Finished Interrupted
  // AttemptFailed FailedForGood Abandoned Restarted Orphaned
  std::string_view next;
};
constexpr std::array kExpected{
    Row{v1::TASK_STATE_UNSPECIFIED, "Q................."}, Row{v1::TASK_STATE_QUEUED, ".S....C..........C"},
    Row{v1::TASK_STATE_STARTING, "....EE.PS.QDQQFCQC"},    Row{v1::TASK_STATE_RUNNING, "...PEE..R.QDQQFCQC"},
    Row{v1::TASK_STATE_PARKED, "..R.EE..PPQDQQFCQC"},      Row{v1::TASK_STATE_EVICTING, ".....E..EEQDQQFCQC"},
    Row{v1::TASK_STATE_DONE, ".................."},        Row{v1::TASK_STATE_FAILED, ".................."},
    Row{v1::TASK_STATE_CANCELLED, ".................."},
};

}  // namespace

class TestTransitions : public QObject {
  Q_OBJECT
private slots:
  void everyPair_data() {
    QTest::addColumn<int>("state");
    QTest::addColumn<int>("event");
    QTest::addColumn<char>("next");
    for (const auto& row : kExpected) {
      QCOMPARE(row.next.size(), std::size_t{conductor::kEvents});
      for (int event = 0; event < conductor::kEvents; ++event) {
        QTest::addRow("%s, event %d", v1::TaskState_Name(row.state).c_str(), event)
            << static_cast<int>(row.state) << event << row.next[static_cast<std::size_t>(event)];
      }
    }
  }
  void everyPair() {
    QFETCH(int, state);
    QFETCH(int, event);
    QFETCH(char, next);
    const auto row = conductor::transition(static_cast<v1::TaskState>(state), static_cast<Event>(event));
    QCOMPARE(row ? kLetters[static_cast<std::size_t>(row->next)] : kNoChange, next);
    // A change that people can see is told; what is told leads somewhere or is a kill of one that leaves already.
    if (row && row->next != state) QVERIFY(!row->text.empty());
    if (row && row->next == state && static_cast<Event>(event) != Event::Kill) QVERIFY(row->text.empty());
  }

  void everyStateIsInTheTest() {
    std::set<int> states;
    for (const auto& row : kExpected) states.insert(row.state);
    for (int i = v1::TaskState_MIN; i <= v1::TaskState_MAX; ++i) QVERIFY2(states.contains(i), "a state was added");
  }

  void noPairTwice() {
    std::set<std::pair<int, int>> seen;
    for (const auto& t : conductor::transitions()) {
      QVERIFY(seen.emplace(t.state, static_cast<int>(t.event)).second);
    }
  }
};

QTEST_GUILESS_MAIN(TestTransitions)
#include "test_transitions.moc"
