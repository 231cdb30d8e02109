// SPDX-License-Identifier: Apache-2.0
// The program's waits and questions: fences, semaphores, events, queries. What is still on a list is not signalled,
// whatever the driver says of it. While the gate is closed a program that keeps asking is put to sleep for a while each
// time, so that it uses no CPU.
#include "governor/hooks.h"
#include "governor/process.h"
#include "governor/queue/moment.h"

#include <algorithm>
#include <utility>

namespace lull::governor {

namespace {

constexpr std::uint64_t kFirstTurnNs = 1'000'000;
constexpr std::uint64_t kLongestTurnNs = 20'000'000;

thread_local std::uint64_t t_restNs = 0;

// Asks; where the answer is "not yet" and nothing may run, sleeps and asks once more.
template <typename Ask>
VkResult askPatiently(Device& device, VkResult notYet, Ask ask) {
  const VkResult result = ask();
  if (result != notYet || device.gate()->mayRun()) {
    t_restNs = 0;
    return result;
  }
  device.gate()->rest(t_restNs);
  return ask();
}

// Some are with the driver and some are not: waits for the ones in the driver in turns, each with an end.
VkResult waitForSome(Device& device, std::span<const VkFence> fences, std::uint64_t momentNs) {
  std::vector<VkFence> handed;
  for (std::uint64_t turnNs = kFirstTurnNs;; turnNs = std::min(2 * turnNs, kLongestTurnNs)) {
    if (!device.fences().waitForAny(fences, momentNs)) return VK_TIMEOUT;
    if (device.isLost()) return VK_ERROR_DEVICE_LOST;
    handed.clear();
    std::copy_if(fences.begin(), fences.end(), std::back_inserter(handed),
                 [&](VkFence fence) { return !device.fences().holds(fence); });
    const bool all = handed.size() == fences.size();
    const std::uint64_t leftNs = leftUntil(momentNs);
    const VkResult result =
        device.table().WaitForFences(device.handle(), static_cast<std::uint32_t>(handed.size()), handed.data(),
                                     VK_FALSE, all ? leftNs : std::min(turnNs, leftNs));
    if (result != VK_TIMEOUT || all || leftNs <= turnNs) return result;
  }
}

VkResult waitFor(Device& device, std::span<const VkFence> fences, bool all, std::uint64_t timeoutNs) {
  const std::uint64_t moment = momentAfter(timeoutNs);
  if (!all && fences.size() > 1) return waitForSome(device, fences, moment);
  if (!device.fences().waitForAll(fences, moment)) return VK_TIMEOUT;
  if (device.isLost()) return VK_ERROR_DEVICE_LOST;
  const auto count = static_cast<std::uint32_t>(fences.size());
  return device.table().WaitForFences(device.handle(), count, fences.data(), VK_TRUE, leftUntil(moment));
}

VKAPI_ATTR VkResult VKAPI_CALL waitForFences(VkDevice handle, uint32_t count, const VkFence* fences, VkBool32 all,
                                             uint64_t timeoutNs) noexcept {
  Device* device = Process::get().device(handle);
  if (device == nullptr) return VK_ERROR_DEVICE_LOST;
  try {
    return askPatiently(*device, VK_TIMEOUT, [&, first = true, timeoutNs]() mutable {
      return waitFor(*device, {fences, count}, all == VK_TRUE, std::exchange(first, false) ? timeoutNs : 0);
    });
  } catch (...) {
    return VK_ERROR_OUT_OF_HOST_MEMORY;
  }
}

VKAPI_ATTR VkResult VKAPI_CALL getFenceStatus(VkDevice handle, VkFence fence) noexcept {
  Device* device = Process::get().device(handle);
  if (device == nullptr) return VK_ERROR_DEVICE_LOST;
  return askPatiently(*device, VK_NOT_READY, [&] {
    if (device->isLost()) return VK_ERROR_DEVICE_LOST;
    if (device->fences().holds(fence)) return VK_NOT_READY;
    return device->table().GetFenceStatus(handle, fence);
  });
}

VKAPI_ATTR VkResult VKAPI_CALL createSemaphore(VkDevice handle, const VkSemaphoreCreateInfo* info,
                                               const VkAllocationCallbacks* allocator,
                                               VkSemaphore* semaphore) noexcept {
  Device* device = Process::get().device(handle);
  if (device == nullptr) return VK_ERROR_DEVICE_LOST;
  const VkResult result = device->table().CreateSemaphore(handle, info, allocator, semaphore);
  if (result != VK_SUCCESS) return result;
  try {
    auto payload = std::make_shared<Payload>();
    const auto* type = inChain<VkSemaphoreTypeCreateInfo>(info->pNext);
    payload->timeline = type != nullptr && type->semaphoreType == VK_SEMAPHORE_TYPE_TIMELINE;
    if (payload->timeline) payload->assured.store(type->initialValue);
    const auto* exported = inChain<VkExportSemaphoreCreateInfo>(info->pNext);
    constexpr VkExternalSemaphoreHandleTypeFlags kCopied = VK_EXTERNAL_SEMAPHORE_HANDLE_TYPE_SYNC_FD_BIT;
    const bool shared = exported != nullptr && (exported->handleTypes & ~kCopied) != 0;
    payload->foreign.store(shared);
    payload->shared.store(shared);
    device->semaphores().add(*semaphore, std::move(payload));
    return VK_SUCCESS;
  } catch (...) {
    device->table().DestroySemaphore(handle, *semaphore, allocator);
    return VK_ERROR_OUT_OF_HOST_MEMORY;
  }
}

// Forgotten first: the driver may give the same handle to another thread as soon as it is free.
VKAPI_ATTR void VKAPI_CALL destroySemaphore(VkDevice handle, VkSemaphore semaphore,
                                            const VkAllocationCallbacks* allocator) noexcept {
  Device* device = Process::get().device(handle);
  if (device == nullptr) return;
  device->semaphores().remove(semaphore);
  device->table().DestroySemaphore(handle, semaphore, allocator);
}

VKAPI_ATTR VkResult VKAPI_CALL signalSemaphore(VkDevice handle, const VkSemaphoreSignalInfo* info) noexcept {
  Device* device = Process::get().device(handle);
  if (device == nullptr) return VK_ERROR_DEVICE_LOST;
  const DeviceTable& vk = device->table();
  const VkResult result = (vk.SignalSemaphore != nullptr ? vk.SignalSemaphore : vk.SignalSemaphoreKHR)(handle, info);
  if (result == VK_SUCCESS) device->semaphores().assure(info->semaphore, info->value);
  return result;
}

VKAPI_ATTR VkResult VKAPI_CALL waitSemaphores(VkDevice handle, const VkSemaphoreWaitInfo* info,
                                              uint64_t timeoutNs) noexcept {
  Device* device = Process::get().device(handle);
  if (device == nullptr) return VK_ERROR_DEVICE_LOST;
  const DeviceTable& vk = device->table();
  const auto wait = vk.WaitSemaphores != nullptr ? vk.WaitSemaphores : vk.WaitSemaphoresKHR;
  const VkResult result = askPatiently(*device, VK_TIMEOUT, [&, timeoutNs]() mutable {
    return device->isLost() ? VK_ERROR_DEVICE_LOST : wait(handle, info, std::exchange(timeoutNs, 0));
  });
  if (result == VK_SUCCESS) device->letCallsReturn();
  return result;
}

// Only the program knows which value it hopes for: every answer counts as "not yet".
VKAPI_ATTR VkResult VKAPI_CALL getSemaphoreValue(VkDevice handle, VkSemaphore semaphore, uint64_t* value) noexcept {
  Device* device = Process::get().device(handle);
  if (device == nullptr) return VK_ERROR_DEVICE_LOST;
  const DeviceTable& vk = device->table();
  const auto get =
      vk.GetSemaphoreCounterValue != nullptr ? vk.GetSemaphoreCounterValue : vk.GetSemaphoreCounterValueKHR;
  const VkResult result = askPatiently(
      *device, VK_SUCCESS, [&] { return device->isLost() ? VK_ERROR_DEVICE_LOST : get(handle, semaphore, value); });
  device->letCallsReturn();
  return result;
}

VKAPI_ATTR VkResult VKAPI_CALL getEventStatus(VkDevice handle, VkEvent event) noexcept {
  Device* device = Process::get().device(handle);
  if (device == nullptr) return VK_ERROR_DEVICE_LOST;
  return askPatiently(*device, VK_EVENT_RESET, [&] {
    return device->isLost() ? VK_ERROR_DEVICE_LOST : device->table().GetEventStatus(handle, event);
  });
}

// The first of some list waits for what this very thread may do next, and the queries may lie before it: so the driver
// is asked again and again, and never waits itself.
template <typename Get>
VkResult awaitQueries(Device& device, VkQueryResultFlags flags, Get get) {
  constexpr VkQueryResultFlags kWaits = VK_QUERY_RESULT_WAIT_BIT | VK_QUERY_RESULT_PARTIAL_BIT;
  std::uint64_t restNs = 0;
  for (std::uint64_t turnNs = kFirstTurnNs;; turnNs = std::min(2 * turnNs, kLongestTurnNs)) {
    const std::uint64_t seen = device.semaphores().changes();
    const VkResult handed = device.handOverWhatCan();
    if (handed != VK_NOT_READY) return handed == VK_SUCCESS ? get(flags) : handed;
    const VkResult result = get(flags & ~kWaits);
    if (result != VK_NOT_READY) return result == VK_SUCCESS ? get(flags) : result;
    if (device.gate()->mayRun()) {
      device.semaphores().waitForChange(seen, momentAfter(turnNs));
    } else {
      device.gate()->rest(restNs);
    }
  }
}

// A driver that waits for a query may wait for what it never got.
VKAPI_ATTR VkResult VKAPI_CALL getQueryResults(VkDevice handle, VkQueryPool pool, uint32_t first, uint32_t count,
                                               size_t bytes, void* data, VkDeviceSize stride,
                                               VkQueryResultFlags flags) noexcept {
  Device* device = Process::get().device(handle);
  if (device == nullptr) return VK_ERROR_DEVICE_LOST;
  const auto get = [&](VkQueryResultFlags asked) {
    if (device->isLost()) return VK_ERROR_DEVICE_LOST;
    return device->table().GetQueryPoolResults(handle, pool, first, count, bytes, data, stride, asked);
  };
  if ((flags & VK_QUERY_RESULT_WAIT_BIT) == 0) return askPatiently(*device, VK_NOT_READY, [&] { return get(flags); });
  try {
    return awaitQueries(*device, flags, get);
  } catch (...) {
    return VK_ERROR_OUT_OF_HOST_MEMORY;
  }
}

}  // namespace

Hooks waitHooks() {
  static const Hook hooks[] = {
      {"vkWaitForFences", hooked(&waitForFences)},
      {"vkGetFenceStatus", hooked(&getFenceStatus)},
      {"vkCreateSemaphore", hooked(&createSemaphore)},
      {"vkDestroySemaphore", hooked(&destroySemaphore)},
      {"vkSignalSemaphore", hooked(&signalSemaphore)},
      {"vkSignalSemaphoreKHR", hooked(&signalSemaphore)},
      {"vkWaitSemaphores", hooked(&waitSemaphores)},
      {"vkWaitSemaphoresKHR", hooked(&waitSemaphores)},
      {"vkGetSemaphoreCounterValue", hooked(&getSemaphoreValue)},
      {"vkGetSemaphoreCounterValueKHR", hooked(&getSemaphoreValue)},
      {"vkGetEventStatus", hooked(&getEventStatus)},
      {"vkGetQueryPoolResults", hooked(&getQueryResults)},
  };
  return hooks;
}

}  // namespace lull::governor
