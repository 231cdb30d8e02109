// SPDX-License-Identifier: Apache-2.0
// What a hostile program tries, one verb each. Links libc alone, so that it runs in any root.
#pragma once

#include <cerrno>
#include <span>

namespace hostile {

enum class Got { Through, Denied, Unusable };  // Unusable: asked wrongly, or this kernel has no such thing at all

using Words = std::span<char*>;
struct Attempt {
  const char* verb;
  Got (*attempt)(Words words);
};

std::span<const Attempt> fileAttempts();
std::span<const Attempt> networkAttempts();
std::span<const Attempt> processAttempts();
std::span<const Attempt> kernelAttempts();
std::span<const Attempt> greedAttempts();

// Of a system call's result.
inline Got through(long result) { return result >= 0 ? Got::Through : Got::Denied; }
// Harmless arguments: whether the call was looked at at all.
inline Got reached(long result) {
  return result >= 0 || (errno != EPERM && errno != ENOSYS && errno != EACCES) ? Got::Through : Got::Denied;
}

}  // namespace hostile
