// SPDX-License-Identifier: Apache-2.0
// lull-llama: one task with a language model, computed by llama.cpp's own programs, told and heard over the socket in
// LULL_WORKER_FD (worker.proto). It makes no Vulkan call itself: its programs do, under the governor.
#include "base/log.h"
#include "runtimes/llama/batch.h"
#include "runtimes/llama/chat.h"
#include "runtimes/llama/session.h"
#include "runtimes/llama/training/training.h"
#include "runtimes/worker/link.h"

#include <unistd.h>

#include <thread>

using namespace lull;
using namespace lull::runtimes::llama;

namespace {

worker::Attempt<std::unique_ptr<Job>> jobOf(const worker::v1::Start& start) {
  if (start.spec().has_llama_batch()) return Batch::open(start);
  if (start.spec().has_llama_training()) return training::Training::open(start);
  if (start.spec().has_llama_chat()) return Chat::open(start);
  return worker::badTask("This version of Lull cannot do what the task asks of the language model.");
}

[[noreturn]] void run(Session& session, Job& job) {
  auto outputs = job.run(session.telling());
  if (outputs) session.finished(*outputs);
  session.failed(outputs.failure());
}

}  // namespace

int main() {
  log::setUp({.program = "lull-llama", .level = log::Level::Info, .file = {}});
  const auto fd = worker::Link::inherited();
  if (!fd) {
    log::error("lull-llama is started by lulld, not by hand (LULL_WORKER_FD is not set)");
    return 2;
  }
  worker::Link link(*fd);
  auto first = link.receive();
  if (!first || !first->has_start()) return 1;
  const worker::v1::Start& start = first->start();
  auto job = jobOf(start);
  Session session(link, job ? job->get() : nullptr, start.checkpoint_every_s());
  if (!job) session.failed(job.failure());
  // Never joined: the first thread is the one that may start programs, and the process ends with the last word.
  std::thread([&session] { session.hear(); }).detach();
  std::thread([&session] { session.tell(); }).detach();
  run(session, **job);
}
