// SPDX-License-Identifier: Apache-2.0
// Answers clients: reads come from the ledger and the settings, everything else becomes a wish for the ring.
#pragma once

#include "app/ring.h"
#include "ipc/requests.h"

namespace lull::app {

class Desk final : public ipc::Requests {
public:
  Desk(Stages stages, Ring& ring) : m_stages(stages), m_ring(ring) {}

  void handle(const ipc::Caller&, const v1::PutBlobRequest&, ipc::Reply<v1::PutBlobReply>) override;
  void handle(const ipc::Caller&, const v1::SubmitTaskRequest&, ipc::Reply<v1::SubmitTaskReply>) override;
  void handle(const ipc::Caller&, const v1::ListTasksRequest&, ipc::Reply<v1::ListTasksReply>) override;
  void handle(const ipc::Caller&, const v1::GetTaskRequest&, ipc::Reply<v1::GetTaskReply>) override;
  void handle(const ipc::Caller&, const v1::CancelTaskRequest&, ipc::Reply<v1::CancelTaskReply>) override;
  void handle(const ipc::Caller&, const v1::ReadResultRequest&, ipc::Reply<v1::ReadResultReply>) override;
  void handle(const ipc::Caller&, const v1::PauseRequest&, ipc::Reply<v1::PauseReply>) override;
  void handle(const ipc::Caller&, const v1::ResumeRequest&, ipc::Reply<v1::ResumeReply>) override;
  void handle(const ipc::Caller&, const v1::SetSharingRequest&, ipc::Reply<v1::SetSharingReply>) override;
  void handle(const ipc::Caller&, const v1::GetSettingsRequest&, ipc::Reply<v1::GetSettingsReply>) override;
  void handle(const ipc::Caller&, const v1::SetSettingRequest&, ipc::Reply<v1::SetSettingReply>) override;
  void handle(const ipc::Caller&, const v1::ResetSettingRequest&, ipc::Reply<v1::ResetSettingReply>) override;
  void handle(const ipc::Caller&, const v1::GetHistoryRequest&, ipc::Reply<v1::GetHistoryReply>) override;
  void handle(const ipc::Caller&, const v1::ListLedgerRequest&, ipc::Reply<v1::ListLedgerReply>) override;
  void handle(const ipc::Caller&, const v1::AddModelRequest&, ipc::Reply<v1::AddModelReply>) override;
  void handle(const ipc::Caller&, const v1::PutModelRequest&, ipc::Reply<v1::PutModelReply>) override;
  void handle(const ipc::Caller&, const v1::ListModelsRequest&, ipc::Reply<v1::ListModelsReply>) override;
  void handle(const ipc::Caller&, const v1::GetModelRequest&, ipc::Reply<v1::GetModelReply>) override;
  void handle(const ipc::Caller&, const v1::RemoveModelRequest&, ipc::Reply<v1::RemoveModelReply>) override;
  void handle(const ipc::Caller&, const v1::VerifyModelRequest&, ipc::Reply<v1::VerifyModelReply>) override;
  void handle(const ipc::Caller&, const v1::ListRuntimesRequest&, ipc::Reply<v1::ListRuntimesReply>) override;
  void handle(const ipc::Caller&, const v1::InstallRuntimeRequest&, ipc::Reply<v1::InstallRuntimeReply>) override;
  void handle(const ipc::Caller&, const v1::VerifyRuntimeRequest&, ipc::Reply<v1::VerifyRuntimeReply>) override;
  void handle(const ipc::Caller&, const v1::RemoveRuntimeRequest&, ipc::Reply<v1::RemoveRuntimeReply>) override;
  void handle(const ipc::Caller&, const v1::CloseChatRequest&, ipc::Reply<v1::CloseChatReply>) override;
  void ask(const ipc::Caller&, const v1::AskRequest&, ipc::Reply<v1::AskReply>, Tell tell) override;
  void hush(const ipc::Caller&) override;
  void connectionClosed(std::uint64_t connection) override;
  void watchersChanged(std::size_t watchers) override;

private:
  [[nodiscard]] Result<v1::Task> recordedTask(const std::string& idOrPrefix) const;

  Stages m_stages;
  Ring& m_ring;
};

}  // namespace lull::app
