// SPDX-License-Identifier: Apache-2.0
#include "base/time.h"
#include "service/cli/fake_service.h"

#include <QString>

namespace lull::test {

v1::Task makeTask(const std::string& id, const std::string& name, v1::TaskState state) {
  v1::Task task;
  task.set_id(id);
  task.set_name(name);
  task.set_state(state);
  task.set_runtime("spirv");
  task.set_attempts_allowed(3);
  task.set_submitted_unix_ms(SystemClock().now().unixMs - 125'000);
  return task;
}

v1::Task runningTask() {
  auto task = makeTask("t-abcdefghijkl", "Mandelbrot", v1::TASK_STATE_RUNNING);
  task.set_progress(0.43);
  task.set_seconds_left(130);
  task.set_attempt(1);
  task.set_gpu_ns(12'300'000'000);
  return task;
}

void addTasks(FakeService& service, int count) {
  service.change([count](FakeService::State& state) {
    for (int i = 0; i < count; ++i) {
      const auto id = "t-" + QString("%1").arg(i, 12, 10, QChar('0')).toStdString();
      state.tasks[id].task =
          makeTask(id, "task number " + std::to_string(i), i % 2 == 0 ? v1::TASK_STATE_DONE : v1::TASK_STATE_QUEUED);
      state.order.push_back(id);
    }
  });
}

void addResult(FakeTask& task, const std::string& name, const std::string& bytes) {
  task.results[name].bytes = bytes;
  auto& output = *task.task.add_outputs();
  output.set_name(name);
  output.set_size(bytes.size());
}

}  // namespace lull::test
