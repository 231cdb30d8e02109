// SPDX-License-Identifier: Apache-2.0
// The conversation with governed programs (governed.proto), without a transport: where their sockets lie, and which
// reply belongs to which request.
#pragma once

#include "base/result.h"
#include "lull/v1/governed.pb.h"
#include "wire/conversation.h"

#include <filesystem>
#include <utility>
#include <vector>

namespace lull::wire {

inline constexpr const char* kGovernedSuffix = ".sock";

// $XDG_RUNTIME_DIR/lull/governed; without that variable /tmp/lull-<uid>/governed.
[[nodiscard]] std::filesystem::path governedFolder();
// The sockets in there, sorted; those of dead keepers among them. None where the folder is not this user's alone.
[[nodiscard]] std::vector<std::filesystem::path> governedSockets();
// The folder belongs to this user and nobody else may enter it.
[[nodiscard]] Outcome checkPrivate(const std::filesystem::path& folder);

// Reply type, and the accessors of the envelope, for each request type.
template <typename Request>
struct GovernedCall;

#define LULL_GOVERNED_CALL(Name, field)                                                                   \
  template <>                                                                                             \
  struct GovernedCall<v1::Name##Request> {                                                                \
    using Reply = v1::Name##Reply;                                                                        \
    static void put(v1::GovernedRequest& frame, v1::Name##Request request) {                              \
      *frame.mutable_##field() = std::move(request);                                                      \
    }                                                                                                     \
    static bool has(const v1::GovernedReply& frame) { return frame.has_##field(); }                       \
    static v1::Name##Reply take(v1::GovernedReply& frame) { return std::move(*frame.mutable_##field()); } \
  }
LULL_GOVERNED_CALL(GetProgram, get_program);
LULL_GOVERNED_CALL(ParkProgram, park_program);
LULL_GOVERNED_CALL(ResumeProgram, resume_program);
LULL_GOVERNED_CALL(SetProgramDuty, set_program_duty);
LULL_GOVERNED_CALL(SetProgramMemory, set_program_memory);
LULL_GOVERNED_CALL(StopProgram, stop_program);
#undef LULL_GOVERNED_CALL

// The reply in `frame`, or the error it carries; Internal when it is a reply to something else.
template <typename Request>
[[nodiscard]] Result<typename GovernedCall<Request>::Reply> takeGoverned(v1::GovernedReply frame) {
  if (frame.has_error()) return fromWire(frame.error());
  if (!GovernedCall<Request>::has(frame)) return Error(Error::Kind::Internal, "lull governor answered something else");
  return GovernedCall<Request>::take(frame);
}

}  // namespace lull::wire
