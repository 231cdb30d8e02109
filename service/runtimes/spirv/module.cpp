// SPDX-License-Identifier: Apache-2.0
#include "runtimes/spirv/module.h"

#include "runtimes/spirv/opcodes.h"

#include <spirv-tools/libspirv.h>

#include <algorithm>
#include <cstring>
#include <memory>
#include <span>

namespace lull::spirv {

namespace {

using Words = std::vector<std::uint32_t>;

constexpr int kDeepestType = 32;

// The instructions before the first function, by what they define and decorate.
struct Declarations {
  struct Instruction {
    std::uint16_t op = 0;
    Words words;  // whole, first word included
  };
  std::vector<Instruction> instructions;
  std::map<std::uint32_t, std::size_t> byResult;
  std::map<std::pair<std::uint32_t, std::uint32_t>, std::uint32_t> decorations;  // (id, decoration) → operand
  // (struct, member, decoration) → operand
  std::map<std::array<std::uint32_t, 3>, std::uint32_t> members;
  std::uint32_t version = 0;

  [[nodiscard]] const Instruction* find(std::uint32_t id) const {
    const auto found = byResult.find(id);
    return found == byResult.end() ? nullptr : &instructions[found->second];
  }
  [[nodiscard]] std::optional<std::uint32_t> decoration(std::uint32_t id, std::uint32_t which) const {
    const auto found = decorations.find({id, which});
    return found == decorations.end() ? std::nullopt : std::optional(found->second);
  }
};

spv_result_t takeHeader(void* user, spv_endianness_t, uint32_t, uint32_t version, uint32_t, uint32_t, uint32_t) {
  static_cast<Declarations*>(user)->version = version;
  return SPV_SUCCESS;
}

spv_result_t takeInstruction(void* user, const spv_parsed_instruction_t* parsed) {
  auto& out = *static_cast<Declarations*>(user);
  Declarations::Instruction instruction{parsed->opcode, Words(parsed->words, parsed->words + parsed->num_words)};
  const Words& w = instruction.words;
  if (parsed->opcode == OpDecorate && w.size() >= 3) out.decorations[{w[1], w[2]}] = w.size() > 3 ? w[3] : 0;
  if (parsed->opcode == OpMemberDecorate && w.size() >= 4) {
    out.members[{w[1], w[2], w[3]}] = w.size() > 4 ? w[4] : 0;
  }
  if (parsed->result_id != 0) out.byResult[parsed->result_id] = out.instructions.size();
  const bool wanted = parsed->opcode <= OpVariable || parsed->result_id != 0;
  if (wanted) out.instructions.push_back(std::move(instruction));
  return SPV_SUCCESS;
}

// A literal string begins at `at` and ends with a zero byte; four characters to a word, lowest byte first.
std::string stringAt(const Words& words, std::size_t at) {
  std::string text;
  for (; at < words.size(); ++at) {
    for (unsigned shift = 0; shift < 32; shift += 8) {
      const char c = static_cast<char>((words[at] >> shift) & 0xffU);
      if (c == '\0') return text;
      text += c;
    }
  }
  return text;
}

// Bytes of a type laid out as its decorations say. 0: not known, or without end (a runtime array).
class Layout {
public:
  explicit Layout(const Declarations& declarations) : m_all(declarations) {}

  [[nodiscard]] std::uint64_t bytesOf(std::uint32_t type, int depth = 0) const {
    const auto* found = m_all.find(type);
    if (found == nullptr || depth > kDeepestType) return 0;
    const Words& w = found->words;
    switch (found->op) {
      case OpTypeBool:
        return 4;
      case OpTypeInt:
      case OpTypeFloat:
        return w[2] / 8;
      case OpTypeVector:
        return bytesOf(w[2], depth + 1) * w[3];
      case OpTypeArray:
        return arrayBytes(type, w, depth);
      case OpTypeStruct:
        return structBytes(type, w, depth);
      default:
        return 0;
    }
  }

private:
  [[nodiscard]] std::uint64_t arrayBytes(std::uint32_t type, const Words& w, int depth) const {
    const auto* length = m_all.find(w[3]);
    if (length == nullptr || length->words.size() < 4) return 0;
    const auto stride = m_all.decoration(type, DecorationArrayStride);
    return (stride ? *stride : bytesOf(w[2], depth + 1)) * std::uint64_t{length->words[3]};
  }
  [[nodiscard]] std::uint64_t structBytes(std::uint32_t type, const Words& w, int depth) const {
    std::uint64_t end = 0;
    for (std::uint32_t member = 0; member + 2 < w.size(); ++member) {
      const auto offset = m_all.members.find({type, member, DecorationOffset});
      const std::uint64_t at = offset == m_all.members.end() ? end : offset->second;
      end = std::max(end, at + memberBytes(type, member, w[member + 2], depth));
    }
    return end;
  }
  [[nodiscard]] std::uint64_t memberBytes(std::uint32_t type, std::uint32_t member, std::uint32_t memberType,
                                          int depth) const {
    const auto* inner = m_all.find(memberType);
    const auto stride = m_all.members.find({type, member, DecorationMatrixStride});
    if (inner == nullptr || inner->op != OpTypeMatrix || stride == m_all.members.end()) {
      return bytesOf(memberType, depth + 1);
    }
    const auto* column = m_all.find(inner->words[2]);
    const bool rowMajor = m_all.members.count({type, member, DecorationRowMajor}) > 0;
    const std::uint32_t rows = column != nullptr ? column->words[3] : 4;
    return std::uint64_t{stride->second} * (rowMajor ? rows : inner->words[3]);
  }

  const Declarations& m_all;
};

Size sizeFrom(const Declarations& all, std::uint32_t constant) {
  const auto* found = all.find(constant);
  if (found == nullptr || found->words.size() < 4) return {};
  return {.literal = found->words[3], .specId = all.decoration(constant, DecorationSpecId)};
}

// The built-in WorkgroupSize, where there is one, wins over the execution mode.
std::optional<std::array<Size, 3>> builtInSize(const Declarations& all) {
  for (const auto& [key, operand] : all.decorations) {
    if (key.second != DecorationBuiltIn || operand != kBuiltInWorkgroupSize) continue;
    const auto* composite = all.find(key.first);
    if (composite == nullptr || composite->words.size() < 6) continue;
    return std::array{sizeFrom(all, composite->words[3]), sizeFrom(all, composite->words[4]),
                      sizeFrom(all, composite->words[5])};
  }
  return std::nullopt;
}

void readEntryPoints(const Declarations& all, Module& module) {
  const auto fixed = builtInSize(all);
  for (const auto& [op, w] : all.instructions) {
    if (op != OpEntryPoint || w[1] != kModelGlCompute) continue;
    EntryPoint entry{.name = stringAt(w, 3), .localSize = fixed};
    for (const auto& [modeOp, mode] : all.instructions) {
      if (modeOp != OpExecutionMode || mode[1] != w[2] || mode[2] != kModeLocalSize || fixed) continue;
      entry.localSize = std::array{Size{mode[3]}, Size{mode[4]}, Size{mode[5]}};
    }
    module.entryPoints.push_back(std::move(entry));
  }
}

void readVariable(const Declarations& all, const Words& w, Module& module) {
  const std::uint32_t storage = w[3];
  const auto* pointer = all.find(w[1]);
  if (pointer == nullptr || pointer->op != OpTypePointer) return;
  const std::uint32_t type = pointer->words[3];
  if (storage == StoragePushConstant) {
    const std::uint64_t bytes = Layout(all).bytesOf(type);
    module.pushConstantBytes = static_cast<std::uint32_t>(std::min<std::uint64_t>(bytes, UINT32_MAX));
    return;
  }
  if (storage == StorageWorkgroup) module.sharedBytes += Layout(all).bytesOf(type);
  const bool buffer = storage == StorageUniform || storage == StorageStorageBuffer;
  if (!buffer && storage != StorageUniformConstant) return;
  const auto* target = all.find(type);
  const bool isArray = target != nullptr && (target->op == OpTypeArray || target->op == OpTypeRuntimeArray);
  const bool isStorage = storage == StorageStorageBuffer ||
                         (storage == StorageUniform && all.decoration(type, DecorationBufferBlock).has_value());
  module.resources.push_back({.set = all.decoration(w[2], DecorationDescriptorSet).value_or(0),
                              .binding = all.decoration(w[2], DecorationBinding).value_or(0),
                              .kind = isStorage ? ResourceKind::StorageBuffer : ResourceKind::Other,
                              .isArray = isArray});
}

void readSpecConstant(const Declarations& all, const Declarations::Instruction& instruction, Module& module) {
  const auto id = all.decoration(instruction.words[2], DecorationSpecId);
  if (!id) return;
  const auto bytes = instruction.op == OpSpecConstant ? Layout(all).bytesOf(instruction.words[1]) : 4;
  module.specConstants[*id] = static_cast<std::uint32_t>(bytes);
}

}  // namespace

Attempt<std::vector<std::uint32_t>> wordsOf(std::string_view bytes) {
  constexpr std::size_t kHeaderWords = 5;
  if (bytes.size() % 4 != 0 || bytes.size() < kHeaderWords * 4) {
    return badTask("The kernel of this task is not a SPIR-V module.", "size " + std::to_string(bytes.size()));
  }
  Words words(bytes.size() / 4);
  std::memcpy(words.data(), bytes.data(), bytes.size());
  if (words[0] == __builtin_bswap32(kMagic)) {
    for (auto& word : words) word = __builtin_bswap32(word);
  }
  if (words[0] != kMagic) return badTask("The kernel of this task is not a SPIR-V module.", "no SPIR-V magic number");
  return words;
}

Attempt<Module> readModule(std::vector<std::uint32_t> words) {
  const std::unique_ptr<spv_context_t, decltype(&spvContextDestroy)> context(spvContextCreate(SPV_ENV_UNIVERSAL_1_5),
                                                                             &spvContextDestroy);
  Declarations all;
  const auto parsed =
      spvBinaryParse(context.get(), &all, words.data(), words.size(), &takeHeader, &takeInstruction, nullptr);
  if (parsed != SPV_SUCCESS) {
    return badTask("The kernel of this task is damaged.", "spvBinaryParse returned " + std::to_string(parsed));
  }
  Module module;
  module.version = all.version;
  for (const auto& instruction : all.instructions) {
    if (instruction.op == OpCapability) module.capabilities.push_back(instruction.words[1]);
    if (instruction.op == OpVariable) readVariable(all, instruction.words, module);
    if (instruction.op >= OpSpecConstantTrue && instruction.op <= OpSpecConstant) {
      readSpecConstant(all, instruction, module);
    }
  }
  readEntryPoints(all, module);
  module.readsNumWorkgroups = std::any_of(all.decorations.begin(), all.decorations.end(), [](const auto& entry) {
    return entry.first.second == DecorationBuiltIn && entry.second == kBuiltInNumWorkgroups;
  });
  module.words = std::move(words);
  return module;
}

}  // namespace lull::spirv
