// SPDX-License-Identifier: Apache-2.0
// Whole tasks through lull-spirv on the software GPU: right results, and each way to fail.
#include "base/sha256.h"
#include "mix.h"

#include <QTemporaryDir>
#include <QtTest>

#include <fstream>
#include <functional>

using namespace lull;
using namespace lull::fakes;
using v1::Failure;
using Body = FromWorker::BodyCase;

class TestWorkerRun : public QObject {
  Q_OBJECT
private:
  QTemporaryDir m_folder;
  int m_count = 0;

  TaskFolders folders() {
    return TaskFolders(std::filesystem::path(m_folder.path().toStdString()) / std::to_string(++m_count));
  }

private slots:
  void resultsAreRight_data() {
    QTest::addColumn<quint64>("iterations");
    QTest::addColumn<bool>("governed");
    QTest::addColumn<bool>("staged");
    QTest::newRow("one iteration") << quint64(1) << false << false;
    QTest::newRow("odd iterations") << quint64(31) << false << false;
    QTest::newRow("even iterations, governed") << quint64(200) << true << false;
    QTest::newRow("staged") << quint64(31) << false << true;
    QTest::newRow("staged, governed") << quint64(30) << true << true;
  }
  void resultsAreRight() {
    QFETCH(quint64, iterations);
    QFETCH(bool, governed);
    QFETCH(bool, staged);
    const auto at = folders();
    const Mix mix{.iterations = iterations};
    ServicePage page;
    TestWorker::Options options;
    if (governed) options.page = &page;
    if (staged) options.environment.push_back("LULL_SPIRV_STAGED=1");
    TestWorker worker(at.startFor(mix.task(at)), options);
    const auto started = worker.nextOf(Body::kStarted);
    QVERIFY(started);
    QVERIFY(!started->started().resumed());
    QVERIFY(started->started().memory_bytes() >= 2 * mix.input().size());
    if (governed) page.open();
    const auto last = worker.last();
    QVERIFY(last);
    QVERIFY2(last->has_finished(), last->ShortDebugString().c_str());
    QCOMPARE(last->finished().outputs_size(), 1);
    const auto& output = last->finished().outputs(0);
    QCOMPARE(output.name(), std::string("mixed"));
    QVERIFY(at.output("mixed") == mix.result());
    QCOMPARE(output.sha256(), sha256(mix.result()));
    QCOMPARE(output.size(), std::uint64_t{mix.result().size()});
    QCOMPARE(worker.waitExit(), std::optional<int>(0));
    QCOMPARE(at.filesIn("out").size(), std::size_t{1});
    if (governed) {
      QVERIFY(page.page().gpuNs.load() > 0);
      QVERIFY(page.page().submits.load() > 0);
      QCOMPARE(page.page().passedUngoverned.load(), std::uint64_t{0});
    }
  }
  // One piece at a time of every size there can be gives the same bytes as whole grids.
  void piecesDoNotChangeTheResult() {
    const auto at = folders();
    const Mix mix{.width = 200, .height = 150, .turns = 2000, .iterations = 6};
    auto task = mix.task(at);
    for (const bool whole : {true, false}) {
      task.set_whole_grid(whole);
      auto start = at.startFor(task);
      start.set_piece_ms(1);
      TestWorker worker(start, {});
      const auto last = worker.last();
      QVERIFY(last && last->has_finished());
      QVERIFY(at.output("mixed") == mix.result());
    }
  }
  void aKernelThatCountsItsGroupsRunsWhole() {
    const auto at = folders();
    v1::SpirvTask task;
    task.mutable_module()->set_sha256(at.putBlob(kernelBytes("tests/kernels/spirv/count.spv")));
    task.add_buffers()->set_size(4 * 5000);
    task.mutable_buffers(0)->set_output("seen");
    task.mutable_grid()->set_x(5000);
    TestWorker worker(at.startFor(task), {});
    const auto last = worker.last();
    QVERIFY(last && last->has_finished());
    const std::string bytes = at.output("seen");
    for (std::size_t i = 0; i < 5000; ++i) {
      std::uint32_t seen = 0;
      std::memcpy(&seen, bytes.data() + 4 * i, 4);
      QCOMPARE(seen, 5000U);
    }
  }
  void shortInputIsFollowedByZeros() {
    const auto at = folders();
    const Mix mix;
    auto task = mix.task(at);
    const std::string half = mix.input().substr(0, 1001);
    task.mutable_buffers(0)->mutable_input()->set_inline_(half);
    task.set_iterations(2);
    task.mutable_swaps()->Clear();
    TestWorker worker(at.startFor(task), {});
    const auto last = worker.last();
    QVERIFY(last && last->has_finished());
    QVERIFY(at.output("mixed") == half + std::string(mix.input().size() - half.size(), '\0'));
  }
  void progressIsSparse() {
    const auto at = folders();
    const Mix mix{.width = 256, .height = 256, .turns = 4000, .iterations = 30};
    TestWorker worker(at.startFor(mix.task(at)), {});
    QElapsedTimer time;
    time.start();
    int messages = 0;
    double before = 0;
    std::optional<FromWorker> message;
    while ((message = worker.next()) && !message->has_finished()) {
      QVERIFY2(!message->has_failed(), message->ShortDebugString().c_str());
      if (!message->has_progress()) continue;
      ++messages;
      QVERIFY(message->progress().progress() >= before && message->progress().progress() <= 1);
      before = message->progress().progress();
    }
    QVERIFY(message);
    QVERIFY(messages >= 1);
    QVERIFY(messages <= 2 + time.elapsed() / 250);
  }

  void failures_data() {
    using Change = std::function<void(const TaskFolders&, worker::v1::Start&)>;
    QTest::addColumn<Change>("change");
    QTest::addColumn<int>("kind");
    const auto row = [](const char* name, int kind, Change change) { QTest::newRow(name) << change << kind; };
    const auto task = [](worker::v1::Start& start) { return start.mutable_spec()->mutable_spirv(); };
    row("not SPIR-V", Failure::KIND_BAD_TASK, [=](const auto& at, auto& start) {
      task(start)->mutable_module()->set_sha256(at.putBlob("this is no kernel, it is a sentence"));
    });
    row("damaged SPIR-V", Failure::KIND_BAD_TASK, [=](const auto& at, auto& start) {
      std::string bytes = kernelBytes("tests/kernels/spirv/mix.spv");
      bytes.resize(bytes.size() / 2 / 4 * 4);
      task(start)->mutable_module()->set_sha256(at.putBlob(bytes));
    });
    row("image kernel", Failure::KIND_BAD_TASK, [=](const auto& at, auto& start) {
      task(start)->mutable_module()->set_sha256(at.putBlob(kernelBytes("tests/kernels/spirv/image.spv")));
      task(start)->clear_spec_constants();
    });
    row("input larger than buffer", Failure::KIND_BAD_TASK, [=](const auto&, auto& start) {
      task(start)->mutable_buffers(0)->set_size(64);
      task(start)->mutable_buffers(1)->set_size(64);
    });
    row("missing blob", Failure::KIND_STORAGE, [=](const auto&, auto& start) {
      task(start)->mutable_buffers(0)->mutable_input()->set_sha256(std::string(64, 'a'));
    });
    row("hash that is a path", Failure::KIND_BAD_TASK, [=](const auto&, auto& start) {
      task(start)->mutable_buffers(0)->mutable_input()->set_sha256("../../../etc/passwd");
    });
    row("more memory than allowed", Failure::KIND_TOO_BIG,
        [=](const auto&, auto& start) { start.set_memory_limit(1000); });
    row("more memory than there is", Failure::KIND_TOO_BIG, [=](const auto&, auto& start) {
      for (std::uint32_t binding = 2; binding < 25; ++binding) {
        task(start)->add_buffers()->set_binding(binding);
        task(start)->mutable_buffers()->rbegin()->set_size(128ULL << 20U);
      }
    });
    row("unknown GPU", Failure::KIND_DRIVER,
        [=](const auto&, auto& start) { start.set_gpu_id("00000000000000000000000000000001"); });
    row("output folder gone", Failure::KIND_STORAGE,
        [=](const auto&, auto& start) { start.set_output_dir(start.output_dir() + "/nowhere"); });
    row("no runtime", Failure::KIND_BAD_TASK, [=](const auto&, auto& start) { start.mutable_spec()->clear_runtime(); });
  }
  void failures() {
    QFETCH(std::function<void(const TaskFolders&, worker::v1::Start&)>, change);
    QFETCH(int, kind);
    const auto at = folders();
    auto start = at.startFor(Mix{}.task(at));
    change(at, start);
    TestWorker worker(start, {});
    const auto last = worker.last();
    QVERIFY(last);
    QVERIFY2(last->has_failed(), last->ShortDebugString().c_str());
    const auto& failure = last->failed().failure();
    QVERIFY2(failure.kind() == kind, failure.ShortDebugString().c_str());
    QVERIFY(failure.message().size() > 20);
    QCOMPARE(worker.waitExit(), std::optional<int>(0));
    QVERIFY(at.filesIn("out").empty());
  }
  void aKernelThatNeverEndsIsStopped_data() {
    QTest::addColumn<bool>("governed");
    QTest::newRow("ungoverned") << false;
    QTest::newRow("governed") << true;  // the next piece is held back by the cap meanwhile
  }
  void aKernelThatNeverEndsIsStopped() {
    QFETCH(bool, governed);
    const auto at = folders();
    v1::SpirvTask task;
    task.mutable_module()->set_sha256(at.putBlob(kernelBytes("tests/kernels/spirv/endless.spv")));
    task.add_buffers()->set_size(8);
    task.mutable_buffers(0)->set_output("value");
    task.mutable_grid()->set_x(
        65535);  // some drivers end any loop after a while; so many groups take minutes all the same
    task.set_whole_grid(true);
    task.set_iterations(10);
    auto start = at.startFor(task);
    start.set_piece_limit_s(1);
    ServicePage page;
    TestWorker::Options options;
    if (governed) options.page = &page;
    if (governed) page.open();
    TestWorker worker(start, options);
    const auto last = worker.last();
    QVERIFY(last);
    QVERIFY2(last->has_failed(), last->ShortDebugString().c_str());
    QCOMPARE(last->failed().failure().kind(), Failure::KIND_TIMED_OUT);
    QVERIFY(worker.waitExit());
  }
  void withoutTheGovernorNothingStarts() {
    const auto at = folders();
    ServicePage page;
    TestWorker worker(at.startFor(Mix{}.task(at)), {.page = &page, .layer = false, .environment = {}});
    const auto last = worker.last();
    QVERIFY(last && last->has_failed());
    QCOMPARE(last->failed().failure().kind(), Failure::KIND_DRIVER);
  }
  void aBrokenPageIsToldNotWaitedFor() {
    const auto at = folders();
    ServicePage page;
    page.page().version = 99;
    TestWorker worker(at.startFor(Mix{}.task(at)), {.page = &page, .environment = {}});
    const auto last = worker.last();
    QVERIFY(last && last->has_failed());
    QCOMPARE(last->failed().failure().kind(), Failure::KIND_DRIVER);
  }
};

QTEST_GUILESS_MAIN(TestWorkerRun)
#include "test_worker_run.moc"
