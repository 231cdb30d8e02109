// SPDX-License-Identifier: Apache-2.0
// The newest status and those who watch it. Each watcher gets a snapshot, then differences to what it was last sent:
// at most one per interval, and never a second one while the first still waits to be read. So a slow watcher costs
// one event, and gets everything that changed meanwhile in the next.
#pragma once

#include "base/time.h"
#include "ipc/line.h"

#include <asio/io_context.hpp>
#include <asio/steady_timer.hpp>

#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>

namespace lull::ipc {

class StatusStream : public std::enable_shared_from_this<StatusStream> {
public:
  using Count = std::function<void(std::size_t)>;  // told the number of watchers when it changes
  StatusStream(asio::io_context& loop, Milliseconds interval, Count count);

  void publish(const v1::Status& status);
  // A serialised ServerFrame without id that answers GetStatus; empty: nothing was published yet.
  [[nodiscard]] const std::string& answer() const { return m_answer; }

  // The id that `line` watches under, if it does.
  [[nodiscard]] std::optional<std::uint64_t> idOf(Line& line) const;
  void add(Line& line, std::uint64_t id);
  void remove(Line& line);
  void becameIdle(Line& line);
  [[nodiscard]] std::size_t size() const { return m_watchers.size(); }

private:
  using Clock = std::chrono::steady_clock;
  using Bytes = std::shared_ptr<const std::string>;
  struct Watcher {
    std::uint64_t id = 0;
    Bytes sent;  // the status as this watcher knows it; null: no snapshot yet
    Clock::time_point at;
  };

  void serveAll();
  // When to come back to this watcher; nothing: it is up to date, or will become idle first.
  std::optional<Clock::time_point> serve(Line& line, Watcher& watcher);
  void sendTo(Line& line, Watcher& watcher);
  void wakeAt(std::optional<Clock::time_point> due);

  asio::steady_timer m_timer;
  std::optional<Clock::time_point> m_due;  // the timer is armed for this
  Clock::duration m_interval;
  Count m_count;
  Bytes m_current;
  std::string m_answer;
  std::map<Line*, Watcher> m_watchers;
};

}  // namespace lull::ipc
