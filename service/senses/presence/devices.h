// SPDX-License-Identifier: Apache-2.0
// The input devices of a folder, opened, and the instant of the newest input on any of them. Allocates nothing.
#pragma once

#include <sys/types.h>

#include <cstddef>
#include <cstdint>

namespace lull::presence {

// One name "event…" in the folder.
struct Device {
  enum class State : std::uint8_t { Watched, Unreadable, Ignored };
  static constexpr std::size_t kLongestName = 31;

  char name[kLongestName + 1];
  State state;
  bool seen;     // in the scan under way
  int fd;        // -1 unless watched
  int reason;    // errno, when unreadable
  dev_t device;  // which node this is, so that one that was replaced under its name is noticed
  ino_t node;
};

struct Counts {
  std::uint32_t watched = 0;
  std::uint32_t unreadable = 0;
  std::uint32_t ignored = 0;
  int reason = 0;

  bool operator==(const Counts&) const = default;
};

class Devices {
public:
  static constexpr std::size_t kMost = 256;

  // False when the system gives no epoll.
  bool begin();
  // Readable when a device has something to say.
  int pollable() const { return m_epoll; }

  // Opens what came, closes what went, tries again what could not be read. ENOENT: no such folder, nothing watched.
  int scan(const char* folder);
  struct Drained {
    std::int64_t newest = 0;  // instant of human input, 0 if there was none
    bool lost = false;        // a device is gone: scan again
  };
  // Reads off everything that waits, bounded.
  Drained drain();
  Counts counts() const;

private:
  Device* find(const char* name);
  void look(int folder, const char* name);
  void open(int folder, Device& device, mode_t mode);
  void close(Device& device);
  void forgetUnseen();
  void drainOne(Device& device, Drained& drained);

  int m_epoll = -1;
  int m_folderReason = 0;
  std::size_t m_count = 0;
  Device m_devices[kMost];
};

}  // namespace lull::presence
