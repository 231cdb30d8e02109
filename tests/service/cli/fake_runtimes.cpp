// SPDX-License-Identifier: Apache-2.0
#include "service/cli/fake_runtimes.h"

#include <algorithm>

namespace lull::test {

namespace {

using State = FakeService::State;
using Work = v1::RuntimeWork;
using Kind = Error::Kind;

constexpr const char* kVersion = "20261122-1a2b3c4d";

Work begun(State& state, const std::string& step) {
  auto& work = *state.runtimes.mutable_work();
  work.Clear();
  work.set_state(Work::STATE_RUNNING);
  work.set_name("llama");
  work.set_step(step);
  work.set_progress(0.25);
  work.set_version(kVersion);
  return work;
}

void end(State& state) {
  auto& work = *state.runtimes.mutable_work();
  work.set_state(state.workFails.empty() ? Work::STATE_DONE : Work::STATE_FAILED);
  work.set_text(state.workFails.empty() ? "llama.cpp 0.7.0 is installed" : state.workFails);
}

v1::Runtime* find(State& state, const std::string& which) {
  auto& all = *state.runtimes.mutable_runtimes();
  const auto found = std::ranges::find_if(
      all, [&](const v1::Runtime& each) { return each.version() == which || (which == "llama" && each.current()); });
  return found == all.end() ? nullptr : &*found;
}

}  // namespace

v1::Runtime makeRuntime(const std::string& version) {
  v1::Runtime out;
  out.set_name("llama");
  out.set_version(version);
  out.set_source(v1::Runtime::SOURCE_IMAGE);
  out.set_place("/var/lib/lull/runtimes/llama/" + version + "/root");
  out.set_bytes(425'000'000);
  auto& package = *out.add_packages();
  package.set_name("llama.cpp-tools");
  package.set_version("1:0.7.0+dfsg-2");
  return out;
}

Result<v1::ListRuntimesReply> handle(State& state, const v1::ListRuntimesRequest&) {
  if (state.runtimes.work().state() == Work::STATE_RUNNING && state.workLooks-- <= 0) end(state);
  return state.runtimes;
}

Result<v1::InstallRuntimeReply> handle(State& state, const v1::InstallRuntimeRequest& request) {
  state.installed = request;
  if (request.name() != "llama") return Error(Kind::NotFound, "there is no runtime \"" + request.name() + '"');
  v1::InstallRuntimeReply reply;
  *reply.mutable_work() = begun(state, "downloading packages (21 MB of 86 MB)");
  return reply;
}

Result<v1::VerifyRuntimeReply> handle(State& state, const v1::VerifyRuntimeRequest& request) {
  if (find(state, request.which()) == nullptr) return Error(Kind::NotFound, "there is no image " + request.which());
  v1::VerifyRuntimeReply reply;
  *reply.mutable_work() = begun(state, "comparing every file");
  return reply;
}

Result<v1::RemoveRuntimeReply> handle(State& state, const v1::RemoveRuntimeRequest& request) {
  v1::RemoveRuntimeReply reply;
  if (request.which() == "install") {
    if (state.runtimes.work().state() != Work::STATE_RUNNING)
      return Error(Kind::NotFound, "nothing is being installed");
    state.runtimes.clear_work();
    return reply;
  }
  auto* runtime = find(state, request.which());
  if (runtime == nullptr) return Error(Kind::NotFound, "there is no image " + request.which());
  if (runtime->in_use()) return Error(Kind::Conflict, "a task needs it: cancel it first");
  *reply.mutable_runtime() = *runtime;
  state.runtimes.clear_runtimes();
  return reply;
}

}  // namespace lull::test
