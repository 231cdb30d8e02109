// SPDX-License-Identifier: Apache-2.0
// What is learned in which order. Pure: the same corpus, numbers and seed give the same segments, whatever happens
// while they are trained.
//
// llama-finetune cuts a text into windows that overlap by half; each is one step of AdamW. It never clears its
// gradients, so in a long run each step repeats all before it and the loss rises again, and it forgets AdamW's moments
// when it ends. So the work is cut into segments: short runs, each on the weights of the one before. What AdamW
// amounts to then: its first steps, which move each weight by the rate of learning in the direction of the gradient.
// One window a run learns best; models that take long to load get more, at a lower rate.
#pragma once

#include "runtimes/worker/failure.h"

#include <cstdint>
#include <vector>

namespace lull::runtimes::llama::training {

inline constexpr std::uint32_t kWindowStep = 256;  // llama-finetune rounds other contexts up to a multiple of it

// Tokens of the corpus.
struct Span {
  std::uint64_t begin = 0;
  std::uint64_t tokens = 0;
};

// How a segment is cut.
struct Cut {
  std::uint32_t window = 0;   // tokens
  std::uint32_t windows = 1;  // of a segment
  // Tokens that a segment learns from.
  [[nodiscard]] std::uint64_t learned() const { return (windows + 1ULL) * window / 2; }
  // Tokens of its text: llama-finetune wants half a window more than it learns from, and less than a whole one. What
  // is cut into tokens by itself may have some more or fewer of them, so this is in the middle.
  [[nodiscard]] std::uint64_t text() const { return learned() + window / 2 + window / 4; }
};
// `modelBytes`: of all weights in F32.
[[nodiscard]] Cut cutFor(std::uint32_t window, std::uint64_t modelBytes);

// Tokens that a training needs at least.
[[nodiscard]] std::uint64_t leastTokens(std::uint32_t window);
// A window that suits the data, of at most `most` tokens.
[[nodiscard]] std::uint32_t windowFor(const std::vector<std::uint64_t>& documents, std::uint32_t most);

struct Division {
  std::vector<Span> learned;  // pieces of at most Cut::learned() tokens
  std::vector<Span> heldOut;
};
struct DivisionPlan {
  Cut cut;
  double heldOut = 0;  // share
  std::uint32_t seed = 0;
};
// `documents`: the tokens of each. Of one document the end is held out, of several some by chance. BAD_TASK: too few.
[[nodiscard]] worker::Attempt<Division> divide(const std::vector<std::uint64_t>& documents, const DivisionPlan& plan);

// The segments of one pass over what is learned.
class Epoch {
public:
  Epoch(const Division& division, const Cut& cut, std::uint64_t seed);
  [[nodiscard]] std::size_t segments() const { return m_begins.size(); }
  // The text of a segment. Where it ends before Cut::text() tokens, the epoch's beginning follows.
  [[nodiscard]] std::vector<Span> text(std::size_t segment) const;

private:
  Cut m_cut;
  std::vector<Span> m_pieces;         // in their order
  std::vector<std::size_t> m_begins;  // the first piece of each segment
};

// Whether the held-out loss is measured after so many segments of an epoch.
[[nodiscard]] bool measuredAfter(std::size_t segments, std::size_t ofEpoch);
// Falls evenly to a tenth. `done`: 0 to 1.
[[nodiscard]] double rateAt(double done, double first, const Cut& cut);

}  // namespace lull::runtimes::llama::training
