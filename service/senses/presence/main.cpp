// SPDX-License-Identifier: Apache-2.0
// lull-presence: the only program of Lull that opens input devices. It tells when somebody last touched one, and
// nothing else: contents are never kept, sent or logged. It can do nothing but write to the one pipe it was given.
//
// The first touch is told at once. Then it looks away for a while (the hush), and tells the newest of what came
// meanwhile: a fast mouse costs a handful of wake-ups a second, an untouched computer none.
#include "senses/presence/devices.h"
#include "senses/presence/folder_watch.h"
#include "senses/presence/record.h"

#include <poll.h>
#include <sys/prctl.h>
#include <unistd.h>

#include <cerrno>
#include <climits>
#include <csignal>
#include <cstdlib>
#include <cstring>

namespace {

using namespace lull::presence;

constexpr int kHushMs = 200;
constexpr int kForever = -1;

struct Options {
  const char* input = nullptr;
  int fd = -1;
};

bool parse(int argc, char** argv, Options& options) {
  for (int i = 1; i + 1 < argc; i += 2) {
    if (std::strcmp(argv[i], "--input") == 0) options.input = argv[i + 1];
    if (std::strcmp(argv[i], "--fd") == 0) options.fd = std::atoi(argv[i + 1]);
  }
  return options.input != nullptr && options.fd > 0;
}

// Nobody may read this process's memory, and it can gain no right.
bool dropRights() { return ::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 && ::prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) == 0; }

class Watcher {
public:
  explicit Watcher(const Options& options) : m_options(options), m_folder(options.input) {}

  bool begin() {
    if (!m_devices.begin() || !m_folder.begin()) return false;
    scan();
    takeCounts();
    return tell();
  }
  // Returns when the service is gone.
  void run() {
    while (look()) {
    }
  }

private:
  bool look() {
    pollfd sources[] = {{m_options.fd, 0, 0}, {m_folder.pollable(), POLLIN, 0}, {m_devices.pollable(), POLLIN, 0}};
    const nfds_t count = m_hush ? 2 : 3;  // during the hush devices are not listened to
    const int ready = ::poll(sources, count, m_hush ? kHushMs : kForever);
    if (ready < 0) return errno == EINTR;
    if (sources[0].revents != 0) return false;
    if (sources[1].revents != 0) {
      m_folder.clear();
      return rescan();
    }
    return listen();
  }

  void scan() {
    m_folder.aim();
    m_devices.scan(m_options.input);
  }

  bool rescan() {
    scan();
    return takeCounts() ? tell() : true;
  }

  // Whether they are others than those told.
  bool takeCounts() {
    const Counts counts = m_devices.counts();
    const bool changed = counts != m_counts;
    m_counts = counts;
    m_record.devices = counts.watched;
    m_record.unreadable = counts.unreadable;
    m_record.ignored = counts.ignored;
    m_record.reason = counts.reason;
    return changed;
  }

  bool listen() {
    const Devices::Drained drained = m_devices.drain();
    m_hush = drained.newest != 0;
    if (drained.lost) scan();
    const bool changed = takeCounts();
    if (drained.newest <= m_record.activityNs) return changed ? tell() : true;
    m_record.activityNs = drained.newest;
    return tell();
  }

  bool tell() const {
    ssize_t written = 0;
    do {
      written = ::write(m_options.fd, &m_record, sizeof m_record);
    } while (written < 0 && errno == EINTR);
    return written == static_cast<ssize_t>(sizeof m_record);
  }

  Options m_options;
  FolderWatch m_folder;
  Devices m_devices;
  Counts m_counts;
  Record m_record;
  bool m_hush = false;
};

}  // namespace

int main(int argc, char** argv) {
  Options options;
  if (!parse(argc, argv, options)) {
    static constexpr char kUsage[] = "usage: lull-presence --input DIRECTORY --fd NUMBER (started by lulld)\n";
    static_cast<void>(!::write(STDERR_FILENO, kUsage, sizeof kUsage - 1));
    return 2;
  }
  ::signal(SIGPIPE, SIG_IGN);
  if (!dropRights()) return 3;
  static Watcher watcher(options);
  if (!watcher.begin()) return 4;
  watcher.run();
  return 0;
}
