// SPDX-License-Identifier: Apache-2.0
// What clients can ask of the service: implemented by service/app, called by the IPC server after the caller's right
// was checked. All calls are on the loop's thread. A request is valid during the call only. A reply may be given at
// once or later, exactly once, on the loop's thread; a reply after the client has gone is dropped silently. The status
// and log streams are the server's own; answers go through it.
#pragma once

#include "base/result.h"
#include "lull/v1/envelope.pb.h"

#include <functional>

namespace lull::ipc {

struct Caller {
  v1::Right right = v1::RIGHT_UNSPECIFIED;
  std::uint32_t uid = 0;
  std::uint64_t connection = 0;  // to tie an upload to its connection
};

template <typename T>
using Reply = std::function<void(Result<T>)>;

class Requests {
public:
  virtual ~Requests() = default;
  virtual void handle(const Caller&, const v1::PutBlobRequest&, Reply<v1::PutBlobReply>) = 0;
  virtual void handle(const Caller&, const v1::SubmitTaskRequest&, Reply<v1::SubmitTaskReply>) = 0;
  virtual void handle(const Caller&, const v1::ListTasksRequest&, Reply<v1::ListTasksReply>) = 0;
  virtual void handle(const Caller&, const v1::GetTaskRequest&, Reply<v1::GetTaskReply>) = 0;
  virtual void handle(const Caller&, const v1::CancelTaskRequest&, Reply<v1::CancelTaskReply>) = 0;
  virtual void handle(const Caller&, const v1::ReadResultRequest&, Reply<v1::ReadResultReply>) = 0;
  virtual void handle(const Caller&, const v1::PauseRequest&, Reply<v1::PauseReply>) = 0;
  virtual void handle(const Caller&, const v1::ResumeRequest&, Reply<v1::ResumeReply>) = 0;
  virtual void handle(const Caller&, const v1::SetSharingRequest&, Reply<v1::SetSharingReply>) = 0;
  virtual void handle(const Caller&, const v1::GetSettingsRequest&, Reply<v1::GetSettingsReply>) = 0;
  virtual void handle(const Caller&, const v1::SetSettingRequest&, Reply<v1::SetSettingReply>) = 0;
  virtual void handle(const Caller&, const v1::ResetSettingRequest&, Reply<v1::ResetSettingReply>) = 0;
  virtual void handle(const Caller&, const v1::GetHistoryRequest&, Reply<v1::GetHistoryReply>) = 0;
  virtual void handle(const Caller&, const v1::ListLedgerRequest&, Reply<v1::ListLedgerReply>) = 0;
  virtual void handle(const Caller&, const v1::AddModelRequest&, Reply<v1::AddModelReply>) = 0;
  virtual void handle(const Caller&, const v1::PutModelRequest&, Reply<v1::PutModelReply>) = 0;
  virtual void handle(const Caller&, const v1::ListModelsRequest&, Reply<v1::ListModelsReply>) = 0;
  virtual void handle(const Caller&, const v1::GetModelRequest&, Reply<v1::GetModelReply>) = 0;
  virtual void handle(const Caller&, const v1::RemoveModelRequest&, Reply<v1::RemoveModelReply>) = 0;
  virtual void handle(const Caller&, const v1::VerifyModelRequest&, Reply<v1::VerifyModelReply>) = 0;
  virtual void handle(const Caller&, const v1::ListRuntimesRequest&, Reply<v1::ListRuntimesReply>) = 0;
  virtual void handle(const Caller&, const v1::InstallRuntimeRequest&, Reply<v1::InstallRuntimeReply>) = 0;
  virtual void handle(const Caller&, const v1::VerifyRuntimeRequest&, Reply<v1::VerifyRuntimeReply>) = 0;
  virtual void handle(const Caller&, const v1::RemoveRuntimeRequest&, Reply<v1::RemoveRuntimeReply>) = 0;
  virtual void handle(const Caller&, const v1::CloseChatRequest&, Reply<v1::CloseChatReply>) = 0;
  // `tell` takes the answer as it comes, once the question was taken; the last of it has `done` or `error`.
  using Tell = std::function<void(const v1::AskEvent&)>;
  virtual void ask(const Caller&, const v1::AskRequest&, Reply<v1::AskReply>, Tell tell) = 0;
  // Nobody wants the answer any more that comes to this caller.
  virtual void hush(const Caller&) = 0;
  virtual void connectionClosed(std::uint64_t connection) = 0;
  // Somebody began or stopped watching the status: the device is watched more closely while they do.
  virtual void watchersChanged(std::size_t watchers) = 0;
};

}  // namespace lull::ipc
