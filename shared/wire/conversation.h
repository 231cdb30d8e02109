// SPDX-License-Identifier: Apache-2.0
// The typed side of the conversation, without a transport: which reply belongs to which request, errors across the
// wire, and the arithmetic of the status stream.
#pragma once

#include "base/result.h"
#include "lull/v1/envelope.pb.h"

#include <cstdint>
#include <string_view>
#include <utility>

namespace lull::wire {

// Reply type, and the accessors of the envelope, for each request type.
template <typename Request>
struct Call;

#define LULL_CALL(Name, field)                                                                                      \
  template <>                                                                                                       \
  struct Call<v1::Name##Request> {                                                                                  \
    using Reply = v1::Name##Reply;                                                                                  \
    static void put(v1::ClientFrame& frame, v1::Name##Request request) {                                            \
      *frame.mutable_##field() = std::move(request);                                                                \
    }                                                                                                               \
    static void put(v1::ServerFrame& frame, v1::Name##Reply reply) { *frame.mutable_##field() = std::move(reply); } \
    static bool has(const v1::ServerFrame& frame) { return frame.has_##field(); }                                   \
    static v1::Name##Reply take(v1::ServerFrame& frame) { return std::move(*frame.mutable_##field()); }             \
  }
LULL_CALL(Hello, hello);
LULL_CALL(GetStatus, get_status);
LULL_CALL(WatchStatus, watch_status);
LULL_CALL(PutBlob, put_blob);
LULL_CALL(SubmitTask, submit_task);
LULL_CALL(ListTasks, list_tasks);
LULL_CALL(GetTask, get_task);
LULL_CALL(CancelTask, cancel_task);
LULL_CALL(ReadResult, read_result);
LULL_CALL(Pause, pause);
LULL_CALL(Resume, resume);
LULL_CALL(SetSharing, set_sharing);
LULL_CALL(GetSettings, get_settings);
LULL_CALL(SetSetting, set_setting);
LULL_CALL(ResetSetting, reset_setting);
LULL_CALL(GetHistory, get_history);
LULL_CALL(ListLedger, list_ledger);
LULL_CALL(TailLog, tail_log);
LULL_CALL(Unwatch, unwatch);
LULL_CALL(AddModel, add_model);
LULL_CALL(PutModel, put_model);
LULL_CALL(ListModels, list_models);
LULL_CALL(GetModel, get_model);
LULL_CALL(RemoveModel, remove_model);
LULL_CALL(VerifyModel, verify_model);
LULL_CALL(ListRuntimes, list_runtimes);
LULL_CALL(InstallRuntime, install_runtime);
LULL_CALL(VerifyRuntime, verify_runtime);
LULL_CALL(RemoveRuntime, remove_runtime);
LULL_CALL(Ask, ask);
LULL_CALL(CloseChat, close_chat);
#undef LULL_CALL

// Our errors ⇄ the wire's.
[[nodiscard]] v1::Error toWire(const Error& error);
[[nodiscard]] Error fromWire(const v1::Error& error);

// Replaces what is not UTF-8 in all texts of the message and the messages in it; the other side would refuse the whole.
void makeSendable(google::protobuf::Message& message);

// The reply in `frame`, or the error it carries; Internal when it is a reply to something else.
template <typename Request>
[[nodiscard]] Result<typename Call<Request>::Reply> takeReply(v1::ServerFrame frame) {
  if (frame.has_error()) return fromWire(frame.error());
  if (!Call<Request>::has(frame)) return Error(Error::Kind::Internal, "the service answered something else");
  return Call<Request>::take(frame);
}

// The highest protocol version both sides speak; Version, with a text saying which side is older, if there is none.
[[nodiscard]] Result<std::uint32_t> commonVersion(const v1::HelloRequest& hello);

// The event that turns `before` into `after`; `changed` is empty when they are equal, and such an event is never sent
// (apply would take it for a first one).
[[nodiscard]] v1::StatusEvent difference(const v1::Status& before, const v1::Status& after);
// The same from serialised statuses, for a sender that keeps these anyway.
[[nodiscard]] v1::StatusEvent difference(std::string_view before, std::string_view after);
// Applies a streamed event: the first replaces everything, later ones the fields they name.
void apply(v1::Status& status, const v1::StatusEvent& event);

}  // namespace lull::wire
