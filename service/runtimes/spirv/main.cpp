// SPDX-License-Identifier: Apache-2.0
// lull-spirv: runs one task's GPU kernel, told and heard over the socket in LULL_WORKER_FD (worker.proto).
#include "base/log.h"
#include "runtimes/spirv/runner.h"
#include "runtimes/spirv/session.h"
#include "runtimes/spirv/watcher.h"

#include <unistd.h>

#include <thread>

using namespace lull;
using namespace lull::spirv;

namespace {

// The runner and the watcher are never joined: they may be inside the driver for ever.
void runJob(Job& job, Link& link) {
  Ending ending(link, job.standing);
  Runner runner(job, link, ending);
  Watcher watcher(job, link, ending);
  std::thread([&watcher] { watcher.run(); }).detach();
  std::thread([&runner] { runner.run(); }).detach();
  Session(job, link, ending).hear();
  ::_exit(1);
}

void reportFailure(Link& link, const Failure& failure) {
  worker::v1::FromWorker message;
  *message.mutable_failed()->mutable_failure() = failure;
  link.send(message);
}

}  // namespace

int main() {
  log::setUp({.program = "lull-spirv", .level = log::Level::Info, .file = {}});
  const auto fd = Link::inherited();
  if (!fd) {
    log::error("lull-spirv is started by lulld, not by hand (LULL_WORKER_FD is not set)");
    return 2;
  }
  Link link(*fd);
  auto first = link.receive();
  if (!first || !first.value().has_start()) return 1;
  auto job = prepare(std::move(*first.value().mutable_start()));
  if (job) {
    runJob(**job, link);
  } else {
    reportFailure(link, job.failure());
  }
  ::_exit(0);  // no driver is taken down in order
}
