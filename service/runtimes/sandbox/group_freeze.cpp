// SPDX-License-Identifier: Apache-2.0
#include "runtimes/sandbox/group_freeze.h"

#include <sys/inotify.h>

#include <asio/buffer.hpp>
#include <asio/posix/stream_descriptor.hpp>
#include <asio/post.hpp>

#include <array>
#include <utility>

namespace lull::sandbox {

struct GroupFreeze::Ear : std::enable_shared_from_this<GroupFreeze::Ear> {
  Ear(asio::io_context& context, std::function<void(Instant)> their)
      : loop(context), changes(context), reached(std::move(their)) {}

  asio::io_context& loop;
  asio::posix::stream_descriptor changes;  // an inotify on the group's events
  std::array<char, 4096> chunk{};
  std::function<void(Instant)> reached;
  const Group* group = nullptr;
  std::optional<Instant> since;

  // The watch is set before the freezer is turned, so that no change is missed.
  bool begin(const Group& which) {
    Fd file(::inotify_init1(IN_CLOEXEC | IN_NONBLOCK));
    if (!file || ::inotify_add_watch(file.get(), (which.folder() / "cgroup.events").c_str(), IN_MODIFY) < 0) {
      return false;
    }
    if (!which.freeze(true)) return false;
    changes.assign(file.release());
    group = &which;
    asio::post(loop, [weak = weak_from_this()] {
      if (auto self = weak.lock()) self->look();
    });
    hear();
    return true;
  }
  void hear() {
    changes.async_read_some(asio::buffer(chunk), [weak = weak_from_this()](asio::error_code code, std::size_t) {
      auto self = weak.lock();
      if (code || !self || self->group == nullptr) return;
      self->hear();
      self->look();
    });
  }
  void look() {
    if (group == nullptr || since || !group->isFrozen()) return;
    since = SystemClock().now().instant;
    reached(*since);
  }
  void stop() {
    asio::error_code ignored;
    changes.close(ignored);
    group = nullptr;
    since.reset();
  }
};

GroupFreeze::GroupFreeze(asio::io_context& loop, std::function<void(Instant)> reached)
    : m_ear(std::make_shared<Ear>(loop, std::move(reached))) {}

GroupFreeze::~GroupFreeze() { forget(); }

bool GroupFreeze::begin(const Group& group) { return m_ear->group != nullptr || m_ear->begin(group); }

void GroupFreeze::end(const Group& group) {
  if (m_ear->group == nullptr) return;
  m_ear->stop();
  static_cast<void>(group.freeze(false));
}

void GroupFreeze::forget() { m_ear->stop(); }

std::optional<Instant> GroupFreeze::since() const { return m_ear->since; }

}  // namespace lull::sandbox
