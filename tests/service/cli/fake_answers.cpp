// SPDX-License-Identifier: Apache-2.0
// What the fake service answers to each request.
#include "base/sha256.h"
#include "base/time.h"
#include "service/cli/fake_models.h"
#include "service/cli/fake_runtimes.h"
#include "service/cli/fake_service.h"
#include "wire/conversation.h"
#include "wire/frame.h"

#include <algorithm>
#include <array>

namespace lull::test {

namespace {

using State = FakeService::State;
using Kind = Error::Kind;

Result<v1::HelloReply> handle(State& state, const v1::HelloRequest& request) {
  if (state.refuseVersion) return Error(Kind::Version, "no common protocol version: update the client");
  const auto version = wire::commonVersion(request);
  if (!version) return version.error();
  v1::HelloReply reply;
  reply.set_version(*version);
  reply.set_service("lulld 0.1.0");
  reply.set_right(state.right);
  return reply;
}

Result<v1::GetStatusReply> handle(State& state, const v1::GetStatusRequest&) {
  v1::GetStatusReply reply;
  *reply.mutable_status() = state.status;
  return reply;
}

Result<v1::WatchStatusReply> handle(State&, const v1::WatchStatusRequest&) { return v1::WatchStatusReply{}; }
Result<v1::UnwatchReply> handle(State& state, const v1::UnwatchRequest&) {
  ++state.unwatched;
  return v1::UnwatchReply{};
}

Result<v1::AskReply> handle(State& state, const v1::AskRequest& request) {
  if (request.task_id() != "t-chat" + std::to_string(state.chats.size())) {
    return Error(Kind::NotFound, "this connection has no such conversation");
  }
  state.questions.push_back(request);
  return v1::AskReply{};
}

Result<v1::CloseChatReply> handle(State& state, const v1::CloseChatRequest&) {
  ++state.chatsClosed;
  return v1::CloseChatReply{};
}

Result<v1::PutBlobReply> handle(State& state, const v1::PutBlobRequest& request) {
  if (request.data().size() > wire::kMaxChunk) return Error(Kind::Invalid, "a chunk is larger than 512 KiB");
  v1::PutBlobReply reply;
  if (state.blobs.contains(request.sha256())) {
    reply.set_complete(true);
    return reply;
  }
  auto& bytes = state.unfinishedBlobs[request.sha256()];
  if (request.offset() != bytes.size()) return Error(Kind::Invalid, "a chunk is out of order");
  bytes += request.data();
  ++state.blobChunks;
  reply.set_next_offset(bytes.size());
  if (bytes.size() < request.size()) return reply;
  if (sha256(bytes) != request.sha256()) return Error(Kind::Invalid, "the uploaded bytes do not match their hash");
  state.blobs[request.sha256()] = std::move(bytes);
  reply.set_complete(true);
  return reply;
}

Result<v1::SubmitTaskReply> handle(State& state, const v1::SubmitTaskRequest& request) {
  if (request.spec().has_llama_chat()) {
    state.chats.push_back(request.spec());
    v1::SubmitTaskReply begun;
    begun.set_id("t-chat" + std::to_string(state.chats.size()));
    return begun;
  }
  const auto& spirv = request.spec().spirv();
  if (spirv.module().source_case() == v1::Blob::kFile) return Error(Kind::Invalid, "the module still names a file");
  if (spirv.module().has_sha256() && !state.blobs.contains(spirv.module().sha256())) {
    return Error(Kind::NotFound, "the module was never uploaded");
  }
  const auto& requests = request.spec().llama_batch().requests();
  if (requests.has_sha256() && !state.blobs.contains(requests.sha256())) {
    return Error(Kind::NotFound, "the requests were never uploaded");
  }
  const auto& data = request.spec().llama_training().data();
  if (data.has_sha256() && !state.blobs.contains(data.sha256())) {
    return Error(Kind::NotFound, "the data was never uploaded");
  }
  auto task = makeTask("t-" + std::string(1, static_cast<char>('a' + state.order.size())) + "bcdefghijkl",
                       request.spec().name(), v1::TASK_STATE_QUEUED);
  task.set_priority(request.spec().priority());
  *task.mutable_spec() = request.spec();
  state.order.push_back(task.id());
  state.tasks[task.id()].task = task;
  v1::SubmitTaskReply reply;
  reply.set_id(task.id());
  return reply;
}

Result<v1::ListTasksReply> handle(State& state, const v1::ListTasksRequest& request) {
  std::vector<v1::Task> all;
  for (auto id = state.order.rbegin(); id != state.order.rend(); ++id) {
    const auto& task = state.tasks[*id].task;
    const auto& states = request.states();
    if (states.empty() || std::ranges::find(states, task.state()) != states.end()) all.push_back(task);
  }
  const std::size_t size = request.page_size() == 0 ? 50 : std::min(request.page_size(), 500U);
  const std::size_t from = request.page_token().empty() ? 0 : std::stoul(request.page_token());
  v1::ListTasksReply reply;
  for (std::size_t i = from; i < std::min(all.size(), from + size); ++i) {
    *reply.add_tasks() = all[i];
    reply.mutable_tasks()->rbegin()->clear_spec();
  }
  if (from + size < all.size()) reply.set_next_page_token(std::to_string(from + size));
  return reply;
}

Result<FakeTask*> find(State& state, const std::string& id) {
  FakeTask* found = nullptr;
  for (auto& [known, task] : state.tasks) {
    if (!known.starts_with(id)) continue;
    if (found != nullptr)
      return Error(Kind::Conflict, id + " begins several tasks: " + found->task.id() + ", " + known);
    found = &task;
  }
  if (found == nullptr) return Error(Kind::NotFound, "there is no task " + id);
  return found;
}

Result<v1::GetTaskReply> handle(State& state, const v1::GetTaskRequest& request) {
  const auto task = find(state, request.id());
  if (!task) return task.error();
  v1::GetTaskReply reply;
  *reply.mutable_task() = (*task)->task;
  return reply;
}

Result<v1::CancelTaskReply> handle(State& state, const v1::CancelTaskRequest& request) {
  const auto task = find(state, request.id());
  if (!task) return task.error();
  if ((*task)->task.state() == v1::TASK_STATE_DONE) return Error(Kind::Conflict, request.id() + " is done already");
  (*task)->task.set_state(v1::TASK_STATE_CANCELLED);
  v1::CancelTaskReply reply;
  *reply.mutable_task() = (*task)->task;
  return reply;
}

Result<v1::ReadResultReply> handle(State& state, const v1::ReadResultRequest& request) {
  const auto task = find(state, request.task_id());
  if (!task) return task.error();
  const auto found = (*task)->results.find(request.output());
  if (found == (*task)->results.end()) return Error(Kind::NotFound, "there is no result " + request.output());
  const auto& [name, result] = *found;
  v1::ReadResultReply reply;
  const bool changed = state.changeResultMidway && request.offset() > 0;
  reply.set_size(result.bytes.size() + (changed ? 1 : 0));
  reply.set_name(name);
  reply.set_sha256(result.claimedSha256.empty() ? sha256(result.bytes) : result.claimedSha256);
  if (request.offset() <= result.bytes.size()) reply.set_data(result.bytes.substr(request.offset(), wire::kMaxChunk));
  return reply;
}

Result<v1::PauseReply> handle(State& state, const v1::PauseRequest& request) {
  state.pausedUntil = request.until_unix_ms();
  return v1::PauseReply{};
}

Result<v1::ResumeReply> handle(State& state, const v1::ResumeRequest&) {
  state.pausedUntil = 0;
  return v1::ResumeReply{};
}

Result<v1::SetSharingReply> handle(State& state, const v1::SetSharingRequest& request) {
  state.status.set_sharing(request.on());
  return v1::SetSharingReply{};
}

Result<v1::GetSettingsReply> handle(State& state, const v1::GetSettingsRequest& request) {
  auto described = state.settings->describe(request.prefix(), state.right);
  if (!described) return described.error();
  v1::GetSettingsReply reply;
  for (auto& setting : *described) *reply.add_settings() = std::move(setting);
  return reply;
}

Result<v1::SetSettingReply> handle(State& state, const v1::SetSettingRequest& request) {
  auto setting = state.settings->set(request.key(), request.value(), state.right);
  if (!setting) return setting.error();
  v1::SetSettingReply reply;
  *reply.mutable_setting() = *std::move(setting);
  return reply;
}

Result<v1::ResetSettingReply> handle(State& state, const v1::ResetSettingRequest& request) {
  auto described = state.settings->reset(request.key(), state.right);
  if (!described) return described.error();
  v1::ResetSettingReply reply;
  for (auto& setting : *described) *reply.add_settings() = std::move(setting);
  return reply;
}

Result<v1::GetHistoryReply> handle(State& state, const v1::GetHistoryRequest& request) {
  state.asked = request;
  v1::GetHistoryReply reply;
  reply.mutable_points()->Add(state.points.begin(), state.points.end());
  reply.set_bucket_ms(60'000);
  return reply;
}

Result<v1::ListLedgerReply> handle(State& state, const v1::ListLedgerRequest& request) {
  const std::size_t from = request.page_token().empty() ? 0 : std::stoul(request.page_token());
  v1::ListLedgerReply reply;
  for (std::size_t i = from; i < std::min(state.entries.size(), from + request.page_size()); ++i) {
    *reply.add_entries() = state.entries[i];
  }
  const std::size_t next = from + request.page_size();
  if (next < state.entries.size()) reply.set_next_page_token(std::to_string(next));
  return reply;
}

Result<v1::TailLogReply> handle(State& state, const v1::TailLogRequest& request) {
  v1::TailLogReply reply;
  const std::size_t lines = request.lines() == 0 ? 100 : request.lines();
  const std::size_t from = state.lines.size() > lines ? state.lines.size() - lines : 0;
  for (std::size_t i = from; i < state.lines.size(); ++i) *reply.add_lines() = state.lines[i];
  return reply;
}

bool needsControl(const v1::ClientFrame& frame) {
  using F = v1::ClientFrame;
  constexpr std::array kinds{F::kPutBlob,        F::kSubmitTask,    F::kCancelTask,   F::kPause,       F::kResume,
                             F::kSetSharing,     F::kAddModel,      F::kPutModel,     F::kRemoveModel, F::kVerifyModel,
                             F::kInstallRuntime, F::kVerifyRuntime, F::kRemoveRuntime};
  return std::ranges::find(kinds, frame.request_case()) != kinds.end();
}

template <typename Request>
v1::ServerFrame reply(State& state, const Request& request) {
  v1::ServerFrame frame;
  auto result = handle(state, request);
  if (result) {
    wire::Call<Request>::put(frame, *std::move(result));
  } else {
    *frame.mutable_error() = wire::toWire(result.error());
  }
  return frame;
}

v1::ServerFrame dispatch(State& state, const v1::ClientFrame& frame) {
  using F = v1::ClientFrame;
  switch (frame.request_case()) {
    case F::kHello:
      return reply(state, frame.hello());
    case F::kGetStatus:
      return reply(state, frame.get_status());
    case F::kWatchStatus:
      return reply(state, frame.watch_status());
    case F::kPutBlob:
      return reply(state, frame.put_blob());
    case F::kSubmitTask:
      return reply(state, frame.submit_task());
    case F::kListTasks:
      return reply(state, frame.list_tasks());
    case F::kGetTask:
      return reply(state, frame.get_task());
    case F::kCancelTask:
      return reply(state, frame.cancel_task());
    case F::kReadResult:
      return reply(state, frame.read_result());
    case F::kPause:
      return reply(state, frame.pause());
    case F::kResume:
      return reply(state, frame.resume());
    case F::kSetSharing:
      return reply(state, frame.set_sharing());
    case F::kGetSettings:
      return reply(state, frame.get_settings());
    case F::kSetSetting:
      return reply(state, frame.set_setting());
    case F::kResetSetting:
      return reply(state, frame.reset_setting());
    case F::kGetHistory:
      return reply(state, frame.get_history());
    case F::kListLedger:
      return reply(state, frame.list_ledger());
    case F::kTailLog:
      return reply(state, frame.tail_log());
    case F::kUnwatch:
      return reply(state, frame.unwatch());
    case F::kAsk:
      return reply(state, frame.ask());
    case F::kCloseChat:
      return reply(state, frame.close_chat());
    case F::kAddModel:
      return reply(state, frame.add_model());
    case F::kPutModel:
      return reply(state, frame.put_model());
    case F::kListModels:
      return reply(state, frame.list_models());
    case F::kGetModel:
      return reply(state, frame.get_model());
    case F::kRemoveModel:
      return reply(state, frame.remove_model());
    case F::kVerifyModel:
      return reply(state, frame.verify_model());
    case F::kListRuntimes:
      return reply(state, frame.list_runtimes());
    case F::kInstallRuntime:
      return reply(state, frame.install_runtime());
    case F::kVerifyRuntime:
      return reply(state, frame.verify_runtime());
    case F::kRemoveRuntime:
      return reply(state, frame.remove_runtime());
    case F::REQUEST_NOT_SET:
      break;
  }
  v1::ServerFrame out;
  *out.mutable_error() = wire::toWire(Error(Kind::Invalid, "an empty request"));
  return out;
}

}  // namespace

std::optional<v1::ServerFrame> answerOf(State& state, const v1::ClientFrame& frame) {
  v1::ServerFrame out;
  if (needsControl(frame) && state.right < v1::RIGHT_CONTROL) {
    *out.mutable_error() =
        wire::toWire(Error(Kind::Denied, "you may only look; members of the group lull may do this"));
  } else {
    out = dispatch(state, frame);
  }
  out.set_id(frame.id());
  return out;
}

}  // namespace lull::test
