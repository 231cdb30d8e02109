// SPDX-License-Identifier: Apache-2.0
#include "senses/presence/folder_watch.h"

#include <sys/inotify.h>
#include <unistd.h>

#include <climits>
#include <cstdint>
#include <cstring>

namespace lull::presence {

namespace {

// ATTRIB: udev sets group and rights after the node was made.
constexpr std::uint32_t kInFolder =
    IN_CREATE | IN_DELETE | IN_ATTRIB | IN_MOVED_FROM | IN_MOVED_TO | IN_DELETE_SELF | IN_MOVE_SELF | IN_ONLYDIR;
constexpr std::uint32_t kInParent = IN_CREATE | IN_MOVED_TO | IN_ONLYDIR;

void parentOf(const char* path, char (&parent)[PATH_MAX]) {
  std::size_t length = std::strlen(path);
  while (length > 1 && path[length - 1] == '/') --length;
  while (length > 0 && path[length - 1] != '/') --length;
  if (length >= PATH_MAX) length = 0;
  std::memcpy(parent, path, length);
  parent[length] = '\0';
  if (length == 0) std::memcpy(parent, ".", 2);
}

}  // namespace

bool FolderWatch::begin() {
  m_inotify = ::inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
  return m_inotify >= 0;
}

void FolderWatch::aim() {
  if (::inotify_add_watch(m_inotify, m_folder, kInFolder) >= 0) {
    if (m_parent >= 0) ::inotify_rm_watch(m_inotify, m_parent);
    m_parent = -1;
    return;
  }
  char parent[PATH_MAX];
  parentOf(m_folder, parent);
  m_parent = ::inotify_add_watch(m_inotify, parent, kInParent);
  // It may have come in between.
  static_cast<void>(::inotify_add_watch(m_inotify, m_folder, kInFolder));
}

void FolderWatch::clear() {
  alignas(inotify_event) char events[4096];
  while (::read(m_inotify, events, sizeof events) > 0) {
  }
}

}  // namespace lull::presence
