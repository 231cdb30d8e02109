// SPDX-License-Identifier: Apache-2.0
#include "case.h"

#include <cinttypes>
#include <cstdio>

namespace semantics {

void require(VkResult result, const char* call) {
  if (result != VK_SUCCESS) throw Failure{std::string(call) + " gave " + std::to_string(result)};
}

void check(bool holds, const std::string& what) {
  if (!holds) throw Failure{what};
}

void same(std::uint64_t got, std::uint64_t wanted, const std::string& what) {
  if (got != wanted) throw Failure{what + ": " + std::to_string(got) + " instead of " + std::to_string(wanted)};
}

void Digest::add(std::uint32_t word) {
  for (unsigned shift = 0; shift < 32; shift += 8) m_hash = (m_hash ^ ((word >> shift) & 0xffU)) * 0x100000001b3ULL;
}

void Digest::add(std::span<const std::uint32_t> words) {
  for (const std::uint32_t word : words) add(word);
}

std::string Digest::text() const {
  char buffer[17];
  std::snprintf(buffer, sizeof buffer, "%016" PRIx64, m_hash);
  return buffer;
}

void announceEnd(Run& run, int status) {
  std::printf("END %s %d\n", run.digest.text().c_str(), status);
  std::fflush(stdout);
}

}  // namespace semantics
