// SPDX-License-Identifier: Apache-2.0
#include "gguf/memory.h"

#include "base/saturating.h"

#include <fmt/format.h>

namespace lull::gguf {

namespace {

constexpr std::uint64_t kMask = 2;  // bytes, F16: whether one token may look at another one of its request

}  // namespace

using saturating::plus;
using saturating::times;

std::uint64_t bytesFor(const Memory& memory, const Load& load) {
  const auto cache = times(memory.cachePerToken, std::uint64_t{load.context} * load.parallel);
  const auto work = times(plus(memory.workPerToken, kMask * load.context), load.batch);
  return plus(plus(memory.weights, cache), plus(work, memory.driver));
}

std::string sizeText(std::uint64_t bytes) {
  const auto size = static_cast<double>(bytes);
  return size < 999.5e6 ? fmt::format("{:.0f} MB", size / 1e6) : fmt::format("{:.1f} GB", size / 1e9);
}

}  // namespace lull::gguf
