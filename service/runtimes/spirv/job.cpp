// SPDX-License-Identifier: Apache-2.0
#include "runtimes/spirv/job.h"

#include "base/sha256.h"

#include <algorithm>
#include <cstdlib>

namespace lull::spirv {

namespace {

// Set by tests: copies as on a GPU with memory of its own.
constexpr const char* kStagedVariable = "LULL_SPIRV_STAGED";

std::uint64_t pieceNs(const worker::v1::Start& start) { return std::max(1U, start.piece_ms()) * 1'000'000ULL; }
std::uint64_t limitNs(const worker::v1::Start& start) { return std::max(1U, start.piece_limit_s()) * 1'000'000'000ULL; }

struct Checked {
  Module module;
  Features features;
  Specialisation specialisation;
  Shape shape;
};

Attempt<Checked> check(const v1::SpirvTask& task, const std::string& moduleBytes, std::uint32_t pushBytes,
                       const FoundGpu& gpu) {
  auto words = wordsOf(moduleBytes);
  if (!words) return words.failure();
  if (auto valid = validate(*words, gpu.properties.apiVersion); !valid) return valid.failure();
  auto module = readModule(std::move(*words));
  if (!module) return module.failure();
  auto features = featuresFor(module->capabilities, gpu.offer);
  if (!features) return features.failure();
  auto shape = shapeOf(task, pushBytes);
  if (!shape) return shape.failure();
  const VkPhysicalDeviceLimits& limits = gpu.properties.limits;
  for (const Step& step : {checkGrid(*shape, limits), checkBuffers(task, limits), checkInterface(*module, task, *shape),
                           checkEntryPoint(*module, task, *shape, limits)}) {
    if (!step) return step.failure();
  }
  auto special = specialise(*module, task);
  if (!special) return special.failure();
  shape->work.wholeGrid = shape->work.wholeGrid || module->readsNumWorkgroups;
  return Checked{std::move(*module), *features, std::move(*special), *shape};
}

Step makeKernel(Job& job, const Checked& checked, std::string pushConstants) {
  const auto& task = job.start.spec().spirv();
  Kernel::Plan plan{.module = &checked.module,
                    .specialisation = &checked.specialisation,
                    .shape = checked.shape,
                    .orders = job.orders,
                    .bindings = {},
                    .pushConstants = std::move(pushConstants),
                    .iterationOffset = {}};
  for (const auto& buffer : task.buffers()) plan.bindings.push_back(buffer.binding());
  if (task.has_iteration_offset()) plan.iterationOffset = task.iteration_offset();
  auto kernel = Kernel::create(job.gpu, *job.buffers, std::move(plan));
  if (!kernel) return kernel.failure();
  job.kernel.emplace(std::move(*kernel));
  return Done{};
}

}  // namespace

Job::Job(worker::v1::Start order)
    : start(std::move(order)), standing(pieceNs(start)), submitter(gpu, standing, gate, limitNs(start)) {}

Attempt<std::unique_ptr<Job>> prepare(worker::v1::Start order) {
  auto job = std::make_unique<Job>(std::move(order));
  const worker::v1::Start& start = job->start;
  if (!start.spec().has_spirv()) return badTask("The task is not one of the spirv runtime.");
  const v1::SpirvTask& task = start.spec().spirv();
  auto gate = GateView::fromEnvironment();
  if (!gate) return gate.failure();
  job->gate = *gate;
  auto moduleBytes = readBlob(task.module(), start.blob_dir());
  if (!moduleBytes) return moduleBytes.failure();
  auto push = task.has_push_constants() ? readBlob(task.push_constants(), start.blob_dir()) : std::string();
  if (!push) return push.failure();
  const auto found = findGpu(start.gpu_id());
  if (!found) return found.failure();
  const auto checked = check(task, *moduleBytes, static_cast<std::uint32_t>(push->size()), *found);
  if (!checked) return checked.failure();
  job->work = checked->shape.work;
  auto orders = bufferOrders(task);
  if (!orders) return orders.failure();
  job->orders = std::move(*orders);
  auto gpu = openGpu(*found, checked->features);
  if (!gpu) return gpu.failure();
  job->gpu = *gpu;
  if (auto governed = job->gate.checkGoverned(); !governed) return governed.failure();
  const bool staged = std::getenv(kStagedVariable) != nullptr;
  auto buffers = Buffers::create(
      job->submitter, task,
      {.memoryLimit = start.memory_limit(), .access = staged ? Buffers::Access::Staged : Buffers::Access::Best});
  if (!buffers) return buffers.failure();
  job->buffers = std::move(*buffers);
  if (auto made = makeKernel(*job, *checked, std::move(*push)); !made) return made.failure();
  job->checkpoint.emplace(start.work_dir(), sha256(task.SerializeAsString()), *job->buffers);
  return job;
}

}  // namespace lull::spirv
