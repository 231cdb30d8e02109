// SPDX-License-Identifier: Apache-2.0
// A folder of FIFOs that stand for input devices: what is written to them is what a kernel device would tell.
#pragma once

#include "base/file.h"
#include "base/time.h"

#include <fcntl.h>
#include <linux/input.h>
#include <sys/stat.h>
#include <unistd.h>

#include <QTemporaryDir>

#include <string>
#include <vector>

namespace lull::test {

inline input_event inputEvent(std::uint16_t type, std::uint16_t code, std::int32_t value, Instant when = {}) {
  input_event e{};
  e.input_event_sec = toNs(when) / 1'000'000'000;
  e.input_event_usec = toNs(when) % 1'000'000'000 / 1000;
  e.type = type;
  e.code = code;
  e.value = value;
  return e;
}

class InputFolder {
public:
  [[nodiscard]] std::string path() const { return m_folder.path().toStdString(); }
  [[nodiscard]] std::string path(const std::string& name) const { return path() + "/" + name; }

  bool plug(const std::string& name) const { return ::mkfifo(path(name).c_str(), 0600) == 0; }
  bool unplug(const std::string& name) const { return ::unlink(path(name).c_str()) == 0; }
  // A name that leads nowhere but to itself: nobody can open it, not even root.
  bool plugUnreadable(const std::string& name) const { return ::symlink(name.c_str(), path(name).c_str()) == 0; }

  bool send(const std::string& name, const std::vector<input_event>& events) const {
    const Fd fd(::open(path(name).c_str(), O_WRONLY | O_NONBLOCK | O_CLOEXEC));
    const auto bytes = events.size() * sizeof(input_event);
    return fd && ::write(fd.get(), events.data(), bytes) == static_cast<ssize_t>(bytes);
  }
  bool press(const std::string& name, Instant when = {}) const {
    return send(name, {inputEvent(EV_KEY, KEY_A, 1, when), inputEvent(EV_SYN, SYN_REPORT, 0, when)});
  }

private:
  QTemporaryDir m_folder;
};

}  // namespace lull::test
