// SPDX-License-Identifier: Apache-2.0
#include "ipc/status_stream.h"

#include "base/log.h"
#include "wire/conversation.h"

#include <algorithm>
#include <utility>

namespace lull::ipc {

StatusStream::StatusStream(asio::io_context& loop, Milliseconds interval, Count count)
    : m_timer(loop), m_interval(interval), m_count(std::move(count)) {}

void StatusStream::publish(const v1::Status& status) {
  auto bytes = std::make_shared<const std::string>(status.SerializeAsString());
  if (m_current && *m_current == *bytes) return;
  v1::ServerFrame answer;
  auto& known = *answer.mutable_get_status()->mutable_status();
  if (!known.ParseFromString(*bytes)) {  // a name of a device or file that is not UTF-8: no client could read it
    known = status;
    wire::makeSendable(known);
    bytes = std::make_shared<const std::string>(known.SerializeAsString());
    if (m_current && *m_current == *bytes) return;
  }
  m_current = std::move(bytes);
  m_answer = answer.SerializeAsString();
  serveAll();
}

std::optional<std::uint64_t> StatusStream::idOf(Line& line) const {
  const auto found = m_watchers.find(&line);
  return found == m_watchers.end() ? std::nullopt : std::optional(found->second.id);
}

void StatusStream::add(Line& line, std::uint64_t id) {
  auto& watcher = m_watchers[&line];
  watcher = {.id = id, .sent = {}, .at = {}};
  if (m_current) sendTo(line, watcher);
  m_count(m_watchers.size());
}

void StatusStream::remove(Line& line) {
  if (m_watchers.erase(&line) == 0) return;
  if (m_watchers.empty()) wakeAt({});
  m_count(m_watchers.size());
}

void StatusStream::becameIdle(Line& line) {
  const auto found = m_watchers.find(&line);
  if (found == m_watchers.end()) return;
  const auto due = serve(line, found->second);
  if (due && (!m_due || *due < *m_due)) wakeAt(due);
}

void StatusStream::serveAll() {
  std::optional<Clock::time_point> next;
  for (auto& [line, watcher] : m_watchers) {
    const auto due = serve(*line, watcher);
    if (due && (!next || *due < *next)) next = due;
  }
  wakeAt(next);
}

std::optional<StatusStream::Clock::time_point> StatusStream::serve(Line& line, Watcher& watcher) {
  if (!m_current || watcher.sent == m_current || !line.isIdle()) return {};
  const auto due = watcher.at + m_interval;
  if (watcher.sent && Clock::now() < due) return due;
  sendTo(line, watcher);
  return {};
}

void StatusStream::sendTo(Line& line, Watcher& watcher) {
  v1::ServerFrame frame;
  frame.set_id(watcher.id);
  auto& event = *frame.mutable_status_event();
  if (!watcher.sent) {
    if (!event.mutable_status()->ParseFromString(*m_current)) return;
  } else {
    event = wire::difference(*watcher.sent, *m_current);
    if (event.changed().empty()) {  // changed there and back again
      watcher.sent = m_current;
      return;
    }
  }
  watcher.sent = m_current;
  watcher.at = Clock::now();
  if (auto sent = line.send(frame); !sent) log::warning("a status event was left out: {}", sent.error().text());
}

void StatusStream::wakeAt(std::optional<Clock::time_point> due) {
  if (m_due == due) return;
  m_due = due;
  if (!due) {
    m_timer.cancel();
    return;
  }
  m_timer.expires_at(*due);
  m_timer.async_wait([weak = weak_from_this()](const asio::error_code& error) {
    const auto self = weak.lock();
    if (error || !self) return;
    self->m_due.reset();
    self->serveAll();
  });
}

}  // namespace lull::ipc
