// SPDX-License-Identifier: Apache-2.0
// Which waits on semaphores are safe to hand to the driver: those that will be met by what the driver already has. What
// is in flight then ends by itself, also while the gate is closed. Thread-safe; no Vulkan is called.
//
// Binary: a wait belongs to the signal operation that was submitted before it, which has a ticket: a place in one
// queue's list. Timeline: a value is assured when it was reached or will be by what was handed over.
#pragma once

#include <vulkan/vulkan_core.h>

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <memory>
#include <mutex>
#include <unordered_map>

namespace lull::governor {

// Batch `serial` of a queue whose count of batches handed over is `*handed`.
struct Ticket {
  const std::atomic<std::uint64_t>* handed = nullptr;  // nullptr: nothing is to be waited for
  std::uint64_t serial = 0;
  [[nodiscard]] bool isHandedOver() const {
    return handed == nullptr || handed->load(std::memory_order_acquire) >= serial;
  }
};

// One semaphore, as long as somebody knows of it: the program may destroy it while we still do.
struct Payload {
  bool timeline = false;
  std::atomic<bool> foreign{false};  // others may signal it, unseen
  std::atomic<bool> shared{false};   // others may wait for it
  std::atomic<std::uint64_t> assured{0};
  Ticket signal;  // the last signal operation submitted; under Semaphores' lock
};

// What one wait of a submission needs.
struct Need {
  std::shared_ptr<Payload> payload;  // nullptr: a semaphore that we do not know; taken as met
  std::uint64_t value = 0;
  Ticket ticket;
};

class Semaphores {
public:
  // These may throw bad_alloc.
  void add(VkSemaphore semaphore, std::shared_ptr<Payload> payload);
  void remove(VkSemaphore semaphore) noexcept;
  void makeForeign(VkSemaphore semaphore) noexcept;
  void makeShared(VkSemaphore semaphore) noexcept;  // and foreign

  // As the program submits, in its order.
  [[nodiscard]] Need need(VkSemaphore semaphore, std::uint64_t value) const;
  std::shared_ptr<Payload> willSignal(VkSemaphore semaphore, Ticket ticket);

  [[nodiscard]] static bool isMet(const Need& need);
  // Its end cannot be known from here: what waits for it may not hold others back.
  [[nodiscard]] static bool isBlind(const Need& need);
  // Handed over, signalled by the host, or seen to be reached.
  static void assure(Payload& payload, std::uint64_t value);
  void assure(VkSemaphore semaphore, std::uint64_t value);

  // Something that waits may depend on has happened; `changes` counts it.
  void changed() noexcept;
  [[nodiscard]] std::uint64_t changes() const { return m_changes.load(); }
  // Until changes() is another than `seen`. False: the moment came first.
  bool waitForChange(std::uint64_t seen, std::uint64_t momentNs);

private:
  [[nodiscard]] std::shared_ptr<Payload> find(VkSemaphore semaphore) const;

  mutable std::mutex m_mutex;
  std::unordered_map<VkSemaphore, std::shared_ptr<Payload>> m_payloads;
  std::mutex m_changeMutex;
  std::condition_variable m_changed;
  std::atomic<std::uint64_t> m_changes{0};
  std::atomic<std::uint32_t> m_waiting{0};
};

}  // namespace lull::governor
