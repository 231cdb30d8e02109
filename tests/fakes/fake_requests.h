// SPDX-License-Identifier: Apache-2.0
// A service without GPUs: keeps tasks, uploads and settings in memory as the real one would, can hold replies back,
// and counts what it was asked. On the server's loop thread only, but for the counts.
#pragma once

#include "ipc/requests.h"
#include "settings/store.h"

#include <atomic>
#include <deque>
#include <filesystem>
#include <functional>
#include <map>
#include <string>

namespace lull::test {

// What byte `offset` of the fake's one result is: cheap, and different from place to place.
[[nodiscard]] char resultByte(std::uint64_t offset);

class FakeRequests final : public ipc::Requests {
public:
  explicit FakeRequests(const std::filesystem::path& settingsFile);

  // Replies wait until released.
  void hold() { m_holding = true; }
  void release();

  std::uint64_t resultSize = 1'000'000;            // of the output "image" of every task
  std::function<void(const v1::Status&)> publish;  // called with the new status after each change
  std::atomic<int> handled{0};
  std::atomic<int> closed{0};
  std::atomic<std::size_t> watchers{0};
  Tell tell;  // of the last question
  std::atomic<int> hushed{0};
  v1::Status status;

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
  void ask(const ipc::Caller&, const v1::AskRequest&, ipc::Reply<v1::AskReply>, Tell) override;
  void hush(const ipc::Caller&) override { ++hushed; }
  void connectionClosed(std::uint64_t connection) override;
  void watchersChanged(std::size_t count) override { watchers = count; }

private:
  template <typename T>
  void give(ipc::Reply<T> reply, Result<T> value);
  void changed();

  settings::Store m_settings;
  std::map<std::string, v1::Task> m_tasks;
  std::map<std::pair<std::uint64_t, std::string>, std::uint64_t> m_uploads;  // by connection and hash: bytes there
  std::deque<std::function<void()>> m_held;
  bool m_holding = false;
};

}  // namespace lull::test
