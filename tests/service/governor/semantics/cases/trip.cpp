// SPDX-License-Identifier: Apache-2.0
// What breaks the rules on purpose: under validation each must be reported, which proves that the check is on.
#include "chain.h"
#include "suite.h"

#include <atomic>
#include <chrono>
#include <thread>

namespace semantics {

namespace {

void mustHaveBeenHeard(Run& run, std::uint32_t before) {
  check(messagesHeard() > before, "validation did not report it");
  run.digest.add(1);
}

// Two writes to the same bytes with nothing in between.
void synchronization(Run& run) {
  const Buffer buffer(run.gpu, 64);
  const std::uint32_t before = messagesHeard();
  Recording commands(run.gpu);
  vkCmdFillBuffer(commands, buffer, 0, VK_WHOLE_SIZE, 1);
  vkCmdFillBuffer(commands, buffer, 0, VK_WHOLE_SIZE, 2);
  commands.run();
  mustHaveBeenHeard(run, before);
}

// Two threads change one event. (Harmless in every driver, forbidden all the same.)
void threads(Run& run) {
  const Event event = makeEvent(run.gpu);
  const std::uint32_t before = messagesHeard();
  std::atomic<bool> stop{false};
  const auto turn = [&] {
    while (!stop) {
      require(vkSetEvent(run.gpu.device(), event), "vkSetEvent");
      require(vkResetEvent(run.gpu.device(), event), "vkResetEvent");
    }
  };
  std::thread first(turn);
  std::thread second(turn);
  const auto limit = std::chrono::steady_clock::now() + std::chrono::seconds(20);
  while (messagesHeard() == before && std::chrono::steady_clock::now() < limit) std::this_thread::yield();
  stop = true;
  first.join();
  second.join();
  mustHaveBeenHeard(run, before);
}

// A copy that reads beyond the end of its buffer.
void core(Run& run) {
  const Buffer buffer(run.gpu, 64);
  const Buffer other(run.gpu, 64);
  const std::uint32_t before = messagesHeard();
  Recording commands(run.gpu);
  const VkBufferCopy region{0, 0, 512};
  vkCmdCopyBuffer(commands, buffer, other, 1, &region);
  mustHaveBeenHeard(run, before);
}

constexpr Case kCases[] = {
    {"trip.synchronization", Kind::Trip, synchronization},
    {"trip.threads", Kind::Trip, threads},
    {"trip.core", Kind::Trip, core},
};

}  // namespace

Cases tripCases() { return kCases; }

}  // namespace semantics
