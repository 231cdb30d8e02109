// SPDX-License-Identifier: Apache-2.0
#include "governor/queue/semaphores.h"

#include "governor/queue/moment.h"

#include <utility>

namespace lull::governor {

void Semaphores::add(VkSemaphore semaphore, std::shared_ptr<Payload> payload) {
  const std::lock_guard lock(m_mutex);
  m_payloads[semaphore] = std::move(payload);
}

void Semaphores::remove(VkSemaphore semaphore) noexcept {
  const std::lock_guard lock(m_mutex);
  m_payloads.erase(semaphore);
}

std::shared_ptr<Payload> Semaphores::find(VkSemaphore semaphore) const {
  const auto found = m_payloads.find(semaphore);
  return found == m_payloads.end() ? nullptr : found->second;
}

void Semaphores::makeForeign(VkSemaphore semaphore) noexcept {
  const std::lock_guard lock(m_mutex);
  if (const auto payload = find(semaphore)) payload->foreign.store(true);
}

void Semaphores::makeShared(VkSemaphore semaphore) noexcept {
  const std::lock_guard lock(m_mutex);
  const auto payload = find(semaphore);
  if (payload == nullptr) return;
  payload->foreign.store(true);
  payload->shared.store(true);
}

Need Semaphores::need(VkSemaphore semaphore, std::uint64_t value) const {
  const std::lock_guard lock(m_mutex);
  Need need{.payload = find(semaphore), .value = value, .ticket = {}};
  if (need.payload != nullptr && !need.payload->timeline) need.ticket = need.payload->signal;
  return need;
}

std::shared_ptr<Payload> Semaphores::willSignal(VkSemaphore semaphore, Ticket ticket) {
  const std::lock_guard lock(m_mutex);
  auto payload = find(semaphore);
  if (payload != nullptr && !payload->timeline) payload->signal = ticket;
  return payload;
}

bool Semaphores::isMet(const Need& need) {
  if (need.payload == nullptr) return true;
  return need.payload->timeline ? need.payload->assured.load() >= need.value : need.ticket.isHandedOver();
}

bool Semaphores::isBlind(const Need& need) {
  return need.payload != nullptr && !need.payload->timeline && need.payload->foreign.load();
}

void Semaphores::assure(Payload& payload, std::uint64_t value) {
  std::uint64_t known = payload.assured.load();
  while (known < value && !payload.assured.compare_exchange_weak(known, value)) {
  }
}

void Semaphores::assure(VkSemaphore semaphore, std::uint64_t value) {
  std::shared_ptr<Payload> payload;
  {
    const std::lock_guard lock(m_mutex);
    payload = find(semaphore);
  }
  if (payload != nullptr) assure(*payload, value);
  changed();
}

// Either it sees a waiter here, or the waiter sees the new count there.
void Semaphores::changed() noexcept {
  m_changes.fetch_add(1);
  if (m_waiting.load() == 0) return;
  { const std::lock_guard lock(m_changeMutex); }
  m_changed.notify_all();
}

bool Semaphores::waitForChange(std::uint64_t seen, std::uint64_t momentNs) {
  std::unique_lock lock(m_changeMutex);
  m_waiting.fetch_add(1);
  const bool another = waitUntil(m_changed, lock, momentNs, [&] { return m_changes.load() != seen; });
  m_waiting.fetch_sub(1);
  return another;
}

}  // namespace lull::governor
