// SPDX-License-Identifier: Apache-2.0
#include "governor/spirv/shared_reads.h"

namespace lull::governor::spirv {

namespace {

constexpr std::uint32_t kVolatile = 21;  // decorations
constexpr std::uint32_t kCoherent = 23;
// Memory operands; each of the second three is followed by a word.
constexpr std::uint32_t kVolatileLoad = 0x1;
constexpr std::uint32_t kAligned = 0x2;
constexpr std::uint32_t kMakeAvailable = 0x8;
constexpr std::uint32_t kMakeVisible = 0x10;
constexpr std::uint32_t kNonPrivate = 0x20;
// Image operands: MakeTexelVisible, NonPrivateTexel, VolatileTexel.
constexpr std::uint32_t kFreshTexel = 0x200 | 0x400 | 0x800;
constexpr int kDeepest = 64;  // of pointers made from pointers; more is taken for the worst

bool isFresh(std::uint32_t decoration) { return decoration == kVolatile || decoration == kCoherent; }

// Memory of the work group's own, or that nobody writes meanwhile.
bool isOwn(Storage storage) {
  return storage == Storage::Workgroup || storage == Storage::Private || storage == Storage::Function ||
         storage == Storage::Input || storage == Storage::PushConstant;
}

}  // namespace

bool isScopeInside(const Module& module, Id scope) {
  constexpr std::uint32_t kWorkgroup = 2;
  constexpr std::uint32_t kSubgroup = 3;
  const std::optional<std::uint32_t> value = module.constant(scope);
  return value == kWorkgroup || value == kSubgroup;
}

Id rootOf(const Module& module, Id pointer) {
  for (int depth = 0; depth < kDeepest; ++depth) {
    const Instruction* made = module.definition(pointer);
    if (made == nullptr || made->words.size() < 4) return pointer;
    if (!isAccessChain(made->op()) && made->op() != Op::CopyObject && made->op() != Op::ImageTexelPointer)
      return pointer;
    pointer = (*made)[3];
  }
  return pointer;
}

SharedReads::SharedReads(const Module& module) : m_module(module), m_fresh(module.bound()) {
  for (const Instruction& instruction : module.instructions()) {
    if (instruction.op() == Op::Function) break;
    decorate(instruction);
  }
}

void SharedReads::decorate(const Instruction& decoration) {
  const bool whole = decoration.op() == Op::Decorate && isFresh(decoration[2]);
  const bool member = decoration.op() == Op::MemberDecorate && isFresh(decoration[3]);
  if (!whole && !member) return;
  m_anyFresh = true;
  if (decoration[1] < m_fresh.size()) m_fresh[decoration[1]] = true;
}

bool SharedReads::isOne(const Instruction& instruction) const {
  const Op op = instruction.op();
  if (op == Op::Load) return isFreshLoad(instruction);
  if (op == Op::ImageRead || op == Op::ImageSparseRead) return (instruction[5] & kFreshTexel) != 0;
  if (!isAtomic(op) || instruction.result() == 0) return false;
  const std::optional<Storage> storage = m_module.storage(instruction[3]);
  return !storage || !isOwn(*storage);
}

bool SharedReads::isFreshLoad(const Instruction& load) const {
  const std::optional<Storage> storage = m_module.storage(load[3]);
  if (storage && isOwn(*storage)) return false;
  if (isFreshByItself(load)) return true;
  return m_anyFresh && isFreshPointer(load[3]);
}

bool SharedReads::isFreshByItself(const Instruction& load) const {
  const std::uint32_t how = load[4];
  if ((how & kVolatileLoad) != 0) return true;
  if ((how & kMakeVisible) == 0) return (how & kNonPrivate) != 0;
  const std::size_t scope = 5 + ((how & kAligned) != 0 ? 1U : 0U) + ((how & kMakeAvailable) != 0 ? 1U : 0U);
  return !isScopeInside(m_module, load[scope]);  // what one's own work group wrote is nothing to wait for outside it
}

// Decorated is a variable, or a structure on the way from it to what is pointed at.
bool SharedReads::isFreshPointer(Id pointer) const {
  for (int depth = 0; depth < kDeepest; ++depth) {
    if (pointer < m_fresh.size() && m_fresh[pointer]) return true;
    const Instruction* made = m_module.definition(pointer);
    if (made == nullptr) return true;
    const Instruction* type = m_module.definition(made->type());
    Id pointee = type == nullptr ? 0 : (*type)[3];
    for (int arrays = 0; arrays < kDeepest; ++arrays) {
      const Instruction* array = m_module.definition(pointee);
      if (array == nullptr || (array->op() != Op::TypeArray && array->op() != Op::TypeRuntimeArray)) break;
      pointee = (*array)[2];
    }
    if (pointee < m_fresh.size() && m_fresh[pointee]) return true;
    if (!isAccessChain(made->op()) && made->op() != Op::CopyObject) return false;
    pointer = (*made)[3];
  }
  return true;
}

}  // namespace lull::governor::spirv
