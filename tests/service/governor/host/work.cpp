// SPDX-License-Identifier: Apache-2.0
// Plain work: submitted in every way, waited for, asked for.
#include "service/governor/host/host.h"

#include <chrono>
#include <ctime>
#include <thread>

namespace host {

VkFence newFence(Host& h) { return h.fences.emplace_back(makeFence(h.gpu)); }

VkCommandBuffer record(Host& h, std::uint32_t groups, std::uint32_t turns) {
  VkCommandBuffer commands = allocate(h.gpu, h.pool);
  begin(commands);
  bind(commands, h.kernel, h.set);
  push(commands, h.kernel.layout(), turns);
  vkCmdDispatch(commands, groups, 1, 1);
  end(commands);
  return commands;
}

void work(Host& h, std::uint32_t groups, std::uint32_t turns) {
  VkCommandBuffer commands = record(h, groups, turns);
  submit(h.gpu, commands, newFence(h));
}

namespace {

std::string workWithAFence(Host& h, std::uint64_t groups, std::uint32_t turns) {
  work(h, static_cast<std::uint32_t>(groups), turns);
  return "ok";
}

std::string workWithout(Host& h, std::uint64_t groups, std::uint32_t turns) {
  submit(h.gpu, record(h, static_cast<std::uint32_t>(groups), turns));
  return "ok";
}

std::string workBySubmit2(Host& h, std::uint64_t groups, std::uint32_t turns) {
  const VkCommandBufferSubmitInfo buffer{.sType = VK_STRUCTURE_TYPE_COMMAND_BUFFER_SUBMIT_INFO,
                                         .commandBuffer = record(h, static_cast<std::uint32_t>(groups), turns)};
  const VkSubmitInfo2 info{
      .sType = VK_STRUCTURE_TYPE_SUBMIT_INFO_2, .commandBufferInfoCount = 1, .pCommandBufferInfos = &buffer};
  require(vkQueueSubmit2(h.gpu.queue(), 1, &info, newFence(h)), "vkQueueSubmit2");
  return "ok";
}

std::string empty(Host& h, std::uint64_t, std::uint32_t) {
  require(vkQueueSubmit(h.gpu.queue(), 0, nullptr, newFence(h)), "vkQueueSubmit");
  return "ok";
}

std::string waitForAll(Host& h, std::uint64_t, std::uint32_t) {
  const std::vector<VkFence> all(h.fences.begin(), h.fences.end());
  const auto count = static_cast<std::uint32_t>(all.size());
  if (count > 0) require(vkWaitForFences(h.gpu.device(), count, all.data(), VK_TRUE, UINT64_MAX), "vkWaitForFences");
  return "ok";
}

std::string idle(Host& h, std::uint64_t, std::uint32_t) {
  h.gpu.waitIdle();
  return "ok";
}

std::string lastFence(Host& h, std::uint64_t, std::uint32_t) {
  return vkGetFenceStatus(h.gpu.device(), h.fences.back()) == VK_SUCCESS ? "signalled" : "pending";
}

std::string count(Host& h, std::uint64_t, std::uint32_t) { return std::to_string(h.counts[0]); }

// Asks for the last fence again and again for so long: how often it could, and how much CPU time it took.
std::string spin(Host& h, std::uint64_t milliseconds, std::uint32_t) {
  const auto cpuMs = [] { return std::clock() * 1000 / CLOCKS_PER_SEC; };
  const auto before = cpuMs();
  const auto end = std::chrono::steady_clock::now() + std::chrono::milliseconds(milliseconds);
  std::uint64_t asked = 0;
  for (; std::chrono::steady_clock::now() < end; ++asked) {
    if (vkGetFenceStatus(h.gpu.device(), h.fences.back()) != VK_NOT_READY) return "done";
  }
  return std::to_string(asked) + " " + std::to_string(cpuMs() - before);
}

// How long it takes, in ns for each, to submit so many small pieces of work and to see the last one done.
std::string burst(Host& h, std::uint64_t pieces, std::uint32_t turns) {
  std::vector<VkCommandBuffer> all;
  for (std::uint64_t i = 0; i < pieces; ++i) all.push_back(record(h, 1, turns));
  VkFence fence = newFence(h);
  const auto from = std::chrono::steady_clock::now();
  for (VkCommandBuffer commands : all) submit(h.gpu, commands, commands == all.back() ? fence : VK_NULL_HANDLE);
  wait(h.gpu, fence);
  const std::chrono::nanoseconds took = std::chrono::steady_clock::now() - from;
  return std::to_string(took.count() / static_cast<std::int64_t>(pieces));
}

// Memory of the GPU's own.
std::string allocateMore(Host& h, std::uint64_t bytes, std::uint32_t) {
  const VkMemoryAllocateInfo info{.sType = VK_STRUCTURE_TYPE_MEMORY_ALLOCATE_INFO,
                                  .allocationSize = bytes,
                                  .memoryTypeIndex = h.gpu.memoryType(~0U, VK_MEMORY_PROPERTY_DEVICE_LOCAL_BIT)};
  VkDeviceMemory memory = VK_NULL_HANDLE;
  require(vkAllocateMemory(h.gpu.device(), &info, nullptr, &memory), "vkAllocateMemory");
  h.extra.emplace_back(h.gpu.device(), memory);
  return "ok";
}

std::string freeLast(Host& h, std::uint64_t, std::uint32_t) {
  h.extra.pop_back();
  return "ok";
}

// For leaving while a thread of the program's own waits at the gate.
std::string inBackground(Host& h, std::uint64_t, std::uint32_t) {
  std::thread([&h] { work(h, 1, 1); }).detach();
  return "ok";
}

}  // namespace

std::span<const Verb> workVerbs() {
  static constexpr Verb kVerbs[] = {
      {"work", workWithAFence},
      {"nofence", workWithout},
      {"submit2", workBySubmit2},
      {"empty", empty},
      {"wait", waitForAll},
      {"idle", idle},
      {"fence", lastFence},
      {"count", count},
      {"spin", spin},
      {"burst", burst},
      {"allocate", allocateMore},
      {"free", freeLast},
      {"background", inBackground},
  };
  return kVerbs;
}

}  // namespace host
