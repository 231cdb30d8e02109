// SPDX-License-Identifier: Apache-2.0
// lull-llama: one task with a language model, computed by llama.cpp's own programs, told and heard over the socket in
// LULL_WORKER_FD (worker.proto). It makes no Vulkan call itself: its programs do, under the governor.
#include "base/log.h"
#include "runtimes/llama/batch.h"
#include "runtimes/llama/session.h"
#include "runtimes/worker/link.h"

#include <unistd.h>

#include <thread>

using namespace lull;
using namespace lull::runtimes::llama;

namespace {

[[noreturn]] void run(Session& session, Batch& batch) {
  auto output = batch.run([&session] { session.started(); });
  if (output) session.finished(*output);
  session.failed(output.failure());
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
  auto batch = Batch::open(start);
  Session session(link, batch ? batch->get() : nullptr, start.checkpoint_every_s());
  if (!batch) session.failed(batch.failure());
  // Never joined: the first thread is the one that may start programs, and the process ends with the last word.
  std::thread([&session] { session.hear(); }).detach();
  run(session, **batch);
}
