// SPDX-License-Identifier: Apache-2.0
#include "runtimes/surroundings.h"

#include "base/sha256.h"
#include "governor/page.h"
#include "process/child.h"
#include "runtimes/shader_cache.h"
#include "runtimes/task_check.h"

#include <algorithm>

namespace lull::runtimes {

namespace fs = std::filesystem;
using sandbox::Access;
using sandbox::Walls;

namespace {

// Where things are inside, whatever they are called here: a name of the owner's is nobody's business.
constexpr const char* kPrograms = "/lull/programs";
constexpr const char* kLayer = "/lull/layer";
constexpr const char* kShaderCache = "/lull/shader-cache";
constexpr const char* kBlobs = "/lull/blobs";
constexpr const char* kWork = "/lull/work";
constexpr const char* kOut = "/lull/out";
constexpr const char* kModel = "/lull/model.gguf";

constexpr const char* kSoftware = "software";  // a GPU's type

// Without walls drivers are found as lull-gpus found them.
std::vector<std::string> ownersEnvironment() {
  return process::fromEnvironment({"PATH", "HOME", "LD_LIBRARY_PATH", "XDG_RUNTIME_DIR", "XDG_CONFIG_HOME",
                                   "XDG_CONFIG_DIRS", "XDG_DATA_HOME", "XDG_DATA_DIRS", "XDG_CACHE_HOME",
                                   "VK_DRIVER_FILES", "VK_ICD_FILENAMES", "VK_ADD_DRIVER_FILES"});
}

void add(std::vector<std::string>& out, std::vector<std::string> more) {
  std::ranges::move(more, std::back_inserter(out));
}

std::vector<std::string> environmentForAll() {
  auto out = process::fromEnvironment({"ASAN_OPTIONS", "TSAN_OPTIONS", "UBSAN_OPTIONS"});
  out.push_back("LULL_WORKER_FD=" + std::to_string(kWorkerFd));
  return out;
}

// llama.cpp opens all its backends, also those it does not use: without a driver to be found that of Vulkan steps
// aside.
std::vector<std::string> environmentWithoutGpu() {
  auto out = environmentForAll();
  add(out, {"VK_DRIVER_FILES=/dev/null", "VK_ICD_FILENAMES=/dev/null", "VK_LOADER_LAYERS_DISABLE=~all~"});
  return out;
}

std::vector<std::string> environmentOf(const fs::path& layerFolder, const fs::path& shaderCache) {
  auto out = environmentForAll();
  add(out, process::fromEnvironment({"VK_LOADER_DEBUG", "LP_NUM_THREADS"}));
  out.emplace_back("VK_LOADER_LAYERS_DISABLE=~implicit~");
  out.push_back(std::string(governor::kPageFdVariable) + '=' + std::to_string(kPageFd));
  out.push_back(std::string(governor::kEventFdVariable) + '=' + std::to_string(kEventFd));
  out.push_back(std::string("VK_INSTANCE_LAYERS=") + governor::kLayerName);
  out.push_back("VK_LAYER_PATH=" + layerFolder.native());
  out.push_back("MESA_SHADER_CACHE_DIR=" + shaderCache.native());
  return out;
}

const fs::path& programOf(const WorkersOptions& options, const WorkerOrder& order) {
  return order.model ? options.llamaProgram : options.spirvProgram;
}

// A program that cannot use the GPU must not compute on the processor in its name; and ggml leaves software devices out
// unless it is told which to take. Its ways for matrix units and half floats are slow there, and on Mesa 26.1's
// lavapipe an answer is wrong now and then, without any layer too.
std::vector<std::string> driversFor(const WorkerOrder& order) {
  if (order.gpuType != kSoftware) return {"VK_LOADER_DRIVERS_DISABLE=*lvp*"};
  return {"VK_LOADER_DRIVERS_SELECT=*lvp*", "GGML_VK_VISIBLE_DEVICES=0", "GGML_VK_DISABLE_COOPMAT=1",
          "GGML_VK_DISABLE_F16=1"};
}

worker::v1::Llama::Gpu gpuOf(const std::string& type) {
  if (type == kSoftware) return worker::v1::Llama::GPU_SOFTWARE;
  if (type == "integrated") return worker::v1::Llama::GPU_INTEGRATED;
  if (type == "discrete") return worker::v1::Llama::GPU_DISCRETE;
  return worker::v1::Llama::GPU_UNSPECIFIED;
}

bool isOnProcessor(const WorkerOrder& order) { return order.model && order.model->onProcessor; }

// With what a program needs that computes on a GPU.
void giveGpu(sandbox::Spec& spec, const WorkersOptions& options, const WorkerOrder& order) {
  spec.binds.push_back({options.layerFolder, kLayer, Access::ReadOnly});
  spec.binds.push_back({shaderCacheFor(options.shaderCache, order.spec), kShaderCache, Access::ReadWrite});
  spec.environment = environmentOf(kLayer, kShaderCache);
  if (order.model) add(spec.environment, driversFor(order));
  spec.devices = order.devices;
}

// The task's own, and no other's. One that is missing is the worker's to report.
void giveBlobs(sandbox::Spec& spec, const WorkerOrder& order) {
  std::error_code code;
  for (const auto& blob : blobsOf(order.spec)) {
    const auto file = order.blobFolder / blob;
    if (isSha256(blob) && fs::exists(file, code))
      spec.binds.push_back({file, fs::path(kBlobs) / blob, Access::ReadOnly});
  }
}

// One file may be as large as all of them together, and as what drivers keep in files without a name: memory.
sandbox::Limits limitsOf(const WorkerOrder& order) {
  sandbox::Limits limits{.memoryBytes = order.mainMemoryLimit, .diskBytes = order.diskLimit};
  if (order.diskLimit > 0 && order.mainMemoryLimit > 0) limits.fileBytes = order.diskLimit + order.mainMemoryLimit;
  if (!isOnProcessor(order)) return limits;
  limits.cores = order.model->threads;
  // The owner's own work is not to wait for whatever else runs.
  limits.priority = order.spec.own() ? sandbox::Priority::Low : sandbox::Priority::Idle;
  return limits;
}

sandbox::Spec confined(const WorkersOptions& options, const WorkerOrder& order) {
  const auto& program = programOf(options, order);
  sandbox::Spec spec{.ownPrograms = program.parent_path(),
                     .limits = limitsOf(order),
                     .ground = options.ground,
                     .program = kPrograms / program.filename()};
  spec.binds = {{program, spec.program, Access::ReadOnly},
                {order.workFolder, kWork, Access::ReadWrite},
                {order.outFolder, kOut, Access::ReadWrite}};
  giveBlobs(spec, order);
  if (isOnProcessor(order)) {
    spec.environment = environmentWithoutGpu();
  } else {
    giveGpu(spec, options, order);
  }
  if (order.model) {
    spec.image = order.model->programs.root;
    spec.binds.push_back({order.model->file, kModel, Access::ReadOnly});
  }
  return spec;
}

sandbox::Spec bare(const WorkersOptions& options, const WorkerOrder& order) {
  const auto& program = programOf(options, order);
  sandbox::Spec spec{.walls = Walls::Bare,
                     .ownPrograms = program.parent_path(),
                     .limits = limitsOf(order),
                     .ground = options.ground,
                     .program = program};
  if (isOnProcessor(order)) {
    spec.environment = process::fromEnvironment({"PATH", "HOME", "LD_LIBRARY_PATH"});
    add(spec.environment, environmentWithoutGpu());
    return spec;
  }
  spec.environment = ownersEnvironment();
  add(spec.environment, environmentOf(options.layerFolder, shaderCacheFor(options.shaderCache, order.spec)));
  if (order.model) add(spec.environment, driversFor(order));
  return spec;
}

}  // namespace

sandbox::Spec surroundings(const WorkersOptions& options, const WorkerOrder& order, Walls walls) {
  return walls == Walls::Confined ? confined(options, order) : bare(options, order);
}

worker::v1::Start startFor(const WorkerOrder& order, Walls walls) {
  const bool inside = walls == Walls::Confined;
  worker::v1::Start start;
  *start.mutable_spec() = order.spec;
  start.set_task_id(order.task);
  start.set_gpu_id(order.gpu);
  start.set_blob_dir(inside ? kBlobs : order.blobFolder.native());
  start.set_work_dir(inside ? kWork : order.workFolder.native());
  start.set_output_dir(inside ? kOut : order.outFolder.native());
  start.set_piece_ms(order.pieceMs);
  start.set_piece_limit_s(order.pieceLimitS);
  start.set_checkpoint_every_s(order.checkpointEveryS);
  start.set_memory_limit(order.memoryLimit);
  start.set_main_memory_limit(order.mainMemoryLimit);
  if (!order.model) return start;
  auto& llama = *start.mutable_llama();
  llama.set_model_file(inside ? kModel : order.model->file.native());
  llama.set_on_cpu(order.model->onProcessor);
  llama.set_threads(order.model->threads);
  llama.set_gpu(gpuOf(order.gpuType));
  llama.set_weight_bytes(order.model->memory.weights);
  llama.set_cache_bytes_per_token(order.model->memory.cachePerToken);
  llama.set_work_bytes(order.model->memory.driver);
  llama.set_work_bytes_per_token(order.model->memory.workPerToken);
  llama.set_trained_context(order.model->trainedContext);
  llama.set_planned_memory(order.memoryPlanned);
  return start;
}

}  // namespace lull::runtimes
