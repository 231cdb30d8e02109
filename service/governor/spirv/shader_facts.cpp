// SPDX-License-Identifier: Apache-2.0
#include "governor/spirv/shader_facts.h"

#include "governor/spirv/count_reads.h"
#include "governor/spirv/module.h"
#include "governor/spirv/waits.h"

#include <algorithm>
#include <new>

namespace lull::governor {

namespace {

// Pointers without a type are not followed here.
bool isKnown(const spirv::Module& module) {
  return std::none_of(module.instructions().begin(), module.instructions().end(),
                      [](const spirv::Instruction& i) { return i.op() == spirv::Op::TypeUntypedPointer; });
}

ShaderFacts factsOf(std::span<const std::uint32_t> words, std::string_view entryPoint) {
  const std::optional<spirv::Module> module = spirv::Module::read(words);
  if (!module || !isKnown(*module)) return {};
  const std::vector<spirv::Function> functions = spirv::reachableFunctions(*module, module->computeEntry(entryPoint));
  if (functions.empty()) return {};
  const Axes reads = spirv::countReads(*module, functions);
  return {.divisible = {!reads[0], !reads[1], !reads[2]}, .mayWait = spirv::mayWait(*module, functions)};
}

}  // namespace

ShaderFacts shaderFacts(std::span<const std::uint32_t> words, std::string_view entryPoint) {
  try {
    return factsOf(words, entryPoint);
  } catch (const std::bad_alloc&) {
    return {};
  }
}

}  // namespace lull::governor
