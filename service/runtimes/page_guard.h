// SPDX-License-Identifier: Apache-2.0
// A worker holds its page as a file and may cut it short: touching what is gone would end the service (SIGBUS). Guarded
// pages become empty memory instead.
#pragma once

#include <cstddef>

namespace lull::runtimes {

// One mapping while this lives. Any thread may touch it; it is made and ended on one.
class PageGuard {
public:
  PageGuard(void* begin, std::size_t bytes);
  PageGuard(PageGuard&& other) noexcept;
  PageGuard& operator=(PageGuard&&) = delete;
  ~PageGuard();

private:
  int m_slot = -1;
};

}  // namespace lull::runtimes
