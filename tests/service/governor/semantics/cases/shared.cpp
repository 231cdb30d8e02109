// SPDX-License-Identifier: Apache-2.0
// What others have a hand in: semaphores and fences of theirs, the screen, structures that only others know, memory;
// and a device that is lost. The software GPU has nothing of this but memory, so it is pretended
// (LULL_PRETEND_SHARING).
#include "batch.h"
#include "suite.h"
#include "witness.h"

#include <fcntl.h>
#include <unistd.h>

#include <cstdlib>
#include <iostream>
#include <string>

namespace semantics {

namespace {

// What only the pretended GPU has. Ends the case as skipped where it is another.
template <typename F>
F pretended(const Gpu& gpu, const char* name) {
  const PFN_vkVoidFunction found = vkGetDeviceProcAddr(gpu.device(), name);
  if (found == nullptr) throw Skip{std::string("nobody pretends ") + name};
  return reinterpret_cast<F>(found);
}

using OfSemaphore = VkResult(VKAPI_PTR*)(VkDevice, VkSemaphore);

Semaphore imported(const Gpu& gpu) {
  Semaphore semaphore = makeSemaphore(gpu);
  const VkImportSemaphoreFdInfoKHR info{.sType = VK_STRUCTURE_TYPE_IMPORT_SEMAPHORE_FD_INFO_KHR,
                                        .semaphore = semaphore,
                                        .handleType = VK_EXTERNAL_SEMAPHORE_HANDLE_TYPE_OPAQUE_FD_BIT,
                                        .fd = ::open("/dev/null", O_RDWR | O_CLOEXEC)};
  require(gpu.function<PFN_vkImportSemaphoreFdKHR>("vkImportSemaphoreFdKHR")(gpu.device(), &info), "import");
  return semaphore;
}

// Who leads the program by lines hears of it and says when to go on; nobody does otherwise.
void waitToBeLed() {
  if (std::getenv("LULL_SEMANTICS_LED") == nullptr) return;
  std::cout << "WAITING shared" << std::endl;
  std::string line;
  std::getline(std::cin, line);
}

// Work that waits for somebody else, and work behind it; twice.
void waitedFor(Run& run) {
  const auto signal = pretended<OfSemaphore>(run.gpu, "vkPretendSignalLULL");
  Chain chain(run.gpu);
  const CommandPool pool = makePool(run.gpu);
  const Semaphore theirs = imported(run.gpu);
  for (std::uint32_t i = 0; i < 2; ++i) {
    const Fence first = makeFence(run.gpu);
    const Fence second = makeFence(run.gpu);
    go(run.gpu, {.commands = recorded(run.gpu, pool, chain, 3 + i), .wait = theirs}, first);
    go(run.gpu, {.commands = recorded(run.gpu, pool, chain, 4 + i)}, second);
    check(vkGetFenceStatus(run.gpu.device(), first) == VK_NOT_READY, "it did not wait");
    if (i == 0) waitToBeLed();
    same(chain.value(), chain.wanted(), "the value before the signal");
    require(signal(run.gpu.device(), theirs), "vkPretendSignalLULL");
    wait(run.gpu, second);
    require(vkGetFenceStatus(run.gpu.device(), first), "the first fence");
    chain.expect(6, 3 + i);
    chain.expect(6, 4 + i);
  }
  run.gpu.waitIdle();
  chain.verify(run);
}

// Others may wait for an exported semaphore as soon as the call that signals it has returned.
void signalledForOthers(Run& run) {
  const auto signals = pretended<std::uint64_t(VKAPI_PTR*)(VkDevice, VkSemaphore)>(run.gpu, "vkPretendSignalsLULL");
  Chain chain(run.gpu);
  const CommandPool pool = makePool(run.gpu);
  const Semaphore ours = makeSemaphore(run.gpu);
  int fd = -1;
  const VkSemaphoreGetFdInfoKHR info{.sType = VK_STRUCTURE_TYPE_SEMAPHORE_GET_FD_INFO_KHR,
                                     .semaphore = ours,
                                     .handleType = VK_EXTERNAL_SEMAPHORE_HANDLE_TYPE_OPAQUE_FD_BIT};
  require(run.gpu.function<PFN_vkGetSemaphoreFdKHR>("vkGetSemaphoreFdKHR")(run.gpu.device(), &info, &fd), "export");
  ::close(fd);
  for (std::uint32_t i = 0; i < 4; ++i) {
    for (std::uint32_t more = 0; more < 10; ++more) {
      go(run.gpu, {.commands = recorded(run.gpu, pool, chain, i)});
      chain.expect(6, i);
    }
    go(run.gpu, {.commands = recorded(run.gpu, pool, chain, 7), .signal = ours});
    same(signals(run.gpu.device(), ours), i + 1, "signals that the driver has");
    go(run.gpu, {.commands = recorded(run.gpu, pool, chain, 8), .wait = ours});
    chain.expect(6, 7);
    chain.expect(6, 8);
  }
  run.gpu.waitIdle();
  chain.verify(run);
}

// The fence of a submission that waits for what this thread signals only later.
void fenceOfWhatWaits(Run& run) {
  pretended<OfSemaphore>(run.gpu, "vkPretendSignalLULL");
  Chain chain(run.gpu);
  const CommandPool pool = makePool(run.gpu);
  const Semaphore line = makeTimeline(run.gpu);
  const auto get = run.gpu.function<PFN_vkGetFenceFdKHR>("vkGetFenceFdKHR");
  for (const auto type : {VK_EXTERNAL_FENCE_HANDLE_TYPE_OPAQUE_FD_BIT, VK_EXTERNAL_FENCE_HANDLE_TYPE_SYNC_FD_BIT}) {
    const std::uint64_t value = valueOf(run.gpu, line) + 1;
    const Fence fence = makeFence(run.gpu);
    const Fence last = makeFence(run.gpu);
    go(run.gpu, {.commands = recorded(run.gpu, pool, chain, 5), .wait = line, .waitValue = value}, fence);
    go(run.gpu, {.commands = recorded(run.gpu, pool, chain, 6)}, last);
    int fd = -1;
    const VkFenceGetFdInfoKHR info{
        .sType = VK_STRUCTURE_TYPE_FENCE_GET_FD_INFO_KHR, .fence = fence, .handleType = type};
    require(get(run.gpu.device(), &info, &fd), "vkGetFenceFdKHR");
    ::close(fd);
    same(chain.value(), chain.wanted(), "the value before the signal");
    signalFromHost(run.gpu, line, value);
    chain.expect(6, 5);
    chain.expect(6, 6);
    wait(run.gpu, last);
  }
  run.gpu.waitIdle();
  chain.verify(run);
}

// A structure that nobody knows, behind work that waits for this thread, with waits of its own; and what waits for it.
void unheardOfBehindAWait(Run& run) {
  pretended<OfSemaphore>(run.gpu, "vkPretendSignalLULL");
  Chain chain(run.gpu);
  const CommandPool pool = makePool(run.gpu);
  const Semaphore first = makeTimeline(run.gpu);
  const Semaphore second = makeTimeline(run.gpu);
  const Semaphore done = makeTimeline(run.gpu);
  for (std::uint32_t i = 1; i <= 3; ++i) {
    WitnessStructure unheardOf{.sType = kWitnessStructure, .pNext = nullptr, .value = i};
    const Semaphore link = makeSemaphore(run.gpu);
    go(run.gpu, {.commands = recorded(run.gpu, pool, chain, i), .wait = first, .waitValue = i});
    go(run.gpu, {.commands = recorded(run.gpu, pool, chain, 10 + i),
                 .wait = second,
                 .waitValue = i,
                 .signal = done,
                 .signalValue = 2 * i - 1,
                 .unheardOf = reinterpret_cast<VkBaseInStructure*>(&unheardOf)});
    WitnessStructure another{.sType = kWitnessStructure, .pNext = nullptr, .value = i};
    go(run.gpu, {.signal = link, .unheardOf = reinterpret_cast<VkBaseInStructure*>(&another)});
    go(run.gpu, {.commands = recorded(run.gpu, pool, chain, 20 + i), .wait = done, .waitValue = 2 * i - 1});
    same(chain.value(), chain.wanted(), "the value before the signals");
    signalFromHost(run.gpu, second, i);
    signalFromHost(run.gpu, first, i);
    // Not before: a binary semaphore may be waited for when all that its signal depends on was submitted.
    go(run.gpu,
       {.commands = recorded(run.gpu, pool, chain, 30 + i), .wait = link, .signal = done, .signalValue = 2 * i});
    for (const std::uint32_t add : {i, 10 + i, 20 + i, 30 + i}) chain.expect(6, add);
    require(waitValue(run.gpu, done, 2 * i), "vkWaitSemaphores");
    run.gpu.waitIdle();
    same(chain.value(), chain.wanted(), "the value after the signals");
  }
  chain.verify(run);
}

// What is shown does not depend on what waits for this thread on the same queue.
void presented(Run& run) {
  pretended<OfSemaphore>(run.gpu, "vkPretendSignalLULL");
  const Gpu gpu(run.gpu.instance(), Gpu::Ask::AllQueues);
  if (gpu.queues().size() < 2) throw Skip{"there is one queue"};
  Chain chain(gpu);
  const CommandPool pool = makePoolOf(gpu, gpu.queues()[0].family);
  const Semaphore line = makeTimeline(gpu);
  const Semaphore link = makeSemaphore(gpu);
  const auto present = gpu.function<PFN_vkQueuePresentKHR>("vkQueuePresentKHR");
  go(gpu, {.signal = link, .queue = gpu.queues()[1].handle});
  go(gpu, {.commands = recorded(gpu, pool, chain, 2), .wait = line, .waitValue = 1, .queue = gpu.queues()[0].handle});
  const VkPresentInfoKHR info{
      .sType = VK_STRUCTURE_TYPE_PRESENT_INFO_KHR, .waitSemaphoreCount = 1, .pWaitSemaphores = link.address()};
  require(present(gpu.queues()[0].handle, &info), "vkQueuePresentKHR");
  same(chain.value(), chain.wanted(), "the value before the signal");
  signalFromHost(gpu, line, 1);
  gpu.waitIdle();
  chain.expect(6, 2);
  chain.verify(run);
}

// No call waits for ever, and all say so, whatever was on its way.
void lost(Run& run) {
  pretended<OfSemaphore>(run.gpu, "vkPretendSignalLULL");
  const Gpu gpu(run.gpu.instance());
  const auto lose = pretended<VkResult(VKAPI_PTR*)(VkDevice)>(gpu, "vkPretendLossLULL");
  Chain chain(gpu);
  const CommandPool pool = makePool(gpu);
  for (std::uint32_t i = 0; i < 20; ++i) go(gpu, {.commands = recorded(gpu, pool, chain, 1)});
  require(lose(gpu.device()), "vkPretendLossLULL");
  const Fence fence = makeFence(gpu);
  const VkSubmitInfo info{.sType = VK_STRUCTURE_TYPE_SUBMIT_INFO};
  const VkResult submitted = vkQueueSubmit(gpu.queue(), 1, &info, fence);
  check(submitted == VK_SUCCESS || submitted == VK_ERROR_DEVICE_LOST, "another result of vkQueueSubmit");
  if (submitted == VK_SUCCESS) {
    check(vkWaitForFences(gpu.device(), 1, fence.address(), VK_TRUE, UINT64_MAX) == VK_ERROR_DEVICE_LOST,
          "the fence's wait does not tell");
  }
  check(vkQueueWaitIdle(gpu.queue()) == VK_ERROR_DEVICE_LOST, "vkQueueWaitIdle does not tell");
  check(vkDeviceWaitIdle(gpu.device()) == VK_ERROR_DEVICE_LOST, "vkDeviceWaitIdle does not tell");
  check(vkQueueSubmit(gpu.queue(), 1, &info, VK_NULL_HANDLE) == VK_ERROR_DEVICE_LOST, "vkQueueSubmit does not tell");
  run.digest.add(1);
}

// One piece of memory under two names, the second by way of a file descriptor.
void memory(Run& run) {
  run.gpu.need(VK_KHR_EXTERNAL_MEMORY_FD_EXTENSION_NAME);
  constexpr auto kType = VK_EXTERNAL_MEMORY_HANDLE_TYPE_OPAQUE_FD_BIT;
  constexpr VkDeviceSize kBytes = 4096;
  const VkExternalMemoryBufferCreateInfo external{.sType = VK_STRUCTURE_TYPE_EXTERNAL_MEMORY_BUFFER_CREATE_INFO,
                                                  .handleTypes = kType};
  const VkBufferCreateInfo info{
      .sType = VK_STRUCTURE_TYPE_BUFFER_CREATE_INFO, .pNext = &external, .size = kBytes, .usage = Buffer::kUsual};
  using Plain = Owned<VkBuffer, vkDestroyBuffer>;
  const auto make = [&] {
    VkBuffer made = VK_NULL_HANDLE;
    require(vkCreateBuffer(run.gpu.device(), &info, nullptr, &made), "vkCreateBuffer");
    return Plain(run.gpu.device(), made);
  };
  const Plain here = make();
  const Plain there = make();
  VkMemoryRequirements needs{};
  vkGetBufferMemoryRequirements(run.gpu.device(), here, &needs);
  const auto hold = [&](const void* next, VkBuffer buffer) {
    const VkMemoryAllocateInfo allocate{.sType = VK_STRUCTURE_TYPE_MEMORY_ALLOCATE_INFO,
                                        .pNext = next,
                                        .allocationSize = needs.size,
                                        .memoryTypeIndex = run.gpu.memoryType(needs.memoryTypeBits, 0)};
    VkDeviceMemory made = VK_NULL_HANDLE;
    require(vkAllocateMemory(run.gpu.device(), &allocate, nullptr, &made), "vkAllocateMemory");
    require(vkBindBufferMemory(run.gpu.device(), buffer, made, 0), "vkBindBufferMemory");
    return Memory(run.gpu.device(), made);
  };
  const VkExportMemoryAllocateInfo exported{.sType = VK_STRUCTURE_TYPE_EXPORT_MEMORY_ALLOCATE_INFO,
                                            .handleTypes = kType};
  const Memory first = hold(&exported, here);
  const VkMemoryGetFdInfoKHR get{
      .sType = VK_STRUCTURE_TYPE_MEMORY_GET_FD_INFO_KHR, .memory = first, .handleType = kType};
  int fd = -1;
  require(run.gpu.function<PFN_vkGetMemoryFdKHR>("vkGetMemoryFdKHR")(run.gpu.device(), &get, &fd), "vkGetMemoryFdKHR");
  const VkImportMemoryFdInfoKHR given{
      .sType = VK_STRUCTURE_TYPE_IMPORT_MEMORY_FD_INFO_KHR, .handleType = kType, .fd = fd};
  const Memory second = hold(&given, there);
  const Buffer seen(run.gpu, kBytes / 4);
  const VkBufferCopy all{0, 0, kBytes};
  Recording commands(run.gpu);
  vkCmdFillBuffer(commands, here, 0, kBytes, 0x1234);
  barrier(commands);
  vkCmdCopyBuffer(commands, there, seen, 1, &all);
  commands.run();
  for (const std::uint32_t word : seen.words()) same(word, 0x1234, "a word of the memory");
  run.digest.add(seen.words());
}

constexpr Case kCases[] = {
    {"shared.waited_for", Kind::Full, waitedFor},
    {"shared.signalled_for_others", Kind::Full, signalledForOthers},
    {"shared.fence_of_what_waits", Kind::Full, fenceOfWhatWaits},
    {"shared.unheard_of_behind_a_wait", Kind::Full, unheardOfBehindAWait},
    {"shared.presented", Kind::Full, presented},
    {"shared.lost", Kind::Full, lost},
    {"shared.memory", Kind::Quick, memory},
};

}  // namespace

Cases sharedCases() { return kCases; }

}  // namespace semantics
