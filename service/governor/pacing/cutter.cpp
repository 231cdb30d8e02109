// SPDX-License-Identifier: Apache-2.0
#include "governor/pacing/cutter.h"

#include "governor/pacing/pace.h"

#include <algorithm>

namespace lull::governor {

namespace {

constexpr std::uint64_t kFirstPieces = 16;   // of unknown work
constexpr std::uint64_t kFirstUnits = 4;     // and so many units at least in each
constexpr std::uint64_t kMostPieces = 4096;  // of known work: a bound for what is recorded, whatever was predicted

std::uint64_t dividedUp(std::uint64_t value, std::uint64_t by) { return value / by + (value % by != 0 ? 1 : 0); }

}  // namespace

Cutter::Cutter(std::uint64_t chunkNs, std::uint64_t leastUnits)
    : m_mostNs(std::max<std::uint64_t>(1, mostNs(chunkNs))), m_leastUnits(std::max<std::uint64_t>(1, leastUnits)) {}

std::uint64_t Cutter::pieceOf(std::optional<std::uint64_t> predictedNs, std::uint64_t units) const {
  std::uint64_t pieces = 1;
  if (!predictedNs) {
    pieces = std::min(kFirstPieces, units / std::max(kFirstUnits, m_leastUnits));
  } else if (*predictedNs > m_mostNs) {
    pieces = std::min(kMostPieces, dividedUp(*predictedNs, m_mostNs));
  }
  return std::min(units, std::max(m_leastUnits, dividedUp(units, std::max<std::uint64_t>(1, pieces))));
}

Cutter::Decision Cutter::add(std::optional<std::uint64_t> predictedNs, std::uint64_t units, bool divisible) {
  Decision decision{.pieceUnits = divisible ? pieceOf(predictedNs, units) : units};
  decision.after = !predictedNs || *predictedNs >= m_mostNs || decision.pieceUnits < units;
  decision.before = !m_empty && (decision.after || *predictedNs > m_mostNs - std::min(m_mostNs, m_filledNs));
  if (decision.before) ended();
  if (decision.after) {
    ended();
    return decision;
  }
  m_filledNs += *predictedNs;
  m_empty = false;
  return decision;
}

void Cutter::ended() {
  m_filledNs = 0;
  m_empty = true;
}

}  // namespace lull::governor
