// SPDX-License-Identifier: Apache-2.0
#include "governor/thread.h"

#include <signal.h>

#include <cstddef>

namespace lull::governor {

namespace {

// Drivers wait inside it, so it is not the smallest possible.
constexpr std::size_t kStackBytes = 512 * 1024;

}  // namespace

bool startThread(void* (*body)(void*), void* argument, pthread_t* thread) {
  sigset_t all;
  sigset_t before;
  ::sigfillset(&all);
  ::pthread_sigmask(SIG_BLOCK, &all, &before);  // inherited by the new thread
  pthread_attr_t attributes;
  ::pthread_attr_init(&attributes);
  ::pthread_attr_setstacksize(&attributes, kStackBytes);
  const bool started = ::pthread_create(thread, &attributes, body, argument) == 0;
  ::pthread_attr_destroy(&attributes);
  ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
  if (started) ::pthread_setname_np(*thread, "lull-governor");
  return started;
}

}  // namespace lull::governor
