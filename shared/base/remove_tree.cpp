// SPDX-License-Identifier: Apache-2.0
#include "base/remove_tree.h"

#include "base/folder.h"

#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>
#include <cstdio>
#include <string>

namespace lull {

namespace {

constexpr int kLevels = 32;  // each has a folder open, and its part of the stack

// False: errno says why.
class Removal {
public:
  explicit Removal(const Fd& top) : m_top(top.get()) {}

  bool clear() {
    do {
      m_again = false;
      if (!clear(m_top, ".", kLevels)) return false;
    } while (m_again);
    return true;
  }

private:
  bool clear(int at, const char* name, int levels) {
    return forEachIn(openFolder(at, name),
                     [&](int folder, const char* inside) { return remove(folder, inside, levels); });
  }

  bool remove(int folder, const char* name, int levels) {
    if (::unlinkat(folder, name, 0) == 0 || errno == ENOENT) return true;
    if (errno != EISDIR) return false;
    // A folder must be writable before its contents can go or it can be moved, and readable before they are known.
    static_cast<void>(::fchmodat(folder, name, S_IRWXU, 0));
    if (levels == 0) return moveUp(folder, name);
    return clear(folder, name, levels - 1) && ::unlinkat(folder, name, AT_REMOVEDIR) == 0;
  }

  // Too deep: its turn comes in another round, beside the others.
  bool moveUp(int folder, const char* name) {
    m_again = true;
    do {
      const auto free = "deep." + std::to_string(++m_moved);
      if (::renameat(folder, name, m_top, free.c_str()) == 0) return true;
    } while (errno == EEXIST || errno == ENOTEMPTY || errno == ENOTDIR);
    return false;
  }

  const int m_top;
  bool m_again = false;
  std::uint64_t m_moved = 0;
};

}  // namespace

Outcome removeTree(const std::filesystem::path& tree) {
  const auto failed = [&tree] { return fromErrno("remove", tree.native()); };
  if (::unlink(tree.c_str()) == 0 || errno == ENOENT) return {};
  if (errno != EISDIR) return failed();
  static_cast<void>(::chmod(tree.c_str(), S_IRWXU));
  const auto top = openFolder(AT_FDCWD, tree.c_str());
  if (!top || !Removal(top).clear() || ::rmdir(tree.c_str()) != 0) return failed();
  return {};
}

}  // namespace lull
