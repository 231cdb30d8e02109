// SPDX-License-Identifier: Apache-2.0
#include "governor/spirv/module.h"

#include <algorithm>
#include <cstring>

namespace lull::governor::spirv {

namespace {

constexpr std::uint32_t kComputeModel = 5;  // GLCompute

bool isIn(unsigned value, unsigned first, unsigned last) { return value >= first && value <= last; }

// Instructions that define nothing.
bool isVoid(Op op) {
  const auto code = static_cast<unsigned>(op);
  constexpr unsigned kOthers[] = {0,    2,    3,    4,    5,    6,    8,    10,   14,   15,   16,  17,  39,
                                  56,   62,   63,   64,   71,   72,   74,   75,   99,   218,  219, 220, 221,
                                  224,  225,  228,  246,  247,  256,  257,  317,  319,  330,  331, 332, 4416,
                                  4448, 4458, 4473, 4474, 4475, 4476, 5360, 5380, 5630, 5632, 5633};
  return isIn(code, 249, 255) || std::find(std::begin(kOthers), std::end(kOthers), code) != std::end(kOthers);
}

// Instructions whose result has no type: types, labels, imports, strings, decoration groups.
bool isUntyped(Op op) {
  const auto code = static_cast<unsigned>(op);
  return isIn(code, 19, 38) || code == 7 || code == 11 || code == 73 || code == 248 || code == 322 || code == 327 ||
         code == 4417 || code == 4456 || code == 4472 || code == 5341 || code == 5358;
}

}  // namespace

std::string_view literal(Words words) {
  const char* text = reinterpret_cast<const char*>(words.data());
  const std::size_t most = words.size_bytes();
  if (most == 0) return {};
  const void* end = std::memchr(text, 0, most);
  return {text, end == nullptr ? most : static_cast<std::size_t>(static_cast<const char*>(end) - text)};
}

bool isNonSemantic(const Module& module, const Instruction& instruction) {
  if (instruction.op() != Op::ExtInst) return false;
  const Instruction* set = module.definition(instruction[3]);
  return set != nullptr && set->op() == Op::ExtInstImport && set->words.size() > 2 &&
         literal(set->words.subspan(2)).starts_with("NonSemantic.");
}

bool isAtomic(Op op) {
  return (op >= Op::AtomicLoad && op <= Op::AtomicXor) || op == Op::AtomicFlagTestAndSet || op == Op::AtomicFlagClear ||
         op == Op::AtomicFMin || op == Op::AtomicFMax || op == Op::AtomicFAdd;
}

bool isAccessChain(Op op) {
  return op == Op::AccessChain || op == Op::InBoundsAccessChain || op == Op::PtrAccessChain ||
         op == Op::InBoundsPtrAccessChain;
}

Id Instruction::result() const {
  if (isVoid(op())) return 0;
  return (*this)[isUntyped(op()) ? 1 : 2];
}

Id Instruction::type() const { return isVoid(op()) || isUntyped(op()) ? 0 : (*this)[1]; }

std::size_t Instruction::idWords() const {
  switch (op()) {
    case Op::Nop:
    case Op::Line:
    case Op::Label:
    case Op::Unreachable:
      return 1;
    case Op::Branch:
    case Op::SelectionMerge:
    case Op::TypeInt:
    case Op::TypeFloat:
      return 2;
    case Op::Constant:
    case Op::SpecConstant:
    case Op::TypeVector:
    case Op::TypeMatrix:
    case Op::Store:
    case Op::CopyMemory:
    case Op::LoopMerge:
    case Op::Variable:
      return 3;
    case Op::Load:
    case Op::CompositeExtract:
    case Op::CopyMemorySized:
    case Op::BranchConditional:
      return 4;
    case Op::VectorShuffle:
    case Op::CompositeInsert:
      return 5;
    default:
      return words.size();
  }
}

bool Instruction::uses(Id id) const {
  const std::size_t end = std::min(words.size(), idWords());
  const std::size_t begin = isVoid(op()) ? 1 : isUntyped(op()) ? 2 : 3;
  for (std::size_t at = begin; at < end; ++at) {
    const bool number = op() == Op::ExtInst && at == 4;
    if (words[at] == id && !number) return true;
  }
  return false;
}

std::optional<Module> Module::read(Words words) {
  if (words.size() < kHeaderWords || words[0] != kMagic || words[kBoundAt] > kMostIds) return std::nullopt;
  Module module;
  module.m_bound = words[kBoundAt];
  module.m_definitions.resize(module.m_bound);
  for (std::size_t at = kHeaderWords; at < words.size();) {
    const std::size_t length = words[at] >> 16U;
    if (length == 0 || length > words.size() - at) return std::nullopt;
    const Instruction instruction{words.subspan(at, length)};
    module.m_instructions.push_back(instruction);
    const Id result = instruction.result();
    if (result != 0 && result < module.m_bound && module.m_definitions[result] == 0) {
      module.m_definitions[result] = static_cast<std::uint32_t>(module.m_instructions.size());
    }
    at += length;
  }
  return module;
}

const Instruction* Module::definition(Id id) const {
  if (id >= m_bound || m_definitions[id] == 0) return nullptr;
  return &m_instructions[m_definitions[id] - 1];
}

Id Module::computeEntry(std::string_view name) const {
  for (const Instruction& instruction : m_instructions) {
    if (instruction.op() == Op::Function) break;
    if (instruction.op() != Op::EntryPoint || instruction.words.size() < 4) continue;
    if (instruction[1] == kComputeModel && literal(instruction.words.subspan(3)) == name) return instruction[2];
  }
  return 0;
}

std::optional<std::uint32_t> Module::constant(Id id) const {
  const Instruction* value = definition(id);
  if (value == nullptr || value->op() != Op::Constant || value->words.size() != 4) return std::nullopt;
  const Instruction* type = definition(value->type());
  if (type == nullptr || type->op() != Op::TypeInt || (*type)[2] != 32) return std::nullopt;
  return (*value)[3];
}

std::optional<Storage> Module::storage(Id pointer) const {
  const Instruction* value = definition(pointer);
  const Instruction* type = value == nullptr ? nullptr : definition(value->type());
  if (type == nullptr || type->op() != Op::TypePointer || type->words.size() < 4) return std::nullopt;
  return static_cast<Storage>((*type)[2]);
}

std::vector<Function> reachableFunctions(const Module& module, Id entry) {
  std::vector<Function> all;
  const std::span<const Instruction> instructions = module.instructions();
  for (std::size_t begin = 0; begin < instructions.size(); ++begin) {
    if (instructions[begin].op() != Op::Function) continue;
    std::size_t end = begin;
    while (end + 1 < instructions.size() && instructions[end].op() != Op::FunctionEnd) ++end;
    all.push_back({instructions[begin].result(), instructions.subspan(begin, end - begin + 1)});
    begin = end;
  }
  std::vector<Function> reached;
  std::vector<Id> wanted{entry};
  while (!wanted.empty()) {
    const Id id = wanted.back();
    wanted.pop_back();
    const auto function = std::find_if(all.begin(), all.end(), [id](const Function& f) { return f.id == id; });
    if (function == all.end()) continue;
    for (const Instruction& instruction : function->body) {
      if (instruction.op() == Op::FunctionCall) wanted.push_back(instruction[3]);
    }
    reached.push_back(*function);
    all.erase(function);
  }
  return reached;
}

}  // namespace lull::governor::spirv
