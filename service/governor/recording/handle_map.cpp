// SPDX-License-Identifier: Apache-2.0
#include "governor/recording/handle_map.h"

#include <new>
#include <type_traits>

namespace lull::governor {

static_assert(std::is_trivially_destructible_v<HandleMap>);

namespace {

constexpr std::size_t kFirstSlots = 256;

}  // namespace

// Where the handle is; else where it belongs: a slot that became free, or the free one at the end of its row.
HandleMap::Slot* HandleMap::slotFor(const Table& table, std::uint64_t handle) {
  Slot* gone = nullptr;
  for (std::size_t at = slotOf(handle) & table.mask;; at = (at + 1) & table.mask) {
    Slot& slot = table.slots[at];
    const std::uint64_t key = slot.key.load(std::memory_order_relaxed);
    if (key == handle) return &slot;
    if (key == kFree) return gone != nullptr ? gone : &slot;
    if (key == kGone && gone == nullptr) gone = &slot;
  }
}

// The table with room for one more; nullptr: no memory. Never more than half of it is taken.
HandleMap::Table* HandleMap::grown() noexcept {
  Table* old = m_table.load(std::memory_order_relaxed);
  if (old != nullptr && 2 * (m_taken + 1) <= old->mask + 1) return old;
  const std::size_t before = old == nullptr ? 0 : old->mask + 1;
  // Roomy: tables of the past stay, so few may be full of what is gone.
  const std::size_t size = old == nullptr ? kFirstSlots : 8 * m_live >= before ? 2 * before : before;
  auto* slots = new (std::nothrow) Slot[size];
  auto* table = new (std::nothrow) Table{.mask = size - 1, .slots = slots, .older = old};
  if (slots == nullptr || table == nullptr) {
    delete[] slots;
    delete table;
    return nullptr;
  }
  for (std::size_t at = 0; at < before; ++at) {
    const std::uint64_t key = old->slots[at].key.load(std::memory_order_relaxed);
    if (key == kFree || key == kGone) continue;
    Slot* slot = slotFor(*table, key);
    slot->word.store(old->slots[at].word.load(std::memory_order_relaxed), std::memory_order_relaxed);
    slot->key.store(key, std::memory_order_relaxed);
  }
  m_taken = m_live;
  m_table.store(table, std::memory_order_release);
  return table;
}

bool HandleMap::insert(std::uint64_t handle, std::uint64_t word) noexcept {
  const std::lock_guard lock(m_mutex);
  const Table* table = grown();
  if (table == nullptr) return false;
  Slot* slot = slotFor(*table, handle);
  const std::uint64_t key = slot->key.load(std::memory_order_relaxed);
  if (key == kFree) ++m_taken;
  if (key != handle) ++m_live;
  slot->word.store(word, std::memory_order_relaxed);
  slot->key.store(handle, std::memory_order_release);
  return true;
}

std::uint64_t HandleMap::erase(std::uint64_t handle) noexcept {
  const std::lock_guard lock(m_mutex);
  const Table* table = m_table.load(std::memory_order_relaxed);
  if (table == nullptr) return 0;
  Slot* slot = slotFor(*table, handle);
  if (slot->key.load(std::memory_order_relaxed) != handle) return 0;
  const std::uint64_t word = slot->word.load(std::memory_order_relaxed);
  slot->key.store(kGone, std::memory_order_relaxed);
  --m_live;
  // At the end of a row nothing is looked for beyond it, so it may be free again.
  auto at = static_cast<std::size_t>(slot - table->slots);
  const auto keyAt = [&](std::size_t i) -> std::atomic<std::uint64_t>& { return table->slots[i & table->mask].key; };
  if (keyAt(at + 1).load(std::memory_order_relaxed) != kFree) return word;
  for (; keyAt(at).load(std::memory_order_relaxed) == kGone; --at) {
    keyAt(at).store(kFree, std::memory_order_relaxed);
    --m_taken;
  }
  return word;
}

void HandleMap::clear() noexcept {
  const std::lock_guard lock(m_mutex);
  Table* table = m_table.exchange(nullptr);
  while (table != nullptr) {
    Table* older = table->older;
    delete[] table->slots;
    delete table;
    table = older;
  }
  m_taken = m_live = 0;
}

}  // namespace lull::governor
