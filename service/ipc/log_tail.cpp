// SPDX-License-Identifier: Apache-2.0
#include "ipc/log_tail.h"

#include "base/utf8.h"

#include <asio/post.hpp>

#include <algorithm>

namespace lull::ipc {

namespace {

constexpr std::size_t kLongestLine = 1024;        // bytes kept of one
constexpr std::size_t kFrameBudget = 256 * 1024;  // text in one frame
constexpr std::uint32_t kDefaultLines = 100;

template <typename Entry>
void put(const Entry& entry, v1::LogLine& line) {
  line.set_unix_ms(entry.at);
  line.set_level(std::string(log::nameOf(entry.level)));
  line.set_text(entry.text);
}

}  // namespace

LogTail::LogTail(asio::io_context& loop) : m_loop(loop) {}

void LogTail::add(UnixMs at, log::Level level, std::string_view text) {
  std::string kept = validUtf8(cutUtf8(text, kLongestLine));
  bool wake = false;
  {
    const std::lock_guard lock(m_mutex);
    m_entries.push_back({at, level, std::move(kept)});
    if (m_entries.size() > kLinesKept) {
      m_entries.pop_front();
      ++m_first;
    }
    wake = m_followed && !m_woken;
    if (wake) m_woken = true;
  }
  if (!wake) return;
  asio::post(m_loop, [weak = weak_from_this()] {
    if (const auto self = weak.lock()) self->serveAll();
  });
}

v1::TailLogReply LogTail::newest(std::uint32_t lines) const {
  const std::lock_guard lock(m_mutex);
  return newestLocked(lines);
}

v1::TailLogReply LogTail::newestLocked(std::uint32_t lines) const {
  const std::size_t wanted = std::min<std::size_t>(lines == 0 ? kDefaultLines : lines, m_entries.size());
  std::size_t bytes = 0;
  std::size_t count = 0;
  for (; count < wanted; ++count) {
    bytes += m_entries[m_entries.size() - 1 - count].text.size();
    if (bytes > kFrameBudget) break;
  }
  v1::TailLogReply reply;
  for (std::size_t i = m_entries.size() - count; i < m_entries.size(); ++i) put(m_entries[i], *reply.add_lines());
  return reply;
}

std::optional<std::uint64_t> LogTail::idOf(Line& line) const {
  const auto found = m_followers.find(&line);
  return found == m_followers.end() ? std::nullopt : std::optional(found->second.id);
}

v1::TailLogReply LogTail::follow(Line& line, std::uint64_t id, std::uint32_t lines) {
  const std::lock_guard lock(m_mutex);
  m_followers[&line] = {.id = id, .next = m_first + m_entries.size()};
  m_followed = true;
  return newestLocked(lines);
}

void LogTail::remove(Line& line) {
  if (m_followers.erase(&line) == 0) return;
  const std::lock_guard lock(m_mutex);
  m_followed = !m_followers.empty();
}

void LogTail::becameIdle(Line& line) {
  const auto found = m_followers.find(&line);
  if (found != m_followers.end()) serve(line, found->second);
}

void LogTail::serveAll() {
  {
    const std::lock_guard lock(m_mutex);
    m_woken = false;
  }
  for (auto& [line, follower] : m_followers) serve(*line, follower);
}

void LogTail::serve(Line& line, Follower& follower) {
  if (!line.isIdle()) return;
  v1::ServerFrame frame;
  frame.set_id(follower.id);
  auto& event = *frame.mutable_log_event();
  {
    const std::lock_guard lock(m_mutex);
    if (follower.next < m_first) {
      event.set_lost(m_first - follower.next);
      follower.next = m_first;
    }
    std::size_t bytes = 0;
    for (auto i = static_cast<std::size_t>(follower.next - m_first); i < m_entries.size(); ++i) {
      bytes += m_entries[i].text.size();
      if (bytes > kFrameBudget) break;  // the rest when this was taken
      put(m_entries[i], *event.add_lines());
      ++follower.next;
    }
  }
  if (event.lines().empty() && event.lost() == 0) return;
  (void)line.send(frame).ok();  // it fits: see kFrameBudget
}

}  // namespace lull::ipc
