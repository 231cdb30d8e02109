// SPDX-License-Identifier: Apache-2.0
// plan() and take() drive a made-up world of workers, owners and accidents for thousands of steps. Time advances only
// by what the plan asked for or what the world does, so a missing wake-up shows as a task that never ends.
#include "conductor/conductor.h"

#include <QTest>

#include <algorithm>
#include <map>
#include <random>
#include <set>

#include "service/conductor/samples.h"

using namespace lull;
using namespace lull::conductor;
using namespace lull::conductor::samples;

namespace {

struct Worker {
  enum class Mode { Starting, Ready, Evicting, Killed } mode = Mode::Starting;
  std::string gpu;
  bool open = false;
  std::uint32_t duty = 100;
  bool drained = true;
  bool stubborn = false;  // never drains, never leaves
  bool mute = false;      // never says it started
  int piecesLeft = 3;
};

class World {
public:
  explicit World(unsigned seed) : m_random(seed) {}

  void run(int steps) {
    for (int i = 0; i < steps && m_fault.isEmpty(); ++i) step();
  }
  // From now on nobody disturbs and no worker is faulty: all must end.
  void settle() {
    m_calm = true;
    m_stopping = false;
    for (const auto* gpu : {"g0", "g1"}) m_limits[gpu] = m_ownLimits[gpu] = v1::LIMIT_RUN;
    for (int i = 0; i < 20'000 && !m_roster.empty() && m_fault.isEmpty(); ++i) step();
    if (!m_roster.empty() && m_fault.isEmpty())
      m_fault = "a task never ended: " + QString::fromStdString(m_roster[0].id);
  }

  [[nodiscard]] QString fault() const { return m_fault; }
  [[nodiscard]] int submitted() const { return m_submitted; }
  [[nodiscard]] const std::map<std::string, v1::TaskState>& ended() const { return m_ended; }
  [[nodiscard]] const std::map<std::string, std::uint32_t>& failures() const { return m_failures; }

private:
  void step() {
    happen();
    loop();
    check();
  }

  // The service's loop in small: plan, apply, until the plan is empty.
  void loop() {
    for (int round = 0; round < 10; ++round) {
      const auto v = verdictsNow();
      const auto p =
          plan({.verdicts = v, .roster = m_roster, .settings = m_settings, .now = m_now, .stopping = m_stopping});
      m_lookAgain = p.lookAgain;
      if (p.lookAgain && *p.lookAgain <= m_now.instant) m_fault = "asked to be woken in the past";
      if (p.actions.empty()) return;
      for (const auto& action : p.actions) {
        std::visit([this](const auto& a) { apply(a); }, action);
        keep(take(m_roster, action, {m_now, m_settings}));
      }
    }
    m_fault = "the plan does not settle";
  }

  void apply(const model::StartWorker& a) {
    if (m_stopping || limitOf(a.task, a.gpu) != v1::LIMIT_RUN) m_fault = "started without leave";
    if (!isOwn(a.task) && std::ranges::any_of(m_roster, [&](const auto& t) { return isReady(t) && t.own; })) {
      if (m_ownLimits.at(a.gpu) == v1::LIMIT_RUN) m_fault = "a stranger came before the owner's own";
    }
    for (const auto& [task, worker] : m_workers) {
      if (worker.gpu == a.gpu) m_fault = "two workers on one GPU";
    }
    Worker w{.gpu = a.gpu};
    w.stubborn = !m_calm && chance(10);
    w.mute = !m_calm && chance(5);
    w.piecesLeft = roll(1, 8);
    if (!m_workers.emplace(a.task, w).second) m_fault = "two workers of one task";
  }
  void apply(const model::OpenGate& a) {
    auto& w = m_workers.at(a.task);
    if (limitOf(a.task, w.gpu) != v1::LIMIT_RUN) m_fault = "opened a gate without leave";
    if (w.mode != Worker::Mode::Ready) m_fault = "opened the gate of a worker that is not ready";
    w.open = true;
    w.drained = false;
  }
  void apply(const model::SetDuty& a) {
    auto& w = m_workers.at(a.task);
    if (w.duty == a.percent) m_fault = "the duty it has was set again";
    w.duty = a.percent;
  }
  void apply(const model::CloseGate& a) { m_workers.at(a.task).open = false; }
  void apply(const model::EvictWorker& a) {
    auto& w = m_workers.at(a.task);
    if (a.cause == "own_task" && isOwn(a.task)) m_fault = "own work left for own work";
    const auto wants = [this](const auto& t) { return t.own && isReady(t); };
    if (a.cause == "own_task" && std::ranges::none_of(m_roster, wants)) m_fault = "left for nobody";
    w.open = false;
    w.mode = Worker::Mode::Evicting;
  }
  void apply(const model::KillWorker& a) {
    auto& w = m_workers.at(a.task);
    if (w.mode == Worker::Mode::Killed) m_fault = "killed twice";
    w.open = false;
    w.mode = Worker::Mode::Killed;
  }
  void apply(const model::DropTask& a) {
    if (m_workers.contains(a.task)) m_fault = "dropped a task with a worker";
  }

  void happen() {
    advance();
    if (!m_calm) disturb();
    if (m_workers.empty()) return;
    auto it = m_workers.begin();
    std::advance(it, roll(0, static_cast<int>(m_workers.size()) - 1));
    live(it->first, it->second);
  }

  // Either a little time passes, or nothing happens until the plan asked to be woken.
  void advance() {
    Nanoseconds span = Milliseconds(roll(0, 200));
    if (m_lookAgain && (chance(20) || m_workers.empty() || m_calm)) span = *m_lookAgain - m_now.instant;
    m_now = {m_now.instant + span, m_now.unixMs + std::chrono::ceil<Milliseconds>(span).count()};
  }

  void disturb() {
    if (chance(20) && m_submitted < 400) {
      auto task = spec("t-" + std::to_string(m_submitted++), roll(-3, 3));
      task.mutable_spec()->set_own(chance(20));
      keep(submit(m_roster, task, {m_now, m_settings}));
    }
    for (auto& [gpu, limit] : m_limits) {
      if (chance(15)) limit = static_cast<v1::Limit>(roll(v1::LIMIT_RUN, v1::LIMIT_EVICT));
      if (chance(15)) m_ownLimits.at(gpu) = static_cast<v1::Limit>(roll(v1::LIMIT_RUN, v1::LIMIT_EVICT));
      m_ownLimits.at(gpu) = std::min(m_ownLimits.at(gpu), limit);  // never stricter
    }
    if (chance(15)) m_duty = roll(1, 100);
    if (chance(1)) m_stopping = !m_stopping;
    if (chance(3) && !m_roster.empty()) {
      m_roster[static_cast<std::size_t>(roll(0, static_cast<int>(m_roster.size()) - 1))].cancelWanted = true;
    }
    if (chance(2) && !m_roster.empty()) close(m_roster[static_cast<std::size_t>(roll(0, 1 << 20)) % m_roster.size()]);
    if (chance(1)) restart();
  }

  // As a conversation; its worker does not hear it.
  void close(model::RosterTask& task) {
    if (task.state == v1::TASK_STATE_RUNNING || task.state == v1::TASK_STATE_PARKED) task.closedAt = m_now.instant;
  }

  // kill -9 of the service: what the ledger has is all there is; workers die with it.
  void restart() {
    std::vector<v1::Task> unfinished;
    for (const auto& t : m_roster) {
      auto task = spec(t.id, t.priority);
      task.mutable_spec()->set_own(t.own);
      task.set_state(t.state);
      task.set_priority(t.priority);
      task.set_attempt(t.attempt);
      task.set_attempts_allowed(t.attemptsAllowed);
      task.set_not_before_unix_ms(t.notBefore);
      unfinished.push_back(task);
    }
    m_roster.clear();
    m_workers.clear();
    keep(resume(m_roster, unfinished, {m_now, m_settings}));
  }

  // One worker does something it may do.
  void live(const std::string task, Worker& w) {  // by value: reporting may end the worker
    using Mode = Worker::Mode;
    if (!m_calm && chance(2)) return end(task, model::WorkerFailed{task, failure(v1::Failure::KIND_WORKER_DIED)});
    if (!m_calm && chance(1)) return end(task, model::WorkerFailed{task, failure(v1::Failure::KIND_BAD_TASK)});
    switch (w.mode) {
      case Mode::Starting:
        if (w.mute) return;
        w.mode = Mode::Ready;
        return report(model::WorkerStarted{task});
      case Mode::Killed:
        if (chance(10)) return end(task, model::WorkerFinished{task, {}});  // it was quicker
        return end(task, model::WorkerFailed{task, failure(v1::Failure::KIND_WORKER_DIED)});
      case Mode::Evicting:
        if (w.stubborn) return;
        return end(task, model::WorkerEvicted{task, 0.5});
      case Mode::Ready:
        return work(task, w);
    }
  }

  void work(const std::string& task, Worker& w) {
    if (w.open) {
      if (w.piecesLeft-- <= 1) return end(task, model::WorkerFinished{task, {}});
      return report(model::WorkerProgress{task, 0.5, 1});
    }
    if (w.drained || w.stubborn) return;
    w.drained = true;
    report(model::WorkerDrained{task});
  }

  void report(const model::WorkerReport& r) { keep(take(m_roster, r, {m_now, m_settings})); }
  void end(const std::string& task, const model::WorkerReport& r) {
    m_workers.erase(task);
    report(r);
  }

  void keep(const std::vector<model::Entry>& entries) {
    for (const auto& entry : entries) {
      if (const auto* done = std::get_if<model::TaskDone>(&entry)) ended(done->task, v1::TASK_STATE_DONE);
      if (const auto* moved = std::get_if<model::TaskMoved>(&entry)) {
        if (m_ended.contains(moved->task)) m_fault = "moved after its end";
        if (moved->failure.kind() != v1::Failure::KIND_UNSPECIFIED) ++m_failures[moved->task];
        if (model::hasEnded(moved->state)) ended(moved->task, moved->state);
      }
    }
  }
  void ended(const std::string& task, v1::TaskState state) {
    if (!m_ended.emplace(task, state).second) m_fault = "ended twice: " + QString::fromStdString(task);
  }

  void check() {
    std::set<std::string> gpus;
    for (const auto& t : m_roster) {
      if (model::hasEnded(t.state)) m_fault = "an ended task in the roster";
      if (m_ended.contains(t.id)) m_fault = "a task came back";
      if (t.attempt > t.attemptsAllowed) m_fault = "too many attempts";
      if (model::hasWorker(t.state) != m_workers.contains(t.id)) m_fault = "roster and workers differ";
      if (model::hasWorker(t.state) && !gpus.insert(t.gpu).second) m_fault = "two tasks on one GPU";
    }
    for (const auto& [task, w] : m_workers) {
      const bool mayRun = limitOf(task, w.gpu) == v1::LIMIT_RUN;
      if (w.open && (m_stopping || !mayRun)) m_fault = "runs without leave";
      const bool idle = w.mode == Worker::Mode::Ready && !w.open && mayRun;
      if (idle && !m_stopping) m_fault = "may run and does not";
      const auto granted = isOwn(task) ? 100U : static_cast<std::uint32_t>(m_duty);
      if (w.open && w.duty != granted) m_fault = "runs with another duty than granted";
    }
  }

  model::Verdicts verdictsNow() const {
    model::Verdicts v;
    for (const auto& [gpu, limit] : m_limits) {
      v.byGpu[gpu] = verdict(limit, m_ownLimits.at(gpu));
      if (limit == v1::LIMIT_RUN) v.byGpu[gpu].duty = m_duty / 100.0;
    }
    return v;
  }
  bool isOwn(const std::string& task) const {
    return std::ranges::any_of(m_roster, [&](const auto& t) { return t.id == task && t.own; });
  }
  bool isReady(const model::RosterTask& t) const {
    return t.state == v1::TASK_STATE_QUEUED && !t.cancelWanted && t.notBefore <= m_now.unixMs;
  }
  v1::Limit limitOf(const std::string& task, const std::string& gpu) const {
    return isOwn(task) ? m_ownLimits.at(gpu) : m_limits.at(gpu);
  }
  int roll(int from, int to) { return std::uniform_int_distribution(from, to)(m_random); }
  bool chance(int percent) { return roll(1, 100) <= percent; }

  std::mt19937 m_random;
  v1::Settings m_settings = settings();
  Now m_now = kNow;
  model::Roster m_roster;
  std::optional<Instant> m_lookAgain;
  std::map<std::string, v1::Limit> m_limits{{"g0", v1::LIMIT_RUN}, {"g1", v1::LIMIT_PARK}};
  std::map<std::string, v1::Limit> m_ownLimits{{"g0", v1::LIMIT_RUN}, {"g1", v1::LIMIT_RUN}};
  int m_duty = 100;
  std::map<std::string, Worker> m_workers;
  std::map<std::string, v1::TaskState> m_ended;
  std::map<std::string, std::uint32_t> m_failures;
  bool m_stopping = false;
  bool m_calm = false;
  int m_submitted = 0;
  QString m_fault;
};

}  // namespace

class TestWorld : public QObject {
  Q_OBJECT
private slots:
  void runs_data() {
    QTest::addColumn<uint>("seed");
    for (unsigned seed = 1; seed <= 20; ++seed) QTest::addRow("seed %u", seed) << seed;
  }
  void runs() {
    QFETCH(uint, seed);
    World world(seed);
    world.run(4000);
    QVERIFY2(world.fault().isEmpty(), qPrintable(world.fault()));
    world.settle();
    QVERIFY2(world.fault().isEmpty(), qPrintable(world.fault()));
    QVERIFY(world.submitted() > 100);
    QCOMPARE(world.ended().size(), static_cast<std::size_t>(world.submitted()));
    std::map<v1::TaskState, int> ends;
    for (const auto& [task, state] : world.ended()) ++ends[state];
    QVERIFY(ends[v1::TASK_STATE_DONE] > 0 && ends[v1::TASK_STATE_FAILED] > 0 && ends[v1::TASK_STATE_CANCELLED] > 0);
    for (const auto& [task, count] : world.failures()) QVERIFY(count <= 3);
  }
};

QTEST_GUILESS_MAIN(TestWorld)
#include "test_world.moc"
