// SPDX-License-Identifier: Apache-2.0
#include "cli/chat/model_talk.h"

#include "wire/chat_words.h"

#include <utility>

namespace lull::cli {

namespace {

using End = ModelTalk::End;

Result<End> endOf(const std::string& error) {
  if (error.starts_with(wire::kConversationTooLong)) return End::TooLong;
  if (error.starts_with(wire::kAnswerInterrupted)) return End::Interrupted;
  return Error(Error::Kind::Unavailable, error);
}

}  // namespace

Result<v1::Model> modelToTalkTo(Session& session, const std::string& which) {
  v1::GetModelRequest request;
  request.set_which(which);
  auto reply = session.call(std::move(request));
  if (reply) return std::move(*reply->mutable_model());
  if (which.empty() && reply.error().kind() == Error::Kind::NotFound) {
    return Error(Error::Kind::NotFound, reply.error().text() + ". Add one with `lull model add FILE|URL`");
  }
  return reply.error();
}

Outcome ModelTalk::begin() {
  v1::SubmitTaskRequest request;
  auto& spec = *request.mutable_spec();
  spec.set_name("Chat with " + m_model.name());
  spec.set_own(true);
  spec.mutable_limits()->set_attempts(1);  // whoever asks is here, and may ask again
  spec.mutable_llama_chat()->set_model(m_model.sha256());
  auto reply = m_session->call(std::move(request));
  if (!reply) return reply.error();
  m_task = reply->id();
  return {};
}

Result<End> ModelTalk::ask(const std::string& body, const Show& show) {
  const bool isNew = m_task.empty();
  if (isNew) {
    if (auto begun = begin(); !begun) return begun.error();
  }
  v1::AskRequest request;
  request.set_task_id(m_task);
  request.set_body(body);
  const auto reply = m_session->call(std::move(request));
  if (!reply && reply.error().kind() == Error::Kind::NotFound && !isNew) {
    m_task.clear();
    return End::Over;
  }
  if (!reply) return reply.error();
  auto client = m_session->client();
  if (!client) return client.error();
  return follow((*client)->lastId(), show);
}

Result<End> ModelTalk::follow(std::uint64_t id, const Show& show) {
  auto client = m_session->client();
  if (!client) return client.error();
  for (;;) {
    auto frame = (*client)->nextEvent();
    if (!frame && m_session->interrupt().isStop()) return stop(id);
    if (!frame) return frame.error();
    if (!*frame || (*frame)->id() != id || !(*frame)->has_ask_event()) continue;
    const auto& event = (*frame)->ask_event();
    show(event);
    if (!event.error().empty()) return endOf(event.error());
    if (event.done()) return End::Done;
  }
}

Result<End> ModelTalk::stop(std::uint64_t id) {
  m_session->interrupt().heed();
  v1::UnwatchRequest request;
  request.set_id(id);
  const auto reply = m_session->call(std::move(request));
  // NotFound: it had just come to its end.
  if (!reply && reply.error().kind() != Error::Kind::NotFound) return reply.error();
  return End::Stopped;
}

void ModelTalk::close() {
  if (m_task.empty() || m_session->isGone()) return;
  v1::CloseChatRequest request;
  request.set_task_id(std::exchange(m_task, {}));
  (void)m_session->call(std::move(request)).ok();  // it ends with the connection anyway
}

}  // namespace lull::cli
