// SPDX-License-Identifier: Apache-2.0
// Says when devices come, go or change their rights in a folder; also when the folder itself comes.
#pragma once

namespace lull::presence {

class FolderWatch {
public:
  explicit FolderWatch(const char* folder) : m_folder(folder) {}

  bool begin();
  int pollable() const { return m_inotify; }
  // Watches the folder or, while there is none, the one it will appear in. To be called before each scan, so that
  // nothing that happens during the scan is missed.
  void aim();
  // Reads off what was told; the caller scans.
  void clear();

private:
  const char* m_folder;
  int m_inotify = -1;
  int m_parent = -1;
};

}  // namespace lull::presence
