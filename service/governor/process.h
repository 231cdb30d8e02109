// SPDX-License-Identifier: Apache-2.0
// What the layer keeps for the whole process. Made on first use and never destroyed: programs leave without
// vkDestroyDevice, and a destructor at exit would wait for threads that never end.
#pragma once

#include "governor/device.h"
#include "governor/mapping.h"

#include <memory>
#include <shared_mutex>
#include <vector>

namespace lull::governor {

// What the program asked for with an instance.
struct InstanceFacts {
  std::uint32_t apiVersion = VK_API_VERSION_1_0;
  bool properties2 = false;  // vkGetPhysicalDevice…2 may be called
};

class Process {
public:
  [[nodiscard]] static Process& get();

  // Without a page that can be used it never opens. nullptr: there is no thread to work it.
  [[nodiscard]] Gate* gate() const { return m_gate; }
  [[nodiscard]] Account* account() const { return m_account; }

  // These may throw std::bad_alloc.
  void addInstance(VkInstance instance, const InstanceTable& table, InstanceFacts facts);
  void addDevice(Device* device);
  // Before a device is made: the page must be this process's. False: it is another's, and the person has been told.
  // Each success is followed by one unclaim(), when the device has gone.
  [[nodiscard]] bool claim();
  void unclaim();
  void addQueue(VkQueue handle, Device* device, Queue* queue);

  [[nodiscard]] const InstanceTable* instance(const void* dispatchable);  // nullptr: not known
  [[nodiscard]] InstanceFacts facts(const void* dispatchable);
  std::unique_ptr<const InstanceTable> takeInstance(VkInstance instance);
  [[nodiscard]] Device* device(const void* dispatchable);
  Device* takeDevice(VkDevice device);
  [[nodiscard]] Queue* queue(VkQueue handle);  // nullptr: not known
  // Device-local memory that the program holds in each heap, on all devices made from this one.
  [[nodiscard]] HeapBytes heldOn(VkPhysicalDevice physical);

private:
  Process();
  struct InstanceEntry {
    const void* key = nullptr;
    std::unique_ptr<const InstanceTable> table;
    InstanceFacts facts;
  };
  struct DeviceEntry {
    const void* key = nullptr;
    Device* device = nullptr;
  };
  struct QueueEntry {
    VkQueue handle;
    Device* device;
    Queue* queue;
  };

  bool m_hasPage = false;
  int m_pageFd = -1;
  std::uint32_t m_claims = 0;
  bool m_ending = false;  // without a page, and a device was opened
  Gate* m_gate = nullptr;
  Account* m_account = nullptr;
  std::shared_mutex m_mutex;
  std::vector<InstanceEntry> m_instances;
  std::vector<DeviceEntry> m_devices;
  std::vector<QueueEntry> m_queues;
};

}  // namespace lull::governor
