// SPDX-License-Identifier: Apache-2.0
// A SPIR-V module as a list of instructions that can be looked up by the id they define. Safe with any input: words
// beyond an instruction's end read as 0, which is no id.
// Format: https://registry.khronos.org/SPIR-V/specs/unified1/SPIRV.html
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

namespace lull::governor::spirv {

using Id = std::uint32_t;
using Words = std::span<const std::uint32_t>;

inline constexpr std::uint32_t kMagic = 0x07230203;
inline constexpr std::size_t kHeaderWords = 5;
inline constexpr std::size_t kBoundAt = 3;           // of the header's words
inline constexpr std::uint32_t kMostIds = 0x3fffff;  // the specification's universal limit

enum class Op : std::uint16_t {
  Nop = 0,
  Name = 5,
  MemberName = 6,
  Line = 8,
  ExtInstImport = 11,
  ExtInst = 12,
  EntryPoint = 15,
  TypeInt = 21,
  TypeFloat = 22,
  TypeVector = 23,
  TypeMatrix = 24,
  TypeArray = 28,
  TypeRuntimeArray = 29,
  TypeStruct = 30,
  TypePointer = 32,
  Constant = 43,
  SpecConstant = 50,
  Function = 54,
  FunctionEnd = 56,
  FunctionCall = 57,
  Variable = 59,
  ImageTexelPointer = 60,
  Load = 61,
  Store = 62,
  CopyMemory = 63,
  CopyMemorySized = 64,
  AccessChain = 65,
  InBoundsAccessChain = 66,
  PtrAccessChain = 67,
  InBoundsPtrAccessChain = 70,
  Decorate = 71,
  MemberDecorate = 72,
  DecorationGroup = 73,
  GroupDecorate = 74,
  GroupMemberDecorate = 75,
  VectorShuffle = 79,
  CompositeConstruct = 80,
  CompositeExtract = 81,
  CompositeInsert = 82,
  CopyObject = 83,
  ImageRead = 98,
  ImageSparseRead = 320,
  ControlBarrier = 224,
  AtomicLoad = 227,
  AtomicStore = 228,
  AtomicXor = 242,
  Phi = 245,
  LoopMerge = 246,
  SelectionMerge = 247,
  Label = 248,
  Branch = 249,
  BranchConditional = 250,
  Switch = 251,
  Unreachable = 255,
  AtomicFlagTestAndSet = 318,
  AtomicFlagClear = 319,
  DecorateId = 332,
  TypeUntypedPointer = 4417,
  AtomicFMin = 5614,
  AtomicFMax = 5615,
  AtomicFAdd = 6035,
};

enum class Storage : std::uint32_t {
  UniformConstant = 0,
  Input = 1,
  Uniform = 2,
  Workgroup = 4,
  Private = 6,
  Function = 7,
  PushConstant = 9,
  Image = 11,
  StorageBuffer = 12,
  PhysicalStorageBuffer = 5349,
};

struct Instruction {
  Words words;
  [[nodiscard]] Op op() const { return static_cast<Op>(words[0] & 0xffffU); }
  [[nodiscard]] std::uint32_t operator[](std::size_t at) const { return at < words.size() ? words[at] : 0; }
  // The id it defines; 0: none. Of instructions that are not known here it is guessed as most have it.
  [[nodiscard]] Id result() const;
  // The id of the result's type; 0: none.
  [[nodiscard]] Id type() const;
  // How many words, from the start, can hold ids; the rest are numbers.
  [[nodiscard]] std::size_t idWords() const;
  // Whether an id that is neither its result nor its result's type is `id`.
  [[nodiscard]] bool uses(Id id) const;
};

class Module {
public:
  // nullopt: not SPIR-V of this machine's byte order, or broken. May throw std::bad_alloc. `words` stay the caller's.
  [[nodiscard]] static std::optional<Module> read(Words words);

  [[nodiscard]] std::span<const Instruction> instructions() const { return m_instructions; }
  [[nodiscard]] std::uint32_t bound() const { return m_bound; }
  // The (first) instruction that defines it; nullptr: none.
  [[nodiscard]] const Instruction* definition(Id id) const;
  // The id of the entry point's function, of a compute shader; 0: there is none.
  [[nodiscard]] Id computeEntry(std::string_view name) const;
  // The value of an integer constant of 32 bits that cannot be specialised.
  [[nodiscard]] std::optional<std::uint32_t> constant(Id id) const;
  // What a pointer points into; nullopt: no pointer that is known.
  [[nodiscard]] std::optional<Storage> storage(Id pointer) const;

private:
  std::vector<Instruction> m_instructions;
  std::vector<std::uint32_t> m_definitions;  // by id: 1 + index of the instruction
  std::uint32_t m_bound = 0;
};

// The functions of a module that an entry point can reach, each as its instructions from OpFunction to OpFunctionEnd.
struct Function {
  Id id = 0;
  std::span<const Instruction> body;
};
[[nodiscard]] std::vector<Function> reachableFunctions(const Module& module, Id entry);

// A literal string, as operands hold it: without its end, and not longer than the words.
[[nodiscard]] std::string_view literal(Words words);

// Debug information and the like, which the driver may ignore.
[[nodiscard]] bool isNonSemantic(const Module& module, const Instruction& instruction);
[[nodiscard]] bool isAtomic(Op op);
[[nodiscard]] bool isAccessChain(Op op);

}  // namespace lull::governor::spirv
