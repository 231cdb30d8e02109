// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <pthread.h>

namespace lull::governor {

// A thread of ours inside somebody's program: small stack, no signal is ever delivered to it. False: no thread.
[[nodiscard]] bool startThread(void* (*body)(void*), void* argument, pthread_t* thread);

}  // namespace lull::governor
