// SPDX-License-Identifier: Apache-2.0
#include "service/runtimes/llama/on_processor.h"

#include "llama/program.h"

namespace lull::test {

using fakes::TestWorker;

worker::v1::Start startOnProcessor(const std::filesystem::path& folder, const std::filesystem::path& model) {
  for (const char* name : {"work", "out", "blobs"}) std::filesystem::create_directories(folder / name);
  worker::v1::Start start;
  start.set_task_id("t-llama");
  start.set_work_dir(folder / "work");
  start.set_output_dir(folder / "out");
  start.set_blob_dir(folder / "blobs");
  start.set_checkpoint_every_s(1);
  auto& where = *start.mutable_llama();
  where.set_model_file(model);
  where.add_start((llama::rootFolder() / "start").string());
  where.set_on_cpu(true);
  return start;
}

std::unique_ptr<TestWorker> workerOnProcessor(const worker::v1::Start& start) {
  return std::make_unique<TestWorker>(start, TestWorker::Options{.environment = {kNoGpu}, .program = "lull-llama"});
}

}  // namespace lull::test
