// SPDX-License-Identifier: Apache-2.0
#include "ipc/rights.h"

#include <algorithm>
#include <array>

namespace lull::ipc {

namespace {

struct Row {
  v1::ClientFrame::RequestCase request;
  v1::Right needed;
};

using Frame = v1::ClientFrame;
constexpr std::array kTable{
    Row{Frame::kHello, v1::RIGHT_OBSERVE},
    Row{Frame::kGetStatus, v1::RIGHT_OBSERVE},
    Row{Frame::kWatchStatus, v1::RIGHT_OBSERVE},
    Row{Frame::kUnwatch, v1::RIGHT_OBSERVE},
    Row{Frame::kListTasks, v1::RIGHT_OBSERVE},
    Row{Frame::kGetTask, v1::RIGHT_OBSERVE},
    Row{Frame::kGetHistory, v1::RIGHT_OBSERVE},
    Row{Frame::kListLedger, v1::RIGHT_OBSERVE},
    Row{Frame::kGetSettings, v1::RIGHT_OBSERVE},
    Row{Frame::kTailLog, v1::RIGHT_CONTROL},     // lines may hold names of tasks and files
    Row{Frame::kReadResult, v1::RIGHT_CONTROL},  // results belong to who submits
    Row{Frame::kPutBlob, v1::RIGHT_CONTROL},
    Row{Frame::kSubmitTask, v1::RIGHT_CONTROL},
    Row{Frame::kCancelTask, v1::RIGHT_CONTROL},
    Row{Frame::kPause, v1::RIGHT_CONTROL},
    Row{Frame::kResume, v1::RIGHT_CONTROL},
    Row{Frame::kSetSharing, v1::RIGHT_CONTROL},
    Row{Frame::kSetSetting, v1::RIGHT_CONTROL},
    Row{Frame::kResetSetting, v1::RIGHT_CONTROL},
    Row{Frame::kListModels, v1::RIGHT_OBSERVE},
    Row{Frame::kGetModel, v1::RIGHT_OBSERVE},
    Row{Frame::kAddModel, v1::RIGHT_CONTROL},
    Row{Frame::kPutModel, v1::RIGHT_CONTROL},
    Row{Frame::kRemoveModel, v1::RIGHT_CONTROL},
    Row{Frame::kVerifyModel, v1::RIGHT_CONTROL},
    Row{Frame::kAsk, v1::RIGHT_CONTROL},
    Row{Frame::kCloseChat, v1::RIGHT_CONTROL},
    Row{Frame::kListRuntimes, v1::RIGHT_OBSERVE},
    Row{Frame::kInstallRuntime, v1::RIGHT_CONTROL},
    Row{Frame::kVerifyRuntime, v1::RIGHT_CONTROL},
    Row{Frame::kRemoveRuntime, v1::RIGHT_CONTROL},
};

}  // namespace

v1::Right rightOf(const Peer& peer, const Identity& service) {
  if (peer.uid == 0 || peer.uid == service.uid) return v1::RIGHT_ADMINISTER;
  if (service.controllers) {
    const gid_t group = *service.controllers;
    if (peer.gid == group || std::ranges::find(peer.groups, group) != peer.groups.end()) return v1::RIGHT_CONTROL;
  }
  return service.mode == Mode::System ? v1::RIGHT_OBSERVE : v1::RIGHT_UNSPECIFIED;
}

std::optional<v1::Right> neededFor(int requestField) {
  const auto* row = std::ranges::find(kTable, requestField, [](const Row& r) { return static_cast<int>(r.request); });
  return row == kTable.end() ? std::nullopt : std::optional(row->needed);
}

bool isAllowed(int requestField, v1::Right right) {
  const auto needed = neededFor(requestField);
  return needed && *needed != v1::RIGHT_UNSPECIFIED && right >= *needed;
}

std::string refusal(int requestField, v1::Right right) {
  const auto* field = v1::ClientFrame::descriptor()->FindFieldByNumber(requestField);
  if (field == nullptr || !neededFor(requestField))
    return "this service does not know that request: update the service";
  if (right == v1::RIGHT_UNSPECIFIED)
    return "this service belongs to another user, and only that user and root may use it";
  return field->name() + " needs the right to control, and you may only observe: join the group lull " +
         "(sudo usermod -aG lull \"$USER\") and log in again, or do it as root";
}

}  // namespace lull::ipc
