// SPDX-License-Identifier: Apache-2.0
// The calls that made the state of a command buffer, kept so that a new chunk can be brought into the same state: their
// arguments as bytes, in the order of the last call. Pure; allocates only until it has seen the largest recording.
//
// Replaying the calls that were not wholly overwritten, in their order, gives all the state that the calls together
// gave, whatever they disturbed in between: each entry that is left out had its whole effect overwritten later, and
// each that is kept is followed by no more than in the original.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace lull::governor {

// What a call sets: elements [first, first + count) of what `command` sets in `group` (a bind point, a layout), for the
// `stages`. A command that sets one thing as a whole leaves all of that zero.
struct StateKey {
  std::uint32_t command = 0;
  std::uint32_t stages = 0;
  std::uint64_t group = 0;
  std::uint32_t first = 0;
  std::uint32_t count = 0;
};

class StateLog {
public:
  static constexpr std::size_t kMostEntries = 256;
  static constexpr std::size_t kMostBytes = 1U << 20U;

  // Room for the arguments of a call, 8-aligned, valid until the next put(); calls that it overwrites wholly are gone.
  // nullptr: no room or no memory, and the log is no longer complete.
  [[nodiscard]] std::byte* put(const StateKey& key, std::size_t bytes) noexcept;
  // Forgets all calls of a command.
  void drop(std::uint32_t command) noexcept;
  void clear() noexcept;

  // In the order of the last call: visit(command, arguments).
  template <typename Visit>
  void replay(const Visit& visit) const {
    for (std::uint16_t at = m_oldest; at != kNone; at = m_entries[at].younger) {
      visit(m_entries[at].key.command, m_bytes.data() + m_entries[at].offset);
    }
  }
  [[nodiscard]] std::size_t size() const { return m_live; }

private:
  static constexpr std::uint16_t kNone = UINT16_MAX;
  static constexpr std::size_t kRows = 64;
  struct Entry {
    StateKey key;
    std::uint32_t offset = 0;
    std::uint32_t capacity = 0;
    std::uint16_t older = kNone;
    std::uint16_t younger = kNone;
    std::uint16_t nextInRow = kNone;  // or in the list of spare ones
  };

  [[nodiscard]] static std::size_t rowOf(const StateKey& key);
  // Takes out of its row what `key` overwrites, and gives one of them to be used again; kNone: there was none.
  std::uint16_t overwrite(const StateKey& key, std::size_t row);
  [[nodiscard]] std::uint16_t takeEntry();
  [[nodiscard]] bool hold(Entry& entry, std::size_t bytes);
  void unlink(std::uint16_t at);
  void append(std::uint16_t at);
  void spare(std::uint16_t at);

  std::array<std::uint16_t, kRows> m_rows = allNone();
  std::vector<Entry> m_entries;
  std::vector<std::byte> m_bytes;
  std::uint16_t m_oldest = kNone;
  std::uint16_t m_youngest = kNone;
  std::uint16_t m_spare = kNone;
  std::size_t m_live = 0;

  static constexpr std::array<std::uint16_t, kRows> allNone() {
    std::array<std::uint16_t, kRows> rows{};
    for (std::uint16_t& row : rows) row = kNone;
    return rows;
  }
};

}  // namespace lull::governor
