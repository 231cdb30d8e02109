// SPDX-License-Identifier: Apache-2.0
// Loaded into the programs of llama.cpp (LD_PRELOAD): lets them print all they have to say before they end. They print
// on a thread of their own, and since they leak their log on purpose (ggml-org/llama.cpp#22273) nobody waits for it at
// exit: what it has not printed by then is lost. Bare, llama-embedding loses half its numbers every tenth time.
//
// It asks nothing of any library, so that it loads beside every libc.

struct common_log;
__attribute__((weak)) common_log* common_log_main();
__attribute__((weak)) void common_log_pause(common_log* log);  // returns when all is printed

namespace {

__attribute__((destructor)) void printTheRest() {
  if (common_log_main != nullptr && common_log_pause != nullptr) common_log_pause(common_log_main());
}

}  // namespace
