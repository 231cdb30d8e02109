// SPDX-License-Identifier: Apache-2.0
// What a SPIR-V module says about itself, as far as a task must fit it. Reads; does not judge (module_check.h does).
#pragma once

#include "runtimes/spirv/failure.h"

#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace lull::spirv {

enum class ResourceKind { StorageBuffer, Other };
struct Resource {
  std::uint32_t set = 0;
  std::uint32_t binding = 0;
  ResourceKind kind = ResourceKind::Other;
  bool isArray = false;
};

// A size that specialisation may change: a literal, or the value of a constant.
struct Size {
  std::uint32_t literal = 0;
  std::optional<std::uint32_t> specId = {};
};

struct EntryPoint {
  std::string name;
  std::optional<std::array<Size, 3>> localSize;
};

struct Module {
  std::vector<std::uint32_t> words;  // in this machine's byte order
  std::uint32_t version = 0;         // 0x00010300 = 1.3
  std::vector<std::uint32_t> capabilities;
  std::vector<EntryPoint> entryPoints;  // compute ones only
  std::vector<Resource> resources;
  std::uint32_t pushConstantBytes = 0;
  std::uint64_t sharedBytes = 0;                         // of work-group memory, all entry points together
  std::map<std::uint32_t, std::uint32_t> specConstants;  // id → bytes (4 for a bool)
  bool readsNumWorkgroups = false;
};

// `bytes` is the file. Words are put in this machine's order; BAD_TASK when it is no SPIR-V at all.
[[nodiscard]] Attempt<std::vector<std::uint32_t>> wordsOf(std::string_view bytes);
// Expects a module that the validator has passed.
[[nodiscard]] Attempt<Module> readModule(std::vector<std::uint32_t> words);

}  // namespace lull::spirv
