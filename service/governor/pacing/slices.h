// SPDX-License-Identifier: Apache-2.0
// Which chunks go to the driver together. Recordings may have been cut on old predictions; this looks again. Pure.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

namespace lull::governor {

// How many of the first chunks make the next slice: as many as are predicted to take mostNs(sliceNs) together, at least
// one (if there is any). A chunk of unknown length goes alone; one without work costs nothing.
[[nodiscard]] std::size_t nextSlice(std::span<const std::optional<std::uint64_t>> predictedNs, std::uint64_t sliceNs);

}  // namespace lull::governor
