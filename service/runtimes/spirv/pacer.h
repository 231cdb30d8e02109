// SPDX-License-Identifier: Apache-2.0
// How large the next piece is, learned from how long the last ones took. Pure.
#pragma once

#include <cstdint>

namespace lull::spirv {

class Pacer {
public:
  explicit Pacer(std::uint64_t targetNs);

  // Work groups for the next piece. Begins with one; at most four times the largest piece measured so far.
  [[nodiscard]] std::uint64_t groups() const { return m_groups; }
  // A piece of so many groups took so long on the GPU. The first one is not trusted: drivers compile then.
  void measured(std::uint64_t groups, std::uint64_t ns);
  // 0 while unknown.
  [[nodiscard]] double nsPerGroup() const { return m_nsPerGroup; }

private:
  double m_target;
  double m_nsPerGroup = 0;
  double m_deviation = 0;  // of single pieces: uneven work goes out in smaller ones, so that few are much too long
  std::uint64_t m_groups = 1;
  bool m_warm = false;
};

}  // namespace lull::spirv
