// SPDX-License-Identifier: Apache-2.0
#include "runtimes/task_check.h"

#include <QtTest>

#include <functional>

using namespace lull;

namespace {

v1::TaskSpec good() {
  v1::TaskSpec spec;
  spec.set_name("A task");
  auto& task = *spec.mutable_spirv();
  task.mutable_module()->set_sha256(std::string(64, 'a'));
  task.mutable_push_constants()->set_inline_("12345678");
  for (std::uint32_t binding = 0; binding < 2; ++binding) {
    auto& buffer = *task.add_buffers();
    buffer.set_binding(binding);
    buffer.set_size(64);
  }
  task.mutable_buffers(1)->set_output("result.bin");
  auto& swap = *task.add_swaps();
  swap.set_a(0);
  swap.set_b(1);
  return spec;
}

using Change = std::function<void(v1::TaskSpec&)>;

}  // namespace

Q_DECLARE_METATYPE(Change)

class TestTaskCheck : public QObject {
  Q_OBJECT

private slots:
  void aGoodTaskPasses() { QVERIFY(runtimes::check(good()).ok()); }

  void aBadTaskIsNamed_data() {
    QTest::addColumn<Change>("change");
    QTest::addColumn<QString>("named");
    const auto row = [](const char* name, Change change, const char* named) {
      QTest::newRow(name) << std::move(change) << named;
    };
    row(
        "no name", [](auto& s) { s.clear_name(); }, "name:");
    row(
        "long name", [](auto& s) { s.set_name(std::string(121, 'x')); }, "name:");
    row(
        "priority", [](auto& s) { s.set_priority(101); }, "101");
    row(
        "no runtime", [](auto& s) { s.clear_spirv(); }, "runtime");
    row(
        "no module", [](auto& s) { s.mutable_spirv()->clear_module(); }, "spirv.module");
    row(
        "bad hash", [](auto& s) { s.mutable_spirv()->mutable_module()->set_sha256("../../etc/passwd"); },
        "spirv.module.sha256");
    row(
        "unresolved file", [](auto& s) { s.mutable_spirv()->mutable_module()->set_file("x.spv"); },
        "spirv.module.file");
    row(
        "inline too big", [](auto& s) { s.mutable_spirv()->mutable_module()->set_inline_(std::string(65537, 'x')); },
        "65537");
    row(
        "odd constants", [](auto& s) { s.mutable_spirv()->mutable_push_constants()->set_inline_("123"); },
        "push_constants");
    row(
        "iteration without constants",
        [](auto& s) {
          s.mutable_spirv()->clear_push_constants();
          s.mutable_spirv()->set_iteration_offset(0);
        },
        "iteration_offset");
    row(
        "binding twice", [](auto& s) { s.mutable_spirv()->mutable_buffers(1)->set_binding(0); }, "buffers[1].binding");
    row(
        "size 0", [](auto& s) { s.mutable_spirv()->mutable_buffers(0)->set_size(0); }, "buffers[0].size");
    row(
        "size odd", [](auto& s) { s.mutable_spirv()->mutable_buffers(0)->set_size(63); }, "63");
    row(
        "input too big",
        [](auto& s) { s.mutable_spirv()->mutable_buffers(0)->mutable_input()->set_inline_(std::string(65, 'x')); },
        "buffers[0].input");
    row(
        "no output", [](auto& s) { s.mutable_spirv()->mutable_buffers(1)->clear_output(); }, "no result");
    row(
        "output escapes", [](auto& s) { s.mutable_spirv()->mutable_buffers(1)->set_output("../x"); },
        "buffers[1].output");
    row(
        "output hidden", [](auto& s) { s.mutable_spirv()->mutable_buffers(1)->set_output(".x"); }, "buffers[1].output");
    row(
        "output twice", [](auto& s) { s.mutable_spirv()->mutable_buffers(0)->set_output("result.bin"); }, "used twice");
    row(
        "swap with itself", [](auto& s) { s.mutable_spirv()->mutable_swaps(0)->set_b(0); }, "swaps[0]");
    row(
        "swap of nothing", [](auto& s) { s.mutable_spirv()->mutable_swaps(0)->set_b(9); }, "swaps[0]");
    row(
        "swap of unequal", [](auto& s) { s.mutable_spirv()->mutable_buffers(0)->set_size(32); }, "swaps[0]");
    row(
        "65 buffers",
        [](auto& s) {
          for (std::uint32_t i = 2; i < 65; ++i) {
            s.mutable_spirv()->add_buffers()->set_binding(i);
            s.mutable_spirv()->mutable_buffers(static_cast<int>(i))->set_size(4);
          }
        },
        "65 buffers");
  }
  void aBadTaskIsNamed() {
    QFETCH(Change, change);
    QFETCH(QString, named);
    auto spec = good();
    change(spec);
    const auto checked = runtimes::check(spec);
    QVERIFY(!checked.ok());
    QCOMPARE(checked.error().kind(), Error::Kind::Invalid);
    QVERIFY2(QString::fromStdString(checked.error().text()).contains(named), checked.error().text().c_str());
  }

  void allBlobsAreFound() {
    auto spec = good();
    spec.mutable_spirv()->mutable_buffers(0)->mutable_input()->set_sha256(std::string(64, 'b'));
    QCOMPARE(runtimes::blobsOf(spec), std::vector<std::string>({std::string(64, 'a'), std::string(64, 'b')}));
  }
};

QTEST_GUILESS_MAIN(TestTaskCheck)
#include "test_task_check.moc"
