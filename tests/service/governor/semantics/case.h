// SPDX-License-Identifier: Apache-2.0
// A named case: what it does with Vulkan, what it must find, and a digest of what it found.
#pragma once

#include <vulkan/vulkan.h>

#include <cstdint>
#include <span>
#include <string>

namespace semantics {

class Gpu;

// Thrown, they end a case; run() in suite.cpp catches both.
struct Failure {
  std::string what;
};
struct Skip {
  std::string why;
};

void require(VkResult result, const char* call);
void check(bool holds, const std::string& what);
void same(std::uint64_t got, std::uint64_t wanted, const std::string& what);

// FNV-1a over words.
class Digest {
public:
  void add(std::uint32_t word);
  void add(std::span<const std::uint32_t> words);
  [[nodiscard]] std::string text() const;

private:
  std::uint64_t m_hash = 0xcbf29ce484222325ULL;
};

struct Run {
  const Gpu& gpu;
  Digest digest;
};

enum class Kind {
  Quick,   // in the short set too, for modes in which everything is slow
  Full,    // only in the long set
  Ending,  // the process ends in it: it has a process of its own, and says what it has to say before
  Trip,    // does on purpose what validation must report: run only when named
};

struct Case {
  const char* name;
  Kind kind;
  void (*body)(Run&);
};
using Cases = std::span<const Case>;

// An ending case says that everything before the end went well. The harness then asks for this exit status.
void announceEnd(Run& run, int status);

}  // namespace semantics
