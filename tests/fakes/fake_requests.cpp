// SPDX-License-Identifier: Apache-2.0
#include "fakes/fake_requests.h"

#include "wire/frame.h"

#include <algorithm>
#include <cstdlib>
#include <utility>

namespace lull::test {

namespace {

settings::Store openStore(const std::filesystem::path& file) {
  auto store = settings::Store::open(file);
  if (!store) std::abort();  // the test gave a folder that cannot be read
  return std::move(*store);
}

Error unknownTask(const std::string& id) { return {Error::Kind::NotFound, "there is no task " + id}; }

}  // namespace

char resultByte(std::uint64_t offset) { return static_cast<char>((offset * 31 + (offset >> 12)) & 0xffU); }

FakeRequests::FakeRequests(const std::filesystem::path& settingsFile) : m_settings(openStore(settingsFile)) {
  status.set_version("fake");
  status.set_activity(v1::ACTIVITY_RESTING);
}

void FakeRequests::release() {
  m_holding = false;
  for (auto& reply : std::exchange(m_held, {})) reply();
}

template <typename T>
void FakeRequests::give(ipc::Reply<T> reply, Result<T> value) {
  ++handled;
  if (!m_holding) return reply(std::move(value));
  m_held.push_back([reply = std::move(reply), value = std::move(value)] { reply(value); });
}

void FakeRequests::changed() {
  if (publish) publish(status);
}

void FakeRequests::handle(const ipc::Caller& caller, const v1::PutBlobRequest& request,
                          ipc::Reply<v1::PutBlobReply> reply) {
  auto& have = m_uploads[{caller.connection, request.sha256()}];
  if (request.offset() != have) {
    return give<v1::PutBlobReply>(std::move(reply), Error(Error::Kind::Conflict, "not the next chunk"));
  }
  have += request.data().size();
  v1::PutBlobReply answer;
  answer.set_next_offset(have);
  answer.set_complete(have == request.size());
  give<v1::PutBlobReply>(std::move(reply), std::move(answer));
}

void FakeRequests::handle(const ipc::Caller&, const v1::SubmitTaskRequest& request,
                          ipc::Reply<v1::SubmitTaskReply> reply) {
  v1::Task task;
  task.set_id("t-" + std::to_string(m_tasks.size() + 1));
  task.set_name(request.spec().name());
  task.set_state(v1::TASK_STATE_QUEUED);
  v1::SubmitTaskReply answer;
  answer.set_id(task.id());
  m_tasks[task.id()] = std::move(task);
  status.set_queued(status.queued() + 1);
  changed();
  give<v1::SubmitTaskReply>(std::move(reply), std::move(answer));
}

void FakeRequests::handle(const ipc::Caller&, const v1::ListTasksRequest&, ipc::Reply<v1::ListTasksReply> reply) {
  v1::ListTasksReply answer;
  for (const auto& [id, task] : m_tasks) *answer.add_tasks() = task;
  give<v1::ListTasksReply>(std::move(reply), std::move(answer));
}

void FakeRequests::handle(const ipc::Caller&, const v1::GetTaskRequest& request, ipc::Reply<v1::GetTaskReply> reply) {
  const auto found = m_tasks.find(request.id());
  if (found == m_tasks.end()) return give<v1::GetTaskReply>(std::move(reply), unknownTask(request.id()));
  v1::GetTaskReply answer;
  *answer.mutable_task() = found->second;
  give<v1::GetTaskReply>(std::move(reply), std::move(answer));
}

void FakeRequests::handle(const ipc::Caller&, const v1::CancelTaskRequest& request,
                          ipc::Reply<v1::CancelTaskReply> reply) {
  const auto found = m_tasks.find(request.id());
  if (found == m_tasks.end()) return give<v1::CancelTaskReply>(std::move(reply), unknownTask(request.id()));
  if (found->second.state() != v1::TASK_STATE_QUEUED) {
    return give<v1::CancelTaskReply>(std::move(reply), Error(Error::Kind::Conflict, "it has ended already"));
  }
  found->second.set_state(v1::TASK_STATE_CANCELLED);
  v1::CancelTaskReply answer;
  *answer.mutable_task() = found->second;
  give<v1::CancelTaskReply>(std::move(reply), std::move(answer));
}

void FakeRequests::handle(const ipc::Caller&, const v1::ReadResultRequest& request,
                          ipc::Reply<v1::ReadResultReply> reply) {
  const std::uint64_t asked = request.length() == 0 ? wire::kMaxChunk : request.length();
  const auto begin = std::min(request.offset(), resultSize);
  const auto length = std::min({asked, std::uint64_t{wire::kMaxChunk}, resultSize - begin});
  v1::ReadResultReply answer;
  answer.set_size(resultSize);
  answer.set_name("image");
  auto& data = *answer.mutable_data();
  data.resize(length);
  for (std::uint64_t i = 0; i < length; ++i) data[i] = resultByte(begin + i);
  give<v1::ReadResultReply>(std::move(reply), std::move(answer));
}

void FakeRequests::handle(const ipc::Caller&, const v1::PauseRequest& request, ipc::Reply<v1::PauseReply> reply) {
  status.set_paused_until_unix_ms(request.until_unix_ms());
  changed();
  give<v1::PauseReply>(std::move(reply), v1::PauseReply());
}

void FakeRequests::handle(const ipc::Caller&, const v1::ResumeRequest&, ipc::Reply<v1::ResumeReply> reply) {
  status.clear_paused_until_unix_ms();
  changed();
  give<v1::ResumeReply>(std::move(reply), v1::ResumeReply());
}

void FakeRequests::handle(const ipc::Caller&, const v1::SetSharingRequest& request,
                          ipc::Reply<v1::SetSharingReply> reply) {
  status.set_sharing(request.on());
  changed();
  give<v1::SetSharingReply>(std::move(reply), v1::SetSharingReply());
}

void FakeRequests::handle(const ipc::Caller& caller, const v1::GetSettingsRequest& request,
                          ipc::Reply<v1::GetSettingsReply> reply) {
  auto found = m_settings.describe(request.prefix(), caller.right);
  if (!found) return give<v1::GetSettingsReply>(std::move(reply), found.error());
  v1::GetSettingsReply answer;
  answer.mutable_settings()->Assign(found->begin(), found->end());
  give<v1::GetSettingsReply>(std::move(reply), std::move(answer));
}

void FakeRequests::handle(const ipc::Caller& caller, const v1::SetSettingRequest& request,
                          ipc::Reply<v1::SetSettingReply> reply) {
  auto set = m_settings.set(request.key(), request.value(), caller.right);
  if (!set) return give<v1::SetSettingReply>(std::move(reply), set.error());
  v1::SetSettingReply answer;
  *answer.mutable_setting() = std::move(*set);
  give<v1::SetSettingReply>(std::move(reply), std::move(answer));
}

void FakeRequests::handle(const ipc::Caller& caller, const v1::ResetSettingRequest& request,
                          ipc::Reply<v1::ResetSettingReply> reply) {
  auto reset = m_settings.reset(request.key(), caller.right);
  if (!reset) return give<v1::ResetSettingReply>(std::move(reply), reset.error());
  v1::ResetSettingReply answer;
  answer.mutable_settings()->Assign(reset->begin(), reset->end());
  give<v1::ResetSettingReply>(std::move(reply), std::move(answer));
}

void FakeRequests::handle(const ipc::Caller&, const v1::GetHistoryRequest& request,
                          ipc::Reply<v1::GetHistoryReply> reply) {
  v1::GetHistoryReply answer;
  const std::uint32_t points = request.points() == 0 ? 300 : request.points();
  answer.set_bucket_ms(1000);
  for (std::uint32_t i = 0; i < points; ++i) {
    auto* point = answer.add_points();
    point->set_unix_ms(request.from_unix_ms() + 1000 * static_cast<std::int64_t>(i));
    point->set_value(i);
  }
  give<v1::GetHistoryReply>(std::move(reply), std::move(answer));
}

void FakeRequests::handle(const ipc::Caller&, const v1::ListLedgerRequest& request,
                          ipc::Reply<v1::ListLedgerReply> reply) {
  v1::ListLedgerReply answer;
  for (std::uint32_t i = 0; i < request.page_size(); ++i) answer.add_entries()->set_id(i + 1);
  give<v1::ListLedgerReply>(std::move(reply), std::move(answer));
}

void FakeRequests::handle(const ipc::Caller&, const v1::AddModelRequest&, ipc::Reply<v1::AddModelReply> reply) {
  give<v1::AddModelReply>(std::move(reply), v1::AddModelReply());
}

void FakeRequests::handle(const ipc::Caller&, const v1::PutModelRequest&, ipc::Reply<v1::PutModelReply> reply) {
  give<v1::PutModelReply>(std::move(reply), v1::PutModelReply());
}

void FakeRequests::handle(const ipc::Caller&, const v1::ListModelsRequest&, ipc::Reply<v1::ListModelsReply> reply) {
  give<v1::ListModelsReply>(std::move(reply), v1::ListModelsReply());
}

void FakeRequests::handle(const ipc::Caller&, const v1::GetModelRequest&, ipc::Reply<v1::GetModelReply> reply) {
  give<v1::GetModelReply>(std::move(reply), v1::GetModelReply());
}

void FakeRequests::handle(const ipc::Caller&, const v1::RemoveModelRequest&, ipc::Reply<v1::RemoveModelReply> reply) {
  give<v1::RemoveModelReply>(std::move(reply), v1::RemoveModelReply());
}

void FakeRequests::handle(const ipc::Caller&, const v1::VerifyModelRequest&, ipc::Reply<v1::VerifyModelReply> reply) {
  give<v1::VerifyModelReply>(std::move(reply), v1::VerifyModelReply());
}

void FakeRequests::handle(const ipc::Caller&, const v1::ListRuntimesRequest&, ipc::Reply<v1::ListRuntimesReply> reply) {
  give<v1::ListRuntimesReply>(std::move(reply), v1::ListRuntimesReply());
}

void FakeRequests::handle(const ipc::Caller&, const v1::InstallRuntimeRequest&,
                          ipc::Reply<v1::InstallRuntimeReply> reply) {
  give<v1::InstallRuntimeReply>(std::move(reply), v1::InstallRuntimeReply());
}

void FakeRequests::handle(const ipc::Caller&, const v1::VerifyRuntimeRequest&,
                          ipc::Reply<v1::VerifyRuntimeReply> reply) {
  give<v1::VerifyRuntimeReply>(std::move(reply), v1::VerifyRuntimeReply());
}

void FakeRequests::handle(const ipc::Caller&, const v1::RemoveRuntimeRequest&,
                          ipc::Reply<v1::RemoveRuntimeReply> reply) {
  give<v1::RemoveRuntimeReply>(std::move(reply), v1::RemoveRuntimeReply());
}

void FakeRequests::handle(const ipc::Caller&, const v1::CloseChatRequest&, ipc::Reply<v1::CloseChatReply> reply) {
  give<v1::CloseChatReply>(std::move(reply), v1::CloseChatReply());
}

void FakeRequests::ask(const ipc::Caller&, const v1::AskRequest& request, ipc::Reply<v1::AskReply> reply, Tell answer) {
  if (request.task_id() != "t-chat") {
    return give<v1::AskReply>(std::move(reply), Error(Error::Kind::NotFound, "no such conversation"));
  }
  tell = std::move(answer);
  give<v1::AskReply>(std::move(reply), v1::AskReply());
}

void FakeRequests::connectionClosed(std::uint64_t connection) {
  std::erase_if(m_uploads, [&](const auto& entry) { return entry.first.first == connection; });
  ++closed;
}

}  // namespace lull::test
