// SPDX-License-Identifier: Apache-2.0
#include "senses/presence/devices.h"

#include "senses/presence/clock.h"
#include "senses/presence/evdev.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/epoll.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

namespace lull::presence {

namespace {

constexpr const char kPrefix[] = "event";
constexpr int kAtOnce = 64;         // events per read
constexpr int kReadsPerDrain = 16;  // a flood is left for after the next hush

std::int64_t stampOf(const input_event& event) {
  return static_cast<std::int64_t>(event.input_event_sec) * 1'000'000'000 +
         static_cast<std::int64_t>(event.input_event_usec) * 1000;
}

// A stamp from another clock, or none, counts as now.
std::int64_t newestHuman(const input_event* events, std::size_t count, std::int64_t now) {
  std::int64_t newest = 0;
  for (std::size_t i = 0; i < count; ++i) {
    if (!isHuman(events[i])) continue;
    const std::int64_t stamp = stampOf(events[i]);
    const std::int64_t sane = stamp <= 0 || stamp > now ? now : stamp;
    if (sane > newest) newest = sane;
  }
  return newest;
}

bool isEventName(const char* name) {
  return std::strncmp(name, kPrefix, sizeof kPrefix - 1) == 0 && std::strlen(name) <= Device::kLongestName;
}

}  // namespace

bool Devices::begin() {
  m_epoll = ::epoll_create1(EPOLL_CLOEXEC);
  return m_epoll >= 0;
}

int Devices::scan(const char* folder) {
  for (std::size_t i = 0; i < m_count; ++i) m_devices[i].seen = false;
  const int fd = ::open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  DIR* listing = fd >= 0 ? ::fdopendir(fd) : nullptr;
  const int error = listing != nullptr ? 0 : errno;
  if (listing != nullptr) {
    while (const dirent* entry = ::readdir(listing)) {
      if (isEventName(entry->d_name)) look(fd, entry->d_name);
    }
    ::closedir(listing);
  }
  forgetUnseen();
  m_folderReason = error == ENOENT ? 0 : error;
  return error;
}

Device* Devices::find(const char* name) {
  for (std::size_t i = 0; i < m_count; ++i) {
    if (std::strcmp(m_devices[i].name, name) == 0) return &m_devices[i];
  }
  return nullptr;
}

void Devices::look(int folder, const char* name) {
  struct stat node {};
  const int error = ::fstatat(folder, name, &node, 0) == 0 ? 0 : errno;
  if (error == ENOENT) return;  // it went while we were looking
  if (error == 0 && !S_ISCHR(node.st_mode) && !S_ISFIFO(node.st_mode)) return;
  Device* device = find(name);
  if (device == nullptr) {
    if (m_count == kMost) return;
    device = &m_devices[m_count++];
    *device = {};
    std::memcpy(device->name, name, std::strlen(name) + 1);
    device->fd = -1;
    device->state = Device::State::Unreadable;
  }
  device->seen = true;
  const bool replaced = device->device != node.st_dev || device->node != node.st_ino;
  if (device->state != Device::State::Unreadable && !replaced) return;
  close(*device);
  device->device = node.st_dev;
  device->node = node.st_ino;
  device->reason = error;
  if (error == 0) open(folder, *device, node.st_mode);
}

// A FIFO stands for a device in tests. Opened for writing too, so that it never ends when a writer goes.
void Devices::open(int folder, Device& device, mode_t mode) {
  const int access = S_ISFIFO(mode) ? O_RDWR : O_RDONLY;
  const int fd = ::openat(folder, device.name, access | O_NONBLOCK | O_CLOEXEC | O_NOCTTY);
  device.reason = fd < 0 ? errno : 0;
  if (fd < 0) return;
  if (S_ISCHR(mode)) {
    if (natureOf(fd) != Nature::Human) {
      ::close(fd);
      device.state = Device::State::Ignored;
      return;
    }
    useMonotonicClock(fd);
  }
  epoll_event interest{};
  interest.events = EPOLLIN;
  interest.data.u64 = static_cast<std::uint64_t>(&device - m_devices);
  if (::epoll_ctl(m_epoll, EPOLL_CTL_ADD, fd, &interest) != 0) {
    device.reason = errno;
    ::close(fd);
    return;
  }
  device.fd = fd;
  device.state = Device::State::Watched;
}

void Devices::close(Device& device) {
  if (device.fd >= 0) ::close(device.fd);  // which takes it out of the epoll set too
  device.fd = -1;
  device.state = Device::State::Unreadable;
}

// Closes the gaps; the last device moves, so its place in the epoll set is told anew.
void Devices::forgetUnseen() {
  for (std::size_t i = 0; i < m_count;) {
    if (m_devices[i].seen) {
      ++i;
      continue;
    }
    close(m_devices[i]);
    m_devices[i] = m_devices[--m_count];
    if (i == m_count || m_devices[i].fd < 0) continue;
    epoll_event interest{};
    interest.events = EPOLLIN;
    interest.data.u64 = i;
    ::epoll_ctl(m_epoll, EPOLL_CTL_MOD, m_devices[i].fd, &interest);
  }
}

Devices::Drained Devices::drain() {
  Drained drained;
  epoll_event ready[kMost];
  const int count = ::epoll_wait(m_epoll, ready, static_cast<int>(kMost), 0);
  for (int i = 0; i < count; ++i) drainOne(m_devices[ready[i].data.u64], drained);
  return drained;
}

void Devices::drainOne(Device& device, Drained& drained) {
  input_event events[kAtOnce];
  const std::int64_t now = monotonicNs();
  for (int round = 0; round < kReadsPerDrain; ++round) {
    const ssize_t bytes = ::read(device.fd, events, sizeof events);
    if (bytes < 0 && errno == EINTR) continue;
    if (bytes < 0 && errno == EAGAIN) break;
    if (bytes <= 0) {
      close(device);
      device.reason = ENODEV;
      drained.lost = true;
      break;
    }
    const std::int64_t stamp = newestHuman(events, static_cast<std::size_t>(bytes) / sizeof(input_event), now);
    if (stamp > drained.newest) drained.newest = stamp;
    if (static_cast<std::size_t>(bytes) < sizeof events) break;
  }
  ::explicit_bzero(events, sizeof events);
}

Counts Devices::counts() const {
  Counts counts;
  counts.reason = m_folderReason;
  if (m_folderReason != 0) counts.unreadable = 1;
  for (std::size_t i = 0; i < m_count; ++i) {
    const Device& device = m_devices[i];
    if (device.state == Device::State::Watched) ++counts.watched;
    if (device.state == Device::State::Ignored) ++counts.ignored;
    if (device.state != Device::State::Unreadable) continue;
    ++counts.unreadable;
    if (counts.reason == 0) counts.reason = device.reason;
  }
  return counts;
}

}  // namespace lull::presence
