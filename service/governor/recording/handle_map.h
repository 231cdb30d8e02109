// SPDX-License-Identifier: Apache-2.0
// Handles → words, read without a lock: what stands between each vkCmd* call and the driver. A reader asks only for
// handles that the program may use at that moment, so none that it asks for comes or goes meanwhile.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <mutex>

namespace lull::governor {

// Trivially destructible, so that it may be a global of a library that is never unloaded; clear() frees it.
class HandleMap {
public:
  constexpr HandleMap() = default;
  HandleMap(const HandleMap&) = delete;
  HandleMap& operator=(const HandleMap&) = delete;

  // 0: none.
  [[nodiscard]] std::uint64_t find(std::uint64_t handle) const {
    const Table* table = m_table.load(std::memory_order_acquire);
    if (table == nullptr) return 0;
    for (std::size_t at = slotOf(handle) & table->mask;; at = (at + 1) & table->mask) {
      const std::uint64_t key = table->slots[at].key.load(std::memory_order_acquire);
      if (key == kFree) return 0;
      if (key == handle) return table->slots[at].word.load(std::memory_order_relaxed);
    }
  }
  // Replaces what was there. False: no memory. No handle is 0 or UINT64_MAX.
  [[nodiscard]] bool insert(std::uint64_t handle, std::uint64_t word) noexcept;
  // The word it had, 0 for none.
  std::uint64_t erase(std::uint64_t handle) noexcept;
  // Nobody reads any more.
  void clear() noexcept;

private:
  static constexpr std::uint64_t kFree = 0;
  static constexpr std::uint64_t kGone = UINT64_MAX;
  struct Slot {
    std::atomic<std::uint64_t> key{kFree};
    std::atomic<std::uint64_t> word{0};
  };
  struct Table {
    std::size_t mask = 0;
    Slot* slots = nullptr;
    Table* older = nullptr;  // somebody may still read there
  };

  static std::size_t slotOf(std::uint64_t handle) {
    handle *= 0x9e3779b97f4a7c15ULL;
    return static_cast<std::size_t>(handle >> 32U);
  }
  static Slot* slotFor(const Table& table, std::uint64_t handle);
  [[nodiscard]] Table* grown() noexcept;

  std::atomic<Table*> m_table{nullptr};
  std::mutex m_mutex;
  std::size_t m_taken = 0;  // slots of the table that are not free
  std::size_t m_live = 0;
};

}  // namespace lull::governor
