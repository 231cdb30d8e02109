// SPDX-License-Identifier: Apache-2.0
#include "governor/pacing/costs.h"

#include <algorithm>
#include <array>
#include <atomic>
#include <bit>
#include <cmath>
#include <mutex>
#include <new>
#include <vector>

namespace lull::governor {

namespace {

constexpr std::size_t kWays = 8;  // words of a set: one cache line
constexpr std::size_t kSets = 1024;
constexpr unsigned kReach = 4;  // doublings of units that a coarse entry serves beyond its own
constexpr std::uint32_t kEarly = 4;
constexpr std::uint32_t kWellKnown = 16;

constexpr double kSlower = 0.5;
constexpr double kFaster = 0.125;
constexpr double kNoGain = 1.5;       // half the units at so much more for each: hardly less time
constexpr double kMostRise = 1.25;    // one measurement alone counts as at most so many times what was expected;
constexpr double kMostRiseOfFew = 2;  // of what was measured seldom,
constexpr double kMostRiseOfNew = 4;  // and of something new, so many times what coarser entries expected

std::uint64_t mixed(std::uint64_t hash) {
  hash ^= hash >> 32U;
  hash *= 0xd6e8feb86659fd93ULL;
  hash ^= hash >> 32U;
  hash *= 0xd6e8feb86659fd93ULL;
  return hash ^ (hash >> 32U);
}

double unitsOf(const Work& work) { return static_cast<double>(std::max<std::uint64_t>(1, work.units)); }

// Hashes under which a work is known. Two works that share all 64 bits would share an entry: a poorer guess, no more.
struct Keys {
  explicit Keys(const Work& work)
      : program(mixed(work.program ^ 0x9e3779b97f4a7c15ULL)),
        shape(mixed(mixed(program ^ (std::uint64_t{work.shape[0]} | std::uint64_t{work.shape[1]} << 32U)) ^
                    (std::uint64_t{work.shape[2]} | std::uint64_t{1} << 40U))),
        exact(mixed(shape ^ (std::uint64_t{work.variant} | std::uint64_t{1} << 41U))),
        magnitude(static_cast<unsigned>(std::bit_width(work.units))),
        copy(work.program == kCopyProgram) {}
  [[nodiscard]] std::uint64_t size(unsigned bits) const { return mixed(program ^ (std::uint64_t{1} << 42U | bits)); }

  std::uint64_t program;
  std::uint64_t shape;
  std::uint64_t exact;
  unsigned magnitude;
  bool copy;
};

// What readers see of an entry is one word: half of its key, and ns for a unit as a float.
constexpr std::uint64_t kKeyBits = 0xffffffff00000000ULL;
std::uint64_t packed(std::uint64_t key, double rate) {
  return (key & kKeyBits) | std::bit_cast<std::uint32_t>(static_cast<float>(rate));
}
double rateIn(std::uint64_t word) { return double{std::bit_cast<float>(static_cast<std::uint32_t>(word))}; }

// What stands behind a word; the teacher's alone.
struct Record {
  std::uint64_t key = 0;
  std::uint64_t program = 0;
  std::uint64_t lesson = 0;     // the last that spoke of it
  double lessonNs = 0;          // its sums
  double lessonExpectedNs = 0;  // 0: nothing was
  double lessonUnits = 0;
  std::uint32_t measured = 0;
  double rate = 0;  // moving average of ns for a unit
  double lastRise = 1;

  void learn() {
    const double measuredRate = lessonNs / lessonUnits;
    if (measured == 0) {
      const double most = kMostRiseOfNew * lessonExpectedNs / lessonUnits;
      rate = lessonExpectedNs > 0 ? std::min(measuredRate, most) : measuredRate;
    } else {
      move(measuredRate);
    }
    measured = std::min(measured + 1, kWellKnown);
  }
  void move(double next) {
    const double rise = next / rate;
    next = std::min(next, rate * std::max(measured < kEarly ? kMostRiseOfFew : kMostRise, lastRise));
    lastRise = rise;
    if (measured < kEarly && rise < 0.5) {
      rate = next;
    } else {
      rate += (next - rate) * (rise > 1 || measured < kEarly ? kSlower : kFaster);
    }
  }
};

struct Share {
  double predictedNs = 0;  // 0: unknown
  double doubt = 0;        // its weight when more was measured than predicted
  double ns = 0;
};

std::uint64_t rounded(double ns) { return static_cast<std::uint64_t>(std::clamp(ns, 1.0, 1e18)); }

}  // namespace

struct Costs::Table {
  struct alignas(64) Set {
    std::array<std::atomic<std::uint64_t>, kWays> words{};  // 0: free
  };
  struct Found {
    double rate = 0;
    std::size_t index = 0;
  };

  [[nodiscard]] std::optional<Found> find(std::uint64_t key) const;
  [[nodiscard]] std::optional<Found> findNear(const Keys& keys) const;
  [[nodiscard]] std::optional<Found> find(const Keys& keys) const;
  [[nodiscard]] Record* claim(std::uint64_t key, const Work& work, double ns);
  void publish(std::size_t index);
  [[nodiscard]] Share predictShare(const Work& work) const;
  void shareOut(std::span<const Work> works, double ns);
  void collect(std::uint64_t key, const Work& work, const Share& share);
  void learn(std::span<const Work> works, double ns);

  std::array<Set, kSets> sets;
  std::mutex mutex;  // of all below
  std::array<Record, kSets * kWays> records;
  std::uint64_t lesson = 0;
  std::vector<std::size_t> taught;  // records this lesson speaks of
  std::vector<Share> shares;
};

std::optional<Costs::Table::Found> Costs::Table::find(std::uint64_t key) const {
  const std::size_t set = key % kSets;
  for (std::size_t way = 0; way < kWays; ++way) {
    const std::uint64_t word = sets[set].words[way].load(std::memory_order_relaxed);
    if (word != 0 && ((word ^ key) >> 32U) == 0) return Found{rateIn(word), set * kWays + way};
  }
  return std::nullopt;
}

std::optional<Costs::Table::Found> Costs::Table::findNear(const Keys& keys) const {
  if (auto found = find(keys.size(keys.magnitude))) return found;
  for (unsigned off = 1; off <= kReach; ++off) {
    if (auto found = find(keys.size(keys.magnitude + off))) return found;
    if (keys.magnitude < off) continue;
    if (auto found = find(keys.size(keys.magnitude - off))) return found;
  }
  return std::nullopt;
}

std::optional<Costs::Table::Found> Costs::Table::find(const Keys& keys) const {
  if (!keys.copy) {
    if (auto found = find(keys.exact)) return found;
    if (auto found = find(keys.shape)) return found;
  }
  return findNear(keys);
}

void Costs::Table::publish(std::size_t index) {
  const std::uint64_t word = packed(records[index].key, records[index].rate);
  sets[index / kWays].words[index % kWays].store(word, std::memory_order_relaxed);
}

// The record of a key, a new one if need be: in place of the one that was measured longest ago, but of none that this
// lesson speaks of. nullptr: all of them are.
Record* Costs::Table::claim(std::uint64_t key, const Work& work, double ns) {
  if (const auto found = find(key)) return &records[found->index];
  const std::size_t first = key % kSets * kWays;
  std::size_t oldest = first;
  for (std::size_t index = first; index < first + kWays; ++index) {
    if (records[index].lesson < records[oldest].lesson) oldest = index;
  }
  if (records[oldest].lesson == lesson) return nullptr;
  records[oldest] = Record{.key = key, .program = work.program, .rate = ns / unitsOf(work)};
  publish(oldest);
  return &records[oldest];
}

void Costs::Table::collect(std::uint64_t key, const Work& work, const Share& share) {
  Record* record = claim(key, work, share.ns);
  if (record == nullptr) return;
  if (record->lesson != lesson) {
    taught.push_back(static_cast<std::size_t>(record - records.data()));
    record->lesson = lesson;
    record->lessonNs = record->lessonExpectedNs = record->lessonUnits = 0;
  }
  record->lessonNs += share.ns;
  record->lessonExpectedNs += share.predictedNs;
  record->lessonUnits += unitsOf(work);
}

Share Costs::Table::predictShare(const Work& work) const {
  const Keys keys(work);
  const std::optional<Found> found = find(keys);
  if (!found) return {};
  const Record& record = records[found->index];
  const double ns = std::max(1.0, found->rate * unitsOf(work));
  const bool guessed = !keys.copy && record.key != keys.exact;
  return {.predictedNs = ns, .doubt = guessed ? ns : ns / std::max(1U, record.measured)};
}

void Costs::Table::shareOut(std::span<const Work> works, double ns) {
  double predicted = 0;
  double doubt = 0;
  std::size_t unknown = 0;
  for (const Work& work : works) {
    shares.push_back(predictShare(work));
    predicted += shares.back().predictedNs;
    doubt += shares.back().doubt;
    if (shares.back().predictedNs == 0) ++unknown;
  }
  // The unknown get what is left, and at least half of what an even share would be.
  const auto count = static_cast<double>(works.size());
  const auto strangers = static_cast<double>(unknown);
  const double left = unknown == 0 ? 0 : std::max(ns - predicted, ns * strangers / count / 2);
  const double known = ns - left;
  for (Share& share : shares) {
    if (share.predictedNs == 0) {
      share.ns = left / strangers;
    } else if (known <= predicted) {
      share.ns = share.predictedNs * known / predicted;
    } else {
      share.ns = share.predictedNs + (known - predicted) * share.doubt / doubt;
    }
  }
}

void Costs::Table::learn(std::span<const Work> works, double ns) {
  taught.clear();
  shares.clear();
  taught.reserve(3 * works.size());  // all memory first: a lesson is learned or not
  shares.reserve(works.size());
  ++lesson;
  shareOut(works, ns);
  for (std::size_t i = 0; i < works.size(); ++i) {
    const Keys keys(works[i]);
    if (!keys.copy) {
      collect(keys.exact, works[i], shares[i]);
      collect(keys.shape, works[i], shares[i]);
    }
    collect(keys.size(keys.magnitude), works[i], shares[i]);
  }
  for (const std::size_t index : taught) {
    records[index].learn();
    publish(index);
  }
}

Costs::Costs() : m_table(std::make_unique<Table>()) {}
Costs::~Costs() = default;

std::optional<std::uint64_t> Costs::predict(const Work& work) const {
  const std::optional<Table::Found> found = m_table->find(Keys(work));
  if (!found) return std::nullopt;
  return rounded(found->rate * unitsOf(work));
}

std::optional<std::uint64_t> Costs::predict(std::span<const Work> works) const {
  std::uint64_t sum = 0;
  for (const Work& work : works) {
    const std::optional<std::uint64_t> ns = predict(work);
    if (!ns) return std::nullopt;
    if (__builtin_add_overflow(sum, *ns, &sum)) return UINT64_MAX;
  }
  return sum;
}

// By the entries of whole doublings, from the largest down: the first one below which time does not fall is the least.
std::uint64_t Costs::worthwhile(const Work& whole, std::uint64_t pieceUnits, std::uint64_t chunkNs) const {
  const Keys keys(whole);
  const auto rateAt = [&](unsigned magnitude) { return m_table->find(keys.size(magnitude)); };
  const auto own = static_cast<unsigned>(std::bit_width(pieceUnits));
  unsigned least = own;
  for (unsigned magnitude = keys.magnitude; magnitude > 1 && least == own; --magnitude) {
    const auto rate = rateAt(magnitude);
    const auto halved = rateAt(magnitude - 1);
    if (rate && halved && halved->rate >= kNoGain * rate->rate) least = std::max(own, magnitude);
  }
  const auto rate = rateAt(least);
  const bool tooLong = rate && rate->rate * std::ldexp(1.0, static_cast<int>(least) - 1) > static_cast<double>(chunkNs);
  if (tooLong && least < keys.magnitude && !rateAt(least + 1)) ++least;
  if (least == own) return pieceUnits;
  return std::min(whole.units, pieceUnits << std::min(least - own, 63U - own));
}

void Costs::learn(std::span<const Work> works, std::uint64_t ns) noexcept {
  if (works.empty()) return;
  const std::lock_guard lock(m_table->mutex);
  try {
    m_table->learn(works, std::max(1.0, static_cast<double>(ns)));
  } catch (const std::bad_alloc&) {  // another time
  }
}

void Costs::forget(std::uint64_t program) noexcept {
  const std::lock_guard lock(m_table->mutex);
  for (std::size_t index = 0; index < m_table->records.size(); ++index) {
    Record& record = m_table->records[index];
    if (record.key == 0 || record.program != program) continue;
    record = {};
    m_table->sets[index / kWays].words[index % kWays].store(0, std::memory_order_relaxed);
  }
}

}  // namespace lull::governor
