// SPDX-License-Identifier: Apache-2.0
#include "governor/spirv/count_patch.h"

#include "governor/spirv/count_reads.h"
#include "governor/spirv/layout.h"
#include "governor/spirv/module.h"

#include <algorithm>
#include <array>
#include <utility>

namespace lull::governor {

namespace {

using namespace spirv;
using Code = std::vector<std::uint32_t>;

constexpr std::uint32_t kBlock = 2;  // decorations
constexpr std::uint32_t kArrayStride = 6;
constexpr std::uint32_t kOffset = 35;
constexpr std::uint32_t kVersion14 = 0x00010400;  // from here on an entry point names all variables it uses

void emit(Code& code, Op op, std::initializer_list<std::uint32_t> operands) {
  code.push_back(static_cast<std::uint32_t>(operands.size() + 1) << 16U | static_cast<std::uint32_t>(op));
  code.insert(code.end(), operands);
}
void emit(Code& code, const Instruction& instruction) {
  code.insert(code.end(), instruction.words.begin(), instruction.words.end());
}

bool isPlainChain(const Instruction& instruction) {
  return instruction.op() == Op::AccessChain || instruction.op() == Op::InBoundsAccessChain;
}

// What may be said of a variable outside the functions.
bool isSaidOutside(Op op) {
  constexpr auto kLastConstant = static_cast<Op>(51);  // up to here: capabilities, names, types, constants
  return (op <= kLastConstant && op != Op::ExtInst) || op == Op::Decorate || op == Op::MemberDecorate ||
         op == Op::Variable;
}

// What of the module the patch is about.
struct Found {
  Id count = 0;  // the variable NumWorkgroups
  Id vector = 0;
  Id number = 0;  // type of a component
  const Instruction* entry = nullptr;
  const Instruction* block = nullptr;  // the push constants' variable; nullptr: there is none
  const Instruction* structure = nullptr;
};

// Looks for all of it, and at each use of the two variables; nullopt: something is not as it is known here.
class Survey {
public:
  explicit Survey(const Module& module) : m_module(module) {}

  [[nodiscard]] std::optional<Found> look(std::string_view entryPoint, std::uint32_t offset) {
    const std::optional<Id> count = countVariable(m_module);
    if (m_module.computeEntry(entryPoint) == 0 || !count || *count == 0) return std::nullopt;
    m_found.count = *count;
    if (!findTypes() || !findOutside() || !findStructure(offset) || !usesAreKnown()) return std::nullopt;
    return m_found;
  }

private:
  [[nodiscard]] bool findTypes() {
    const Instruction* variable = m_module.definition(m_found.count);
    const Instruction* pointer = variable == nullptr ? nullptr : m_module.definition(variable->type());
    if (pointer == nullptr || pointer->op() != Op::TypePointer) return false;
    m_found.vector = (*pointer)[3];
    const Instruction* vector = m_module.definition(m_found.vector);
    if (vector == nullptr || vector->op() != Op::TypeVector || (*vector)[3] != 3) return false;
    m_found.number = (*vector)[2];
    const Instruction* number = m_module.definition(m_found.number);
    return number != nullptr && number->op() == Op::TypeInt && (*number)[2] == 32;
  }

  // One entry point, at most one block of push constants.
  [[nodiscard]] bool findOutside() {
    for (const Instruction& instruction : m_module.instructions()) {
      if (instruction.op() == Op::Function) return m_found.entry != nullptr;
      const bool isBlock =
          instruction.op() == Op::Variable && static_cast<Storage>(instruction[3]) == Storage::PushConstant;
      if (instruction.op() == Op::GroupDecorate || instruction.op() == Op::GroupMemberDecorate) return false;
      if (instruction.op() == Op::EntryPoint && std::exchange(m_found.entry, &instruction) != nullptr) return false;
      if (isBlock && (instruction.words.size() != 4 || std::exchange(m_found.block, &instruction) != nullptr)) {
        return false;
      }
    }
    return false;
  }

  [[nodiscard]] bool findStructure(std::uint32_t offset) {
    if (m_found.block == nullptr) return true;
    const Instruction* pointer = m_module.definition(m_found.block->type());
    if (pointer == nullptr || pointer->op() != Op::TypePointer) return false;
    m_found.structure = m_module.definition((*pointer)[3]);
    const std::optional<std::uint64_t> end = endOf(m_module, (*pointer)[3]);
    return end && *end <= offset;
  }

  [[nodiscard]] bool usesAreKnown() {
    const Id block = m_found.block == nullptr ? 0 : m_found.block->result();
    bool inside = false;
    for (const Instruction& instruction : m_module.instructions()) {
      inside = inside || instruction.op() == Op::Function;
      const bool aside = isNonSemantic(m_module, instruction);
      if (inside ? aside : isSaidOutside(instruction.op())) continue;
      if (instruction.uses(m_found.count) && !aside && !(inside && isKnownRead(instruction))) return false;
      const bool ofBlock = block != 0 && instruction.uses(block);
      if (ofBlock && !(inside && isPlainChain(instruction) && isBaseOnly(instruction, block))) return false;
      if (inside && !isKnownUseOfComponent(instruction)) return false;
    }
    return m_reads;
  }
  [[nodiscard]] bool isKnownRead(const Instruction& instruction) {
    m_reads = true;
    if (instruction.op() == Op::Load) return instruction[3] == m_found.count;
    if (!isPlainChain(instruction) || instruction.words.size() != 5 || !isBaseOnly(instruction, m_found.count)) {
      return false;
    }
    m_components.push_back(instruction.result());
    return true;
  }
  [[nodiscard]] static bool isBaseOnly(const Instruction& chain, Id base) {
    return chain.words.size() > 4 && chain[3] == base &&
           std::find(chain.words.begin() + 4, chain.words.end(), base) == chain.words.end();
  }
  // A pointer to a component is loaded from, and no more.
  [[nodiscard]] bool isKnownUseOfComponent(const Instruction& instruction) const {
    return instruction.op() == Op::Load ||
           std::none_of(m_components.begin(), m_components.end(),
                        [&instruction](Id component) { return instruction.uses(component); });
  }

  const Module& m_module;
  Found m_found;
  std::vector<Id> m_components;
  bool m_reads = false;
};

// Writes the module anew: the block is declared behind all other types, with one member more; reads go there.
class Rewrite {
public:
  Rewrite(const Module& module, const Found& found, std::uint32_t offset)
      : m_module(module), m_found(found), m_offset(offset), m_bound(module.bound()) {
    m_member = found.structure == nullptr ? 0 : static_cast<std::uint32_t>(found.structure->words.size() - 2);
    m_block = found.block == nullptr ? newId() : found.block->result();
    m_array = newId();
    m_structure = newId();
    m_blockPointer = newId();
    for (std::uint32_t k = 0; k < m_constants.size(); ++k) m_constants[k] = constant(k);
    m_memberIndex = m_member < m_constants.size() ? m_constants[m_member] : constant(m_member);
    m_numberPointer = pointerTo(found.number);
  }

  [[nodiscard]] std::optional<Code> write(Words words) {
    Code code(words.begin(), words.begin() + kHeaderWords);
    bool outside = true;
    for (const Instruction& instruction : m_module.instructions()) {
      if (outside && instruction.op() == Op::Function) {
        outside = false;
        declare(code);
      }
      if (outside) {
        writeOutside(code, instruction, words[1]);
      } else {
        writeInside(code, instruction);
      }
    }
    code[kBoundAt] = m_bound;
    if (m_bound > kMostIds) return std::nullopt;
    return code;
  }

private:
  [[nodiscard]] Id newId() { return m_bound++; }

  [[nodiscard]] Id constant(std::uint32_t value) {
    for (const Instruction& i : m_module.instructions()) {
      if (i.op() == Op::Constant && i.type() == m_found.number && m_module.constant(i.result()) == value) {
        return i.result();
      }
    }
    const Id id = newId();
    emit(m_declared, Op::Constant, {m_found.number, id, value});
    return id;
  }
  [[nodiscard]] Id pointerTo(Id type) {
    constexpr auto kStorage = static_cast<std::uint32_t>(Storage::PushConstant);
    for (const Instruction& i : m_module.instructions()) {
      if (i.op() == Op::TypePointer && i[2] == kStorage && i[3] == type) return i.result();
    }
    const Id id = newId();
    emit(m_declared, Op::TypePointer, {id, kStorage, type});
    return id;
  }

  void declare(Code& code) const {
    constexpr auto kStorage = static_cast<std::uint32_t>(Storage::PushConstant);
    code.insert(code.end(), m_declared.begin(), m_declared.end());
    emit(code, Op::TypeArray, {m_array, m_found.number, m_constants[3]});
    code.push_back((m_member + 3) << 16U | static_cast<std::uint32_t>(Op::TypeStruct));
    code.push_back(m_structure);
    for (std::uint32_t i = 0; i < m_member; ++i) code.push_back((*m_found.structure)[i + 2]);
    code.push_back(m_array);
    emit(code, Op::TypePointer, {m_blockPointer, kStorage, m_structure});
    emit(code, Op::Variable, {m_blockPointer, m_block, kStorage});
  }

  void writeOutside(Code& code, const Instruction& instruction, std::uint32_t version) {
    if (&instruction == m_found.block) return;
    const std::size_t at = code.size();
    emit(code, instruction);
    if (&instruction == m_found.entry && version >= kVersion14) nameBlock(code, at);
    const bool decorates = instruction.op() == Op::Decorate || instruction.op() == Op::MemberDecorate;
    if (!decorates) return;
    // NumWorkgroups is decorated, so there is a place for ours too.
    if (instruction[1] == m_found.count && !m_decorated) {
      m_decorated = true;
      decorate(code);
    }
    if (m_found.structure != nullptr && instruction[1] == m_found.structure->result()) {
      const std::size_t copy = code.size();
      emit(code, instruction);
      code[copy + 1] = m_structure;
    }
  }
  void nameBlock(Code& code, std::size_t at) const {
    const Words words = m_found.entry->words;
    const std::size_t name = literal(words.subspan(3)).size() / sizeof(std::uint32_t) + 1;
    const std::size_t first = std::min(words.size(), 3 + name);
    if (std::find(words.begin() + static_cast<std::ptrdiff_t>(first), words.end(), m_block) != words.end()) return;
    code.push_back(m_block);
    code[at] += 1U << 16U;
  }
  void decorate(Code& code) const {
    if (m_found.structure == nullptr) emit(code, Op::Decorate, {m_structure, kBlock});
    emit(code, Op::MemberDecorate, {m_structure, m_member, kOffset, m_offset});
    emit(code, Op::Decorate, {m_array, kArrayStride, sizeof(std::uint32_t)});
  }

  void writeInside(Code& code, const Instruction& instruction) {
    const bool ofCount = instruction[3] == m_found.count && instruction.uses(m_found.count);
    if (ofCount && instruction.op() == Op::Load) {
      writeVector(code, instruction.result());
    } else if (ofCount && isPlainChain(instruction)) {
      emit(code, Op::AccessChain, {m_numberPointer, instruction.result(), m_block, m_memberIndex, instruction[4]});
    } else {
      emit(code, instruction);
    }
  }
  void writeVector(Code& code, Id result) {
    std::array<Id, 3> numbers{};
    for (std::size_t k = 0; k < numbers.size(); ++k) {
      const Id pointer = newId();
      numbers[k] = newId();
      emit(code, Op::AccessChain, {m_numberPointer, pointer, m_block, m_memberIndex, m_constants[k]});
      emit(code, Op::Load, {m_found.number, numbers[k], pointer});
    }
    emit(code, Op::CompositeConstruct, {m_found.vector, result, numbers[0], numbers[1], numbers[2]});
  }

  const Module& m_module;
  const Found m_found;
  const std::uint32_t m_offset;
  std::uint32_t m_bound;
  std::uint32_t m_member = 0;  // index of ours
  Code m_declared;
  bool m_decorated = false;
  std::array<Id, 4> m_constants{};  // of 0 to 3
  Id m_memberIndex = 0;
  Id m_block = 0;
  Id m_array = 0;
  Id m_structure = 0;
  Id m_blockPointer = 0;
  Id m_numberPointer = 0;
};

}  // namespace

std::optional<std::vector<std::uint32_t>> patchCounts(std::span<const std::uint32_t> words, std::string_view entryPoint,
                                                      std::uint32_t offset) {
  const std::optional<Module> module = Module::read(words);
  if (!module || offset % sizeof(std::uint32_t) != 0) return std::nullopt;
  const std::optional<Found> found = Survey(*module).look(entryPoint, offset);
  if (!found) return std::nullopt;
  return Rewrite(*module, *found, offset).write(words);
}

}  // namespace lull::governor
