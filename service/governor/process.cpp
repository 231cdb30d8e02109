// SPDX-License-Identifier: Apache-2.0
#include "governor/process.h"

#include "governor/thread.h"

#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>
#include <mutex>
#include <utility>

namespace lull::governor {

namespace {

void say(const char* line) { [[maybe_unused]] const auto written = ::write(STDERR_FILENO, line, std::strlen(line)); }

// _exit: the program may be in any state, and what it would do at exit may wait for the GPU.
[[noreturn]] void endProcess(const char* reason) {
  say(reason);
  ::_exit(kExitWithoutService);
}

void* listenForever(void* gate) {
  static const std::atomic<bool> never{false};
  if (static_cast<Gate*>(gate)->listen(never) == Gate::Listened::GraceOver) {
    endProcess("lull: the service that lends this GPU has been silent for too long; this program ends here.\n");
  }
  return nullptr;
}

void* endAfterGrace(void*) {
  const std::uint64_t graceNs = graceWithoutPage();
  timespec left{.tv_sec = static_cast<time_t>(graceNs / 1'000'000'000),
                .tv_nsec = static_cast<long>(graceNs % 1'000'000'000)};
  while (::nanosleep(&left, &left) != 0) {
  }
  endProcess("lull: still no governor page, so no GPU; this program ends here.\n");
}

// For programs without a page that can be used: one that never opens.
Page* closedPage() {
  void* memory = ::mmap(nullptr, kPageBytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  return memory == MAP_FAILED ? nullptr : initialise(memory);
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
  Mapping mapping = mapFromEnvironment();
  m_hasPage = mapping.state == Mapping::State::Mapped;
  if (!m_hasPage) {
    say(mapping.state == Mapping::State::Absent
            ? "lull: this program runs under Lull's governor without a page, so its GPU work is held back and it ends "
              "soon. Start it with: lull governor -- PROGRAM\n"
            : "lull: the governor's page cannot be used (another version, or no file), so GPU work is held back and "
              "this program ends soon. Update Lull's service and layer together.\n");
    mapping = {.state = mapping.state, .page = closedPage()};
  }
  if (mapping.page == nullptr) return;
  auto* gate = new Gate(*mapping.page, mapping.eventFd);
  pthread_t listener{};
  if (!startThread(&listenForever, gate, &listener)) return;  // nobody would acknowledge: no device comes to be
  ::pthread_detach(listener);
  m_gate = gate;
  if (m_hasPage) m_account = new Account(*mapping.page);
  m_pageFd = m_hasPage ? mapping.fd : -1;
}

bool Process::claim() {
  const std::unique_lock lock(m_mutex);
  if (m_claims == 0 && m_pageFd >= 0 && !claimPage(m_pageFd)) {
    say("lull: another process uses the GPU under this governor page, and a page serves one at a time: no device for "
        "this one. Start each program by its own: lull governor -- PROGRAM\n");
    return false;
  }
  ++m_claims;
  return true;
}

void Process::unclaim() {
  const std::unique_lock lock(m_mutex);
  if (--m_claims == 0 && m_pageFd >= 0) releasePage(m_pageFd);
}

void Process::addInstance(VkInstance instance, const InstanceTable& table, InstanceFacts facts) {
  const std::unique_lock lock(m_mutex);
  m_instances.push_back({dispatchKey(instance), std::make_unique<const InstanceTable>(table), facts});
}

void Process::addDevice(Device* device) {
  const std::unique_lock lock(m_mutex);
  if (!m_hasPage && !std::exchange(m_ending, true)) {
    pthread_t end{};
    if (startThread(&endAfterGrace, nullptr, &end)) ::pthread_detach(end);
  }
  m_devices.push_back({dispatchKey(device->handle()), device});
}

void Process::addQueue(VkQueue handle, Device* device, Queue* queue) {
  const std::unique_lock lock(m_mutex);
  const auto known =
      std::find_if(m_queues.begin(), m_queues.end(), [handle](const QueueEntry& e) { return e.handle == handle; });
  if (known == m_queues.end()) m_queues.push_back({handle, device, queue});
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
  std::erase_if(m_queues, [device](const QueueEntry& e) { return e.device == device; });
  return device;
}

Queue* Process::queue(VkQueue handle) {
  const std::shared_lock lock(m_mutex);
  for (const auto& entry : m_queues) {
    if (entry.handle == handle) return entry.queue;
  }
  return nullptr;
}

}  // namespace lull::governor
