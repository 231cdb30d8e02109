// SPDX-License-Identifier: Apache-2.0
// Submissions: each passes the gate, is capped, and is watched until its work is done.
//
// A host fence keeps its meaning: it goes to the driver with the program's own batches. How the watcher learns of
// the end: by that same call's fence where the program gave none, else by an empty submission of ours behind it.
//
// The limit of this version: vkQueueSubmit itself blocks while the gate is closed. A program that, from one thread,
// submits a wait on a timeline semaphore and signals it later stays correct, but one thread that must answer something
// else meanwhile is held up, and work in flight on one queue that waits for a submission held back on another cannot
// drain until the gate opens. The cap alone never holds such a pair (Gate lets the second one pass after a while).
#include "governor/hooks.h"
#include "governor/metering/stamped.h"
#include "governor/process.h"

#include <unistd.h>

namespace lull::governor {

namespace {

[[noreturn]] void parkForever() {
  for (;;) ::pause();
}

template <typename Form>
bool carriesWork(const typename Form::Info* infos, uint32_t count) {
  return std::any_of(infos, infos + count, [](const auto& info) { return Form::count(info) > 0; });
}

template <typename Form>
Waits waitsOf(const typename Form::Info* infos, uint32_t count) {
  const bool any = std::any_of(infos, infos + count, [](const auto& info) { return Form::waits(info); });
  return any ? Waits::Semaphores : Waits::Nothing;
}

// True: this call is none of the governor's business. A page that is there but broken never returns.
bool passes(const Lane& lane) {
  if (Process::get().state() == Mapping::State::Broken) parkForever();
  return lane.device->gate() == nullptr;
}

// Sends the work by `send(fence, submission)`, which returns the driver's answer, and `sendFence(fence)` for an empty
// submission behind it.
template <typename Send, typename SendFence>
VkResult govern(const Lane& lane, Waits waits, VkFence hostFence, const Send& send, const SendFence& sendFence) {
  Device& device = *lane.device;
  Submission* submission = device.begin(lane.family, waits);
  if (submission == nullptr) return VK_ERROR_OUT_OF_HOST_MEMORY;
  const bool ours = hostFence == VK_NULL_HANDLE;
  const VkResult result = send(ours ? submission->fence : hostFence, *submission);
  if (result != VK_SUCCESS) {
    device.refused(submission);
    return result;
  }
  if (ours || sendFence(submission->fence) == VK_SUCCESS) {
    device.submitted(submission);
    return result;
  }
  // The work is out and nothing tells its end: wait for it here, and be sure.
  sendFence(VK_NULL_HANDLE);
  device.gate()->countUngoverned();
  device.refused(submission);
  return result;
}

template <typename Form, typename Submit>
VkResult submit(Submit next, VkQueue queue, uint32_t count, const typename Form::Info* infos, VkFence fence) {
  const Lane lane = Process::get().lane(queue);
  if (lane.device == nullptr) return VK_ERROR_DEVICE_LOST;
  const auto function = lane.device->table().*next;
  if (!carriesWork<Form>(infos, count) || passes(lane)) return function(queue, count, infos, fence);
  const auto send = [&](VkFence with, Submission& submission) {
    const Stamped<Form> stamped(infos, count, submission.stamp);
    if (!stamped.stamped()) lane.device->dropStamp(submission);
    return function(queue, count, stamped.infos(), with);
  };
  const auto sendFence = [&](VkFence with) {
    if (with == VK_NULL_HANDLE) return lane.device->table().QueueWaitIdle(queue);
    return function(queue, 0, nullptr, with);
  };
  return govern(lane, waitsOf<Form>(infos, count), fence, send, sendFence);
}

VKAPI_ATTR void VKAPI_CALL getDeviceQueue(VkDevice handle, uint32_t family, uint32_t index, VkQueue* queue) noexcept {
  Device* device = Process::get().device(handle);
  if (device == nullptr) return;
  device->table().GetDeviceQueue(handle, family, index, queue);
  try {
    if (*queue != VK_NULL_HANDLE) Process::get().addQueue(*queue, {.device = device, .family = family});
  } catch (...) {
    // Found by its device then, and not stamped.
  }
}

VKAPI_ATTR void VKAPI_CALL getDeviceQueue2(VkDevice handle, const VkDeviceQueueInfo2* info, VkQueue* queue) noexcept {
  Device* device = Process::get().device(handle);
  if (device == nullptr) return;
  device->table().GetDeviceQueue2(handle, info, queue);
  const bool isProtected = (info->flags & VK_DEVICE_QUEUE_CREATE_PROTECTED_BIT) != 0;
  const std::uint32_t family = isProtected ? kNoFamily : info->queueFamilyIndex;
  try {
    if (*queue != VK_NULL_HANDLE) Process::get().addQueue(*queue, {.device = device, .family = family});
  } catch (...) {
    // As above.
  }
}

VKAPI_ATTR VkResult VKAPI_CALL queueSubmit(VkQueue queue, uint32_t count, const VkSubmitInfo* infos,
                                           VkFence fence) noexcept {
  return submit<SubmitForm1>(&DeviceTable::QueueSubmit, queue, count, infos, fence);
}

VKAPI_ATTR VkResult VKAPI_CALL queueSubmit2(VkQueue queue, uint32_t count, const VkSubmitInfo2* infos,
                                            VkFence fence) noexcept {
  return submit<SubmitForm2>(&DeviceTable::QueueSubmit2, queue, count, infos, fence);
}

VKAPI_ATTR VkResult VKAPI_CALL queueSubmit2Khr(VkQueue queue, uint32_t count, const VkSubmitInfo2* infos,
                                               VkFence fence) noexcept {
  return submit<SubmitForm2>(&DeviceTable::QueueSubmit2KHR, queue, count, infos, fence);
}

VKAPI_ATTR VkResult VKAPI_CALL queueBindSparse(VkQueue queue, uint32_t count, const VkBindSparseInfo* infos,
                                               VkFence fence) noexcept {
  const Lane lane = Process::get().lane(queue);
  if (lane.device == nullptr) return VK_ERROR_DEVICE_LOST;
  const DeviceTable& vk = lane.device->table();
  if (count == 0 || passes(lane)) return vk.QueueBindSparse(queue, count, infos, fence);
  const bool waits = std::any_of(infos, infos + count, [](const auto& i) { return i.waitSemaphoreCount > 0; });
  const auto send = [&](VkFence with, Submission& submission) {
    lane.device->dropStamp(submission);
    return vk.QueueBindSparse(queue, count, infos, with);
  };
  const auto sendFence = [&](VkFence with) {
    return with == VK_NULL_HANDLE ? vk.QueueWaitIdle(queue) : vk.QueueBindSparse(queue, 0, nullptr, with);
  };
  return govern(lane, waits ? Waits::Semaphores : Waits::Nothing, fence, send, sendFence);
}

}  // namespace

Hooks submitHooks() {
  static const Hook hooks[] = {
      {"vkGetDeviceQueue", hooked(&getDeviceQueue)},   {"vkGetDeviceQueue2", hooked(&getDeviceQueue2)},
      {"vkQueueSubmit", hooked(&queueSubmit)},         {"vkQueueSubmit2", hooked(&queueSubmit2)},
      {"vkQueueSubmit2KHR", hooked(&queueSubmit2Khr)}, {"vkQueueBindSparse", hooked(&queueBindSparse)},
  };
  return hooks;
}

}  // namespace lull::governor
