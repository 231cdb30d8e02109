// SPDX-License-Identifier: Apache-2.0
// Root passes through all rights of files: where those count, a test that root runs is somebody else for a while.
#pragma once

#include <unistd.h>

#include <filesystem>

namespace lull::test {

class Nobody {
public:
  // The folder becomes theirs.
  explicit Nobody(const std::filesystem::path& folder) {
    if (::geteuid() != 0) return;
    m_is = ::chown(folder.c_str(), kNobody, kNobody) == 0 && ::seteuid(kNobody) == 0;
  }
  ~Nobody() {
    if (m_is && ::seteuid(0) != 0) ::_exit(1);
  }
  Nobody(const Nobody&) = delete;
  Nobody& operator=(const Nobody&) = delete;

private:
  static constexpr uid_t kNobody = 65534;
  bool m_is = false;
};

}  // namespace lull::test
