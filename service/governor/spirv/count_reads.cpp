// SPDX-License-Identifier: Apache-2.0
#include "governor/spirv/count_reads.h"

#include <algorithm>
#include <vector>

namespace lull::governor::spirv {

namespace {

constexpr std::uint32_t kBuiltIn = 11;  // the decoration
constexpr std::uint32_t kNumWorkgroups = 24;
// OpenCL's, which depend on the size of the whole dispatch: GlobalSize, GlobalOffset, GlobalLinearId.
constexpr std::uint32_t kOthers[] = {31, 33, 34};
constexpr std::uint32_t kUndefined = 0xffffffff;  // of a shuffle's components

bool isCount(std::uint32_t builtIn) {
  return builtIn == kNumWorkgroups || std::find(std::begin(kOthers), std::end(kOthers), builtIn) != std::end(kOthers);
}

// What reads the variable, as the instructions of the functions go by.
class Reads {
public:
  Reads(const Module& module, Id variable) : m_module(module), m_variable(variable) {}

  void see(const Instruction& instruction) {
    if (isNonSemantic(m_module, instruction)) return;
    if (instruction.uses(m_variable)) seeVariable(instruction);
    for (const Id vector : m_vectors) {
      if (instruction.uses(vector)) return seeVector(instruction);
    }
  }
  [[nodiscard]] Axes axes() const { return m_axes; }

private:
  void readAll() { m_axes = {true, true, true}; }
  void read(std::optional<std::uint32_t> component) {
    if (!component || *component >= m_axes.size()) return readAll();
    m_axes[*component] = true;
  }

  void seeVariable(const Instruction& instruction) {
    const bool direct = instruction[3] == m_variable;
    if (direct && instruction.op() == Op::Load) {
      m_vectors.push_back(instruction.result());
    } else if (direct && isAccessChain(instruction.op()) && instruction.words.size() == 5) {
      read(m_module.constant(instruction[4]));
    } else {
      readAll();
    }
  }

  void seeVector(const Instruction& instruction) {
    if (instruction.op() == Op::CompositeExtract && instruction.words.size() == 5) return read(instruction[4]);
    if (instruction.op() != Op::VectorShuffle || !isVector(instruction[3])) return readAll();
    for (std::size_t at = 5; at < instruction.words.size(); ++at) {
      const std::uint32_t component = instruction[at];
      if (component == kUndefined) continue;
      if (component < m_axes.size()) {
        read(component);
      } else if (isVector(instruction[4])) {
        read(component - static_cast<std::uint32_t>(m_axes.size()));
      }
    }
  }

  [[nodiscard]] bool isVector(Id id) const {
    return std::find(m_vectors.begin(), m_vectors.end(), id) != m_vectors.end();
  }

  const Module& m_module;
  const Id m_variable;
  std::vector<Id> m_vectors;  // results of loading all of it
  Axes m_axes{false, false, false};
};

}  // namespace

std::optional<Id> countVariable(const Module& module) {
  Id variable = 0;
  for (const Instruction& instruction : module.instructions()) {
    if (instruction.op() == Op::Function) break;
    const bool ofMember = instruction.op() == Op::MemberDecorate && instruction[3] == kBuiltIn;
    if (ofMember && isCount(instruction[4])) return std::nullopt;
    if (instruction.op() != Op::Decorate || instruction[2] != kBuiltIn || !isCount(instruction[3])) continue;
    const Instruction* target = module.definition(instruction[1]);
    const bool known = instruction[3] == kNumWorkgroups && target != nullptr && target->op() == Op::Variable;
    if (!known || (variable != 0 && variable != instruction[1])) return std::nullopt;
    variable = instruction[1];
  }
  return variable;
}

Axes countReads(const Module& module, std::span<const Function> functions) {
  const std::optional<Id> variable = countVariable(module);
  if (!variable) return {true, true, true};
  if (*variable == 0) return {false, false, false};
  Reads reads(module, *variable);
  for (const Function& function : functions) {
    for (const Instruction& instruction : function.body) reads.see(instruction);
  }
  return reads.axes();
}

}  // namespace lull::governor::spirv
