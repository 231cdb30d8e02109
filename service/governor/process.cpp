// SPDX-License-Identifier: Apache-2.0
#include "governor/process.h"

#include "governor/thread.h"

#include <algorithm>
#include <mutex>
#include <utility>

namespace lull::governor {

namespace {

void* listenForever(void* gate) {
  static const std::atomic<bool> never{false};
  static_cast<Gate*>(gate)->listen(never);
  return nullptr;
}

// Removes the entry with this key and returns it; a default one where there is none.
template <typename Entry>
Entry takeOut(std::vector<Entry>& entries, const void* key) {
  const auto found = std::find_if(entries.begin(), entries.end(), [key](const Entry& e) { return e.key == key; });
  if (found == entries.end()) return {};
  Entry entry = std::move(*found);
  entries.erase(found);
  return entry;
}

}  // namespace

Process& Process::get() {
  static Process* const process = new Process;
  return *process;
}

Process::Process() {
  const Mapping mapping = mapFromEnvironment();
  m_state = mapping.state;
  if (m_state != Mapping::State::Mapped) return;
  m_gate = new Gate(*mapping.page, mapping.eventFd);
  pthread_t listener{};
  if (startThread(&listenForever, m_gate, &listener)) {
    ::pthread_detach(listener);
    m_account = new Account(*mapping.page);
    return;
  }
  m_state = Mapping::State::Broken;  // a gate closed between submissions would never be acknowledged
  m_gate = nullptr;
}

void Process::addInstance(VkInstance instance, const InstanceTable& table, InstanceFacts facts) {
  const std::unique_lock lock(m_mutex);
  m_instances.push_back({dispatchKey(instance), std::make_unique<const InstanceTable>(table), facts});
}

void Process::addDevice(Device* device) {
  const std::unique_lock lock(m_mutex);
  m_devices.push_back({dispatchKey(device->handle()), device});
}

void Process::addQueue(VkQueue queue, Lane lane) {
  const std::unique_lock lock(m_mutex);
  const auto known =
      std::find_if(m_queues.begin(), m_queues.end(), [queue](const QueueEntry& e) { return e.queue == queue; });
  if (known == m_queues.end()) m_queues.push_back({queue, lane});
}

const InstanceTable* Process::instance(const void* dispatchable) {
  const std::shared_lock lock(m_mutex);
  const void* key = dispatchKey(dispatchable);
  for (const auto& entry : m_instances) {
    if (entry.key == key) return entry.table.get();
  }
  return nullptr;
}

InstanceFacts Process::facts(const void* dispatchable) {
  const std::shared_lock lock(m_mutex);
  const void* key = dispatchKey(dispatchable);
  for (const auto& entry : m_instances) {
    if (entry.key == key) return entry.facts;
  }
  return {};
}

std::unique_ptr<const InstanceTable> Process::takeInstance(VkInstance instance) {
  const std::unique_lock lock(m_mutex);
  return takeOut(m_instances, dispatchKey(instance)).table;
}

Device* Process::device(const void* dispatchable) {
  const std::shared_lock lock(m_mutex);
  const void* key = dispatchKey(dispatchable);
  for (const auto& entry : m_devices) {
    if (entry.key == key) return entry.device;
  }
  return nullptr;
}

HeapBytes Process::heldOn(VkPhysicalDevice physical) {
  HeapBytes sums{};
  const std::shared_lock lock(m_mutex);
  for (const auto& entry : m_devices) {
    if (entry.device->physical() == physical) entry.device->holdings().addTo(sums);
  }
  return sums;
}

Device* Process::takeDevice(VkDevice handle) {
  const std::unique_lock lock(m_mutex);
  Device* device = takeOut(m_devices, dispatchKey(handle)).device;
  std::erase_if(m_queues, [device](const QueueEntry& e) { return e.lane.device == device; });
  return device;
}

Lane Process::lane(VkQueue queue) {
  {
    const std::shared_lock lock(m_mutex);
    for (const auto& entry : m_queues) {
      if (entry.queue == queue) return entry.lane;
    }
  }
  return {.device = device(queue), .family = kNoFamily};
}

}  // namespace lull::governor
