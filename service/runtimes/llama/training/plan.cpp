// SPDX-License-Identifier: Apache-2.0
#include "runtimes/llama/training/plan.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numeric>
#include <random>

namespace lull::runtimes::llama::training {

namespace {

constexpr std::uint64_t kBytesAWindow = 128ULL << 20U;  // a window more for each so large a part of the model
constexpr std::uint32_t kMostWindows = 16;
constexpr std::uint64_t kMostMeasured = 64;  // windows
constexpr std::uint64_t kManyWindows = 32;   // of data: what a chosen window aims at
constexpr std::size_t kMeasuresAnEpoch = 4;
constexpr std::size_t kLeastBetweenMeasures = 8;

using Chance = std::mt19937_64;

template <typename T>
void shuffle(std::vector<T>& things, Chance& chance) {
  for (std::size_t i = things.size(); i > 1; --i) std::swap(things[i - 1], things[chance() % i]);
}

std::uint64_t sumOf(const std::vector<Span>& spans) {
  return std::accumulate(spans.begin(), spans.end(), std::uint64_t{0},
                         [](std::uint64_t sum, const Span& span) { return sum + span.tokens; });
}

// Two windows, with room for tokens that come out otherwise.
std::uint64_t leastHeldOut(std::uint32_t window) { return 2ULL * window + window / 4; }

void cutUp(Span span, std::uint64_t most, std::vector<Span>& out) {
  while (span.tokens > 0) {
    const auto tokens = std::min(span.tokens, most);
    out.push_back({span.begin, tokens});
    span.begin += tokens;
    span.tokens -= tokens;
  }
}

std::vector<Span> spansOf(const std::vector<std::uint64_t>& documents) {
  std::vector<Span> out;
  std::uint64_t begin = 0;
  for (const auto tokens : documents) {
    if (tokens > 0) out.push_back({begin, tokens});
    begin += tokens;
  }
  return out;
}

}  // namespace

Cut cutFor(std::uint32_t window, std::uint64_t modelBytes) {
  return {.window = window,
          .windows = static_cast<std::uint32_t>(std::min<std::uint64_t>(1 + modelBytes / kBytesAWindow, kMostWindows))};
}

std::uint64_t leastTokens(std::uint32_t window) { return leastHeldOut(window) + window; }

std::uint32_t windowFor(const std::vector<std::uint64_t>& documents, std::uint32_t most) {
  const auto inAll = std::accumulate(documents.begin(), documents.end(), std::uint64_t{0});
  const auto longest = documents.empty() ? 0 : *std::ranges::max_element(documents);
  std::uint64_t window = std::max<std::uint64_t>(most / kWindowStep, 1) * kWindowStep;
  window = std::min(window, (longest + kWindowStep - 1) / kWindowStep * kWindowStep);
  window = std::min(window, inAll / kManyWindows / kWindowStep * kWindowStep);
  return static_cast<std::uint32_t>(std::max<std::uint64_t>(window, kWindowStep));
}

worker::Attempt<Division> divide(const std::vector<std::uint64_t>& documents, const DivisionPlan& plan) {
  auto spans = spansOf(documents);
  const auto inAll = sumOf(spans);
  const auto window = plan.cut.window;
  const auto tooFew = [&] {
    return worker::badTask(
        fmt::format("There is too little to learn from: the data has {} tokens, and with samples of {} "
                    "tokens at least {} are needed. Add data{}.",
                    inAll, window, leastTokens(window), window > kWindowStep ? ", or choose a smaller context" : ""));
  };
  if (inAll < leastTokens(window)) return tooFew();
  const auto share = static_cast<std::uint64_t>(plan.heldOut * static_cast<double>(inAll));
  auto wanted = std::clamp(share, leastHeldOut(window), std::max(leastHeldOut(window), kMostMeasured * window));
  wanted = std::min(wanted, inAll - window);
  Division out;
  if (spans.size() == 1) {
    spans[0].tokens -= wanted;
    out.heldOut.push_back({spans[0].tokens, wanted});
  } else {
    Chance chance(plan.seed);
    std::vector<std::size_t> order(spans.size());
    std::iota(order.begin(), order.end(), 0);
    shuffle(order, chance);
    for (std::size_t i = 0; sumOf(out.heldOut) < wanted; ++i) {
      out.heldOut.push_back(spans[order[i]]);
      spans[order[i]].tokens = 0;
    }
  }
  for (const auto& span : spans) cutUp(span, plan.cut.learned(), out.learned);
  if (sumOf(out.learned) < window) return tooFew();
  return out;
}

Epoch::Epoch(const Division& division, const Cut& cut, std::uint64_t seed) : m_cut(cut), m_pieces(division.learned) {
  Chance chance(seed);
  shuffle(m_pieces, chance);
  for (std::size_t piece = 0; piece < m_pieces.size();) {
    m_begins.push_back(piece);
    for (std::uint64_t tokens = 0; piece < m_pieces.size(); ++piece) {
      tokens += m_pieces[piece].tokens;
      if (tokens > m_cut.learned()) break;
    }
  }
}

std::vector<Span> Epoch::text(std::size_t segment) const {
  std::vector<Span> out;
  std::uint64_t missing = m_cut.text();
  for (std::size_t piece = m_begins[segment]; missing > 0; piece = (piece + 1) % m_pieces.size()) {
    const auto tokens = std::min(missing, m_pieces[piece].tokens);
    out.push_back({m_pieces[piece].begin, tokens});
    missing -= tokens;
  }
  return out;
}

bool measuredAfter(std::size_t segments, std::size_t ofEpoch) {
  const auto every = std::max(kLeastBetweenMeasures, (ofEpoch + kMeasuresAnEpoch - 1) / kMeasuresAnEpoch);
  return segments == ofEpoch || (segments % every == 0 && ofEpoch - segments >= every / 2);
}

double rateAt(double done, double first, const Cut& cut) {
  return first * (1 - 0.9 * done) / std::sqrt(static_cast<double>(cut.windows));
}

}  // namespace lull::runtimes::llama::training
