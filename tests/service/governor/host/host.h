// SPDX-License-Identifier: Apache-2.0
// A small Vulkan program that knows nothing of Lull, led by lines on its standard input; each is answered by a line.
// Its work counts its runs in a buffer and takes as long as it is told (burn.comp).
#pragma once

#include "service/governor/semantics/commands.h"

#include <string>
#include <string_view>

namespace host {

using namespace semantics;

// From "start" to "destroy".
struct Host {
  Host(std::span<const std::uint32_t> words, std::uint32_t queues);

  Instance instance;
  Gpu gpu;
  Kernel kernel;
  Buffer counts;
  DescriptorSet set;
  CommandPool pool;
  std::vector<Fence> fences;  // of all that was submitted with one
  std::vector<Semaphore> semaphores;
  std::vector<QueryPool> queries;
  std::vector<Memory> extra;
  Semaphore timeline;
  std::uint64_t told = 0;  // the timeline's last value that something will signal
};

[[nodiscard]] VkFence newFence(Host& h);
// So many groups of work, each with so many turns.
[[nodiscard]] VkCommandBuffer record(Host& h, std::uint32_t groups, std::uint32_t turns);
void work(Host& h, std::uint32_t groups, std::uint32_t turns);

// Two numbers may stand behind a verb; 1 where they do not.
struct Verb {
  std::string_view name;
  std::string (*obey)(Host& h, std::uint64_t a, std::uint32_t b);
};
[[nodiscard]] std::span<const Verb> workVerbs();      // work.cpp
[[nodiscard]] std::span<const Verb> orderingVerbs();  // ordering.cpp

}  // namespace host
