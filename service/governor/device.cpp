// SPDX-License-Identifier: Apache-2.0
#include "governor/device.h"

#include "governor/futex.h"
#include "governor/thread.h"

#include <time.h>

#include <new>
#include <utility>

namespace lull::governor {

Device::Device(Origin origin)
    : m_origin(std::move(origin)),
      m_recordings({.device = m_origin.device,
                    .table = &m_origin.table,
                    .setLoaderData = m_origin.setLoaderData,
                    .gate = m_origin.gate,
                    .costs = &m_costs,
                    .pace = &m_pace,
                    .grouped = m_origin.grouped,
                    .leastUnits = m_origin.leastUnits}),
      m_holdings(m_origin.account, m_origin.memory),
      m_busy(m_origin.timestampBits == 0 ? 64 : m_origin.timestampBits,
             m_origin.timestampBits == 0 ? 1 : m_origin.nsPerTick) {
  if (m_origin.gate == nullptr || m_origin.timestampBits == 0) return;
  m_stamps.reserve(m_origin.families.size());
  for (const auto& family : m_origin.families) {
    Stamps stamps;
    if (family.stamps && stamps.create({.device = m_origin.device,
                                        .table = &m_origin.table,
                                        .setLoaderData = m_origin.setLoaderData,
                                        .family = family.index})) {
      m_stamps.push_back(stamps);
    }
  }
}

bool Device::start() {
  if (m_origin.gate == nullptr) return true;
  m_running = startThread(&Device::watch, this, &m_watcher);
  if (m_running) m_origin.gate->attachDevice();
  return m_running;
}

Device::~Device() {
  if (m_running) {
    {
      const std::lock_guard lock(m_mutex);
      m_stopping = true;
    }
    m_wake.notify_one();
    ::pthread_join(m_watcher, nullptr);
    m_origin.gate->detachDevice();
  }
  while (m_spare != nullptr) {
    Submission* record = std::exchange(m_spare, m_spare->next);
    m_origin.table.DestroyFence(m_origin.device, record->fence, nullptr);
    delete record;
  }
  for (Stamps& stamps : m_stamps) stamps.destroy();
}

Submission* Device::begin(std::uint32_t family, Waits waits) {
  Submission* record = takeRecord();
  if (record == nullptr) return nullptr;
  m_origin.gate->admit(waits);
  const std::lock_guard lock(m_mutex);
  record->waits = waits;
  record->afterIdle = m_outstanding++ == 0;
  if (Stamps* stamps = stampsOf(family)) record->stamp = stamps->take();
  record->submittedNs = monotonicNs();
  return record;
}

Submission* Device::takeRecord() {
  {
    const std::lock_guard lock(m_mutex);
    if (m_spare != nullptr) return std::exchange(m_spare, m_spare->next);
  }
  auto* record = new (std::nothrow) Submission;
  if (record == nullptr) return nullptr;
  VkFenceCreateInfo info{};
  info.sType = VK_STRUCTURE_TYPE_FENCE_CREATE_INFO;
  if (m_origin.table.CreateFence(m_origin.device, &info, nullptr, &record->fence) == VK_SUCCESS) return record;
  delete record;
  return nullptr;
}

void Device::submitted(Submission* submission) {
  {
    const std::lock_guard lock(m_mutex);
    submission->next = nullptr;
    (m_tail == nullptr ? m_head : m_tail->next) = submission;
    m_tail = submission;
  }
  m_wake.notify_one();
}

void Device::refused(Submission* submission) { finish(submission, false); }

void* Device::watch(void* self) {
  auto& device = *static_cast<Device*>(self);
  const DeviceTable& vk = device.m_origin.table;
  while (Submission* submission = device.nextToWatch()) {
    VkResult result = VK_SUCCESS;
    do {
      result = vk.WaitForFences(device.m_origin.device, 1, &submission->fence, VK_TRUE, UINT64_MAX);
      if (result == VK_ERROR_OUT_OF_HOST_MEMORY || result == VK_ERROR_OUT_OF_DEVICE_MEMORY) {
        const timespec pause{.tv_sec = 0, .tv_nsec = 1'000'000};
        ::nanosleep(&pause, nullptr);
      }
    } while (result != VK_SUCCESS && result != VK_ERROR_DEVICE_LOST);  // a lost device runs nothing any more
    device.finish(submission, result == VK_SUCCESS);
  }
  return nullptr;
}

// nullptr: the device is being destroyed and nothing is in flight.
Submission* Device::nextToWatch() {
  std::unique_lock lock(m_mutex);
  m_wake.wait(lock, [this] { return m_head != nullptr || m_stopping; });
  if (m_head == nullptr) return nullptr;
  Submission* submission = std::exchange(m_head, m_head->next);
  if (m_head == nullptr) m_tail = nullptr;
  return submission;
}

void Device::finish(Submission* submission, bool done) {
  const std::uint64_t gpuNs = done ? meter(*submission) : 0;
  {
    const std::lock_guard lock(m_mutex);
    --m_outstanding;
  }
  m_origin.gate->finish(submission->waits, gpuNs);
  if (done) m_origin.table.ResetFences(m_origin.device, 1, &submission->fence);
  recycle(submission);
}

std::uint64_t Device::meter(const Submission& submission) {
  if (m_origin.timestampBits == 0) {
    return m_busy.add({.begin = submission.submittedNs, .end = monotonicNs(), .afterIdle = submission.afterIdle});
  }
  Stamps* stamps = submission.stamp ? stampsOf(submission.stamp->family) : nullptr;
  const auto ticks = stamps != nullptr ? stamps->read(*submission.stamp) : std::nullopt;
  if (ticks) return m_busy.add({.begin = ticks->begin, .end = ticks->end, .afterIdle = submission.afterIdle});
  m_origin.gate->countUngoverned();
  return 0;
}

void Device::recycle(Submission* submission) {
  dropStamp(*submission);
  const std::lock_guard lock(m_mutex);
  submission->next = std::exchange(m_spare, submission);
}

void Device::dropStamp(Submission& submission) {
  if (!submission.stamp) return;
  const std::lock_guard lock(m_mutex);
  stampsOf(submission.stamp->family)->giveBack(*submission.stamp);
  submission.stamp.reset();
}

Stamps* Device::stampsOf(std::uint32_t family) {
  for (Stamps& stamps : m_stamps) {
    if (stamps.family() == family) return &stamps;
  }
  return nullptr;
}

}  // namespace lull::governor
