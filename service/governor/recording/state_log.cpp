// SPDX-License-Identifier: Apache-2.0
#include "governor/recording/state_log.h"

#include <algorithm>

namespace lull::governor {

namespace {

bool sameThing(const StateKey& a, const StateKey& b) { return a.command == b.command && a.group == b.group; }

bool overwrites(const StateKey& later, const StateKey& earlier) {
  return sameThing(later, earlier) && (later.stages & earlier.stages) == earlier.stages &&
         later.first <= earlier.first &&
         std::uint64_t{later.first} + later.count >= std::uint64_t{earlier.first} + earlier.count;
}

}  // namespace

std::size_t StateLog::rowOf(const StateKey& key) {
  const std::uint64_t mixed = (key.group + key.command) * 0x9e3779b97f4a7c15ULL;
  return static_cast<std::size_t>(mixed >> 58U);
}

std::byte* StateLog::put(const StateKey& key, std::size_t bytes) noexcept {
  const std::size_t row = rowOf(key);
  std::uint16_t at = overwrite(key, row);
  if (at == kNone) at = takeEntry();
  if (at == kNone) return nullptr;
  Entry& entry = m_entries[at];
  entry.key = key;
  entry.nextInRow = m_rows[row];
  m_rows[row] = at;
  append(at);
  ++m_live;
  return hold(entry, std::max<std::size_t>(1, bytes)) ? m_bytes.data() + entry.offset : nullptr;
}

std::uint16_t StateLog::overwrite(const StateKey& key, std::size_t row) {
  std::uint16_t reused = kNone;
  std::uint16_t* link = &m_rows[row];
  while (*link != kNone) {
    const std::uint16_t at = *link;
    if (!overwrites(key, m_entries[at].key)) {
      link = &m_entries[at].nextInRow;
      continue;
    }
    *link = m_entries[at].nextInRow;
    unlink(at);
    --m_live;
    if (reused != kNone) spare(reused);
    reused = at;
  }
  return reused;
}

std::uint16_t StateLog::takeEntry() {
  if (m_spare != kNone) {
    const std::uint16_t at = m_spare;
    m_spare = m_entries[at].nextInRow;
    return at;
  }
  if (m_entries.size() >= kMostEntries) return kNone;
  try {
    m_entries.emplace_back();
    return static_cast<std::uint16_t>(m_entries.size() - 1);
  } catch (...) {
    return kNone;
  }
}

// An entry keeps its room for the next call that uses it, so the log stops growing soon.
bool StateLog::hold(Entry& entry, std::size_t bytes) {
  if (bytes <= entry.capacity) return true;
  const std::size_t rounded = (bytes + 7) & ~std::size_t{7};
  if (m_bytes.size() + rounded > kMostBytes) return false;
  try {
    const std::size_t offset = m_bytes.size();
    m_bytes.resize(offset + rounded);
    entry.offset = static_cast<std::uint32_t>(offset);
    entry.capacity = static_cast<std::uint32_t>(rounded);
    return true;
  } catch (...) {
    return false;
  }
}

void StateLog::drop(std::uint32_t command) noexcept {
  for (std::uint16_t& row : m_rows) {
    std::uint16_t* link = &row;
    while (*link != kNone) {
      const std::uint16_t at = *link;
      if (m_entries[at].key.command != command) {
        link = &m_entries[at].nextInRow;
        continue;
      }
      *link = m_entries[at].nextInRow;
      unlink(at);
      spare(at);
      --m_live;
    }
  }
}

void StateLog::clear() noexcept {
  while (m_oldest != kNone) {
    const std::uint16_t at = m_oldest;
    m_oldest = m_entries[at].younger;
    spare(at);
  }
  m_youngest = kNone;
  m_rows = allNone();
  m_live = 0;
  if (m_bytes.size() <= kMostBytes / 2) return;
  // Room that entries outgrew is lost; before that leaves none for good, all begins anew.
  m_bytes.clear();
  m_entries.clear();
  m_spare = kNone;
}

void StateLog::unlink(std::uint16_t at) {
  const Entry& entry = m_entries[at];
  (entry.older == kNone ? m_oldest : m_entries[entry.older].younger) = entry.younger;
  (entry.younger == kNone ? m_youngest : m_entries[entry.younger].older) = entry.older;
}

void StateLog::append(std::uint16_t at) {
  m_entries[at].older = m_youngest;
  m_entries[at].younger = kNone;
  (m_youngest == kNone ? m_oldest : m_entries[m_youngest].younger) = at;
  m_youngest = at;
}

void StateLog::spare(std::uint16_t at) {
  m_entries[at].nextInRow = m_spare;
  m_spare = at;
}

}  // namespace lull::governor
