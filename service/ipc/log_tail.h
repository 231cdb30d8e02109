// SPDX-License-Identifier: Apache-2.0
// The newest log lines and those who follow them. Lines come from any thread; a follower that does not keep up is told
// how many it lost. Without followers a line costs no wake-up.
#pragma once

#include "base/log.h"
#include "base/time.h"
#include "ipc/line.h"

#include <asio/io_context.hpp>

#include <deque>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

namespace lull::ipc {

inline constexpr std::size_t kLinesKept = 1000;

class LogTail : public std::enable_shared_from_this<LogTail> {
public:
  explicit LogTail(asio::io_context& loop);

  // Any thread; quick.
  void add(UnixMs at, log::Level level, std::string_view text);

  // The newest lines (0: 100), oldest first, as many as fit well into a frame.
  [[nodiscard]] v1::TailLogReply newest(std::uint32_t lines) const;
  // The id that `line` follows under, if it does.
  [[nodiscard]] std::optional<std::uint64_t> idOf(Line& line) const;
  // The same, and follows from the line after them on.
  [[nodiscard]] v1::TailLogReply follow(Line& line, std::uint64_t id, std::uint32_t lines);
  void remove(Line& line);
  void becameIdle(Line& line);

private:
  struct Entry {
    UnixMs at = 0;
    log::Level level = log::Level::Info;
    std::string text;
  };
  struct Follower {
    std::uint64_t id = 0;
    std::uint64_t next = 0;  // number of the line to be sent next
  };

  [[nodiscard]] v1::TailLogReply newestLocked(std::uint32_t lines) const;
  void serveAll();
  void serve(Line& line, Follower& follower);

  asio::io_context& m_loop;
  std::map<Line*, Follower> m_followers;  // the loop's thread only

  mutable std::mutex m_mutex;  // for all below; never held while logging or sending
  std::deque<Entry> m_entries;
  std::uint64_t m_first = 0;  // number of the oldest line kept
  bool m_followed = false;
  bool m_woken = false;
};

}  // namespace lull::ipc
