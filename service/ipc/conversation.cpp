// SPDX-License-Identifier: Apache-2.0
#include "ipc/conversation.h"

#include "base/log.h"
#include "base/utf8.h"
#include "base/version.h"
#include "ipc/rights.h"

#include <algorithm>
#include <utility>

namespace lull::ipc {

namespace {

constexpr std::size_t kShownOfClient = 64;

std::string forLog(std::string_view told) {
  std::string text(cutUtf8(told, kShownOfClient));
  std::ranges::replace_if(
      text, [](char c) { return static_cast<unsigned char>(c) < 0x20; }, '?');
  return text;
}

}  // namespace

Conversation::Conversation(Room& room, Caller caller, Line& line) : m_room(room), m_caller(caller), m_line(&line) {}

void Conversation::receive(std::string_view bytes) {
  v1::ClientFrame frame;
  if (!frame.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()))) {
    return end(Error(Error::Kind::Invalid, "this is not Lull's protocol: a frame cannot be read"));
  }
  if (frame.id() == 0) return end(Error(Error::Kind::Invalid, "a request has the id 0, which means none"));
  m_id = frame.id();
  ++m_turn;
  if (m_greeted) {
    take(frame);
  } else {
    greet(frame);
  }
}

void Conversation::greet(const v1::ClientFrame& frame) {
  if (!frame.has_hello()) return end(Error(Error::Kind::Invalid, "the first request must be Hello"));
  if (!isAllowed(v1::ClientFrame::kHello, m_caller.right)) {
    return end(Error(Error::Kind::Denied, refusal(v1::ClientFrame::kHello, m_caller.right)));
  }
  const auto version = wire::commonVersion(frame.hello());
  if (!version) return end(version.error());
  log::debug("client {}: {}, user {}, {}", m_caller.connection, forLog(frame.hello().client()), m_caller.uid,
             v1::Right_Name(m_caller.right));
  m_greeted = true;
  v1::HelloReply reply;
  reply.set_version(*version);
  reply.set_service(std::string("lulld ") + kVersion);
  reply.set_right(m_caller.right);
  answer<v1::HelloRequest>(std::move(reply));
}

void Conversation::take(const v1::ClientFrame& frame) {
  const int request = frame.request_case();
  if (!isAllowed(request, m_caller.right)) {
    const auto kind = neededFor(request) ? Error::Kind::Denied : Error::Kind::Invalid;
    return fail(Error(kind, refusal(request, m_caller.right)));
  }
  if (isStream(m_id)) {
    return fail(Error(Error::Kind::Invalid, "the id is that of an open stream: choose another"));
  }
  dispatch(frame);
}

bool Conversation::isStream(std::uint64_t id) const {
  return m_room.status->idOf(*m_line) == id || m_room.log->idOf(*m_line) == id || m_room.answers.idOf(*m_line) == id;
}

// No default: a request that is not handled does not compile.
// NOLINTNEXTLINE(readability-function-size): a row for each request, however many there are
void Conversation::dispatch(const v1::ClientFrame& frame) {
  using Frame = v1::ClientFrame;
  switch (frame.request_case()) {
    case Frame::kHello:
      return fail(Error(Error::Kind::Invalid, "Hello was said already"));
    case Frame::kGetStatus:
      return getStatus();
    case Frame::kWatchStatus:
      return watchStatus();
    case Frame::kTailLog:
      return tailLog(frame.tail_log());
    case Frame::kUnwatch:
      return unwatch(frame.unwatch());
    case Frame::kAsk:
      return ask(frame.ask());
    case Frame::kCloseChat:
      return forward(frame.close_chat());
    case Frame::kPutBlob:
      return forward(frame.put_blob());
    case Frame::kSubmitTask:
      return forward(frame.submit_task());
    case Frame::kListTasks:
      return forward(frame.list_tasks());
    case Frame::kGetTask:
      return forward(frame.get_task());
    case Frame::kCancelTask:
      return forward(frame.cancel_task());
    case Frame::kReadResult:
      return forward(frame.read_result());
    case Frame::kPause:
      return forward(frame.pause());
    case Frame::kResume:
      return forward(frame.resume());
    case Frame::kSetSharing:
      return forward(frame.set_sharing());
    case Frame::kGetSettings:
      return forward(frame.get_settings());
    case Frame::kSetSetting:
      return forward(frame.set_setting());
    case Frame::kResetSetting:
      return forward(frame.reset_setting());
    case Frame::kGetHistory:
      return forward(frame.get_history());
    case Frame::kListLedger:
      return forward(frame.list_ledger());
    case Frame::kAddModel:
      return forward(frame.add_model());
    case Frame::kPutModel:
      return forward(frame.put_model());
    case Frame::kListModels:
      return forward(frame.list_models());
    case Frame::kGetModel:
      return forward(frame.get_model());
    case Frame::kRemoveModel:
      return forward(frame.remove_model());
    case Frame::kVerifyModel:
      return forward(frame.verify_model());
    case Frame::kListRuntimes:
      return forward(frame.list_runtimes());
    case Frame::kInstallRuntime:
      return forward(frame.install_runtime());
    case Frame::kVerifyRuntime:
      return forward(frame.verify_runtime());
    case Frame::kRemoveRuntime:
      return forward(frame.remove_runtime());
    case Frame::REQUEST_NOT_SET:
      return fail(Error(Error::Kind::Invalid, "the request is empty"));
  }
}

void Conversation::getStatus() {
  const auto& body = m_room.status->answer();
  if (body.empty()) return fail(Error(Error::Kind::Unavailable, "the service is starting: try again in a moment"));
  const auto id = std::exchange(m_id, 0);
  if (auto sent = m_line->sendBody(id, body); !sent) {
    m_id = id;
    return fail(sent.error());
  }
  m_line->proceed();
}

void Conversation::watchStatus() {
  if (m_room.status->idOf(*m_line)) {
    return fail(Error(Error::Kind::Conflict, "this connection watches the status already"));
  }
  const auto id = m_id;
  answer<v1::WatchStatusRequest>({});
  m_room.status->add(*m_line, id);
}

void Conversation::tailLog(const v1::TailLogRequest& request) {
  if (request.follow() && m_room.log->idOf(*m_line)) {
    return fail(Error(Error::Kind::Conflict, "this connection follows the log already"));
  }
  answer<v1::TailLogRequest>(request.follow() ? m_room.log->follow(*m_line, m_id, request.lines())
                                              : m_room.log->newest(request.lines()));
}

void Conversation::ask(const v1::AskRequest& request) {
  if (m_room.answers.idOf(*m_line)) {
    return fail(Error(Error::Kind::Conflict, "a question of this connection is being answered: one at a time"));
  }
  const auto id = m_id;
  auto reply = [weak = weak_from_this(), answer = replyTo<v1::AskRequest>(), id](Result<v1::AskReply> asked) {
    const auto self = weak.lock();
    const bool begins = asked.ok() && self && self->m_line != nullptr && self->m_id == id;
    answer(std::move(asked));
    if (begins) self->m_room.answers.add(*self->m_line, id);
  };
  auto tell = [weak = weak_from_this(), id](const v1::AskEvent& event) {
    const auto self = weak.lock();
    if (!self || self->m_line == nullptr) return;
    if (!self->m_room.answers.tell(*self->m_line, id, event)) self->m_room.requests.hush(self->m_caller);
  };
  m_room.requests.ask(m_caller, request, std::move(reply), std::move(tell));
}

void Conversation::unwatch(const v1::UnwatchRequest& request) {
  if (m_room.status->idOf(*m_line) == request.id()) {
    m_room.status->remove(*m_line);
  } else if (m_room.log->idOf(*m_line) == request.id()) {
    m_room.log->remove(*m_line);
  } else if (m_room.answers.idOf(*m_line) == request.id()) {
    m_room.answers.remove(*m_line);
    m_room.requests.hush(m_caller);
  } else {
    return fail(
        Error(Error::Kind::NotFound, "no stream of this connection has the id " + std::to_string(request.id())));
  }
  answer<v1::UnwatchRequest>({});
}

template <typename Request>
Reply<typename wire::Call<Request>::Reply> Conversation::replyTo() {
  return [weak = weak_from_this(), turn = m_turn](Result<typename wire::Call<Request>::Reply> reply) {
    const auto self = weak.lock();
    if (!self || !self->isBusy() || self->m_turn != turn) return;
    if (!reply) return self->fail(reply.error());
    self->answer<Request>(std::move(*reply));
  };
}

template <typename Request>
void Conversation::forward(const Request& request) {
  m_room.requests.handle(m_caller, request, replyTo<Request>());
}

template <typename Request>
void Conversation::answer(typename wire::Call<Request>::Reply reply) {
  v1::ServerFrame frame;
  wire::Call<Request>::put(frame, std::move(reply));
  finish(frame);
}

void Conversation::fail(const Error& error) {
  v1::ServerFrame frame;
  *frame.mutable_error() = wire::toWire(error);
  finish(frame);
}

void Conversation::finish(v1::ServerFrame& frame) {
  const auto id = std::exchange(m_id, 0);
  if (m_line == nullptr) return;
  frame.set_id(id);
  if (!m_line->send(frame)) {
    v1::ServerFrame instead;
    instead.set_id(id);
    *instead.mutable_error() = wire::toWire(Error(Error::Kind::TooBig, "the answer exceeds one frame: ask for less"));
    (void)m_line->send(instead).ok();
  }
  m_line->proceed();
}

void Conversation::end(const Error& error) {
  m_ended = true;
  fail(error);
}

void Conversation::leave() {
  if (m_line == nullptr) return;
  m_room.log->remove(*m_line);
  m_room.status->remove(*m_line);
  m_room.answers.remove(*m_line);
  m_line = nullptr;
  m_id = 0;
}

}  // namespace lull::ipc
