// SPDX-License-Identifier: Apache-2.0
#include "governor/pacing/slices.h"

#include "governor/pacing/pace.h"

#include <limits>

namespace lull::governor {

std::size_t nextSlice(std::span<const std::optional<std::uint64_t>> predictedNs, std::uint64_t sliceNs) {
  constexpr std::uint64_t kFull = std::numeric_limits<std::uint64_t>::max();
  const std::uint64_t most = mostNs(sliceNs);
  std::uint64_t filledNs = 0;
  std::size_t chunks = 0;
  for (const std::optional<std::uint64_t>& next : predictedNs) {
    const std::uint64_t ns = next.value_or(kFull);
    const bool fits = ns == 0 || filledNs == 0 || (filledNs <= most && ns <= most - filledNs);
    if (!fits) break;
    filledNs = ns == 0 ? filledNs : filledNs + ns;  // the first of a slice starts from 0: no overflow
    ++chunks;
  }
  return chunks;
}

}  // namespace lull::governor
