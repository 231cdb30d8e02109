// SPDX-License-Identifier: Apache-2.0
#include "governor/spirv/layout.h"

#include <algorithm>

namespace lull::governor::spirv {

namespace {

constexpr std::uint32_t kArrayStride = 6;  // decorations
constexpr std::uint32_t kMatrixStride = 7;
constexpr std::uint32_t kOffset = 35;
constexpr int kDeepest = 16;  // of structures and arrays in each other
constexpr std::uint64_t kMostBytes = 1U << 30U;

using Size = std::optional<std::uint64_t>;

struct Member {
  Id structure = 0;
  std::uint32_t index = 0;
};

class Sizes {
public:
  explicit Sizes(const Module& module) : m_module(module) {}

  [[nodiscard]] Size ofStructure(const Instruction& structure, int depth) const {
    std::uint64_t end = 0;
    for (std::uint32_t index = 0; index + 2 < structure.words.size(); ++index) {
      const Member member{structure.result(), index};
      const Size offset = decorated(member, kOffset);
      const Size size = of(structure[index + 2], member, depth + 1);
      if (!offset || !size) return std::nullopt;
      end = std::max(end, *offset + *size);
    }
    return end;
  }

private:
  [[nodiscard]] Size of(Id id, Member member, int depth) const {
    const Instruction* type = m_module.definition(id);
    if (type == nullptr || depth > kDeepest) return std::nullopt;
    switch (type->op()) {
      case Op::TypeInt:
      case Op::TypeFloat:
        return (*type)[2] / 8;
      case Op::TypeVector:
        return times(of((*type)[2], member, depth + 1), (*type)[3]);
      case Op::TypeMatrix:
        return ofMatrix(*type, member);
      case Op::TypeArray:
        return times(decorated(id, kArrayStride), m_module.constant((*type)[3]));
      case Op::TypeStruct:
        return ofStructure(*type, depth);
      case Op::TypePointer:
        return static_cast<Storage>((*type)[2]) == Storage::PhysicalStorageBuffer ? Size{8} : std::nullopt;
      default:
        return std::nullopt;
    }
  }
  // Rows and columns change places in one that is stored by rows: the longer way counts.
  [[nodiscard]] Size ofMatrix(const Instruction& type, Member member) const {
    const Instruction* column = m_module.definition(type[2]);
    if (column == nullptr) return std::nullopt;
    return times(decorated(member, kMatrixStride), std::max(type[3], (*column)[3]));
  }
  [[nodiscard]] static Size times(Size size, std::optional<std::uint32_t> count) {
    if (!size || !count || *size * *count > kMostBytes) return std::nullopt;
    return *size * *count;
  }
  [[nodiscard]] Size decorated(Member member, std::uint32_t decoration) const {
    for (const Instruction& i : m_module.instructions()) {
      if (i.op() == Op::Function) break;
      if (i.op() == Op::MemberDecorate && i[1] == member.structure && i[2] == member.index && i[3] == decoration) {
        return i[4];
      }
    }
    return std::nullopt;
  }
  [[nodiscard]] Size decorated(Id id, std::uint32_t decoration) const {
    for (const Instruction& i : m_module.instructions()) {
      if (i.op() == Op::Function) break;
      if (i.op() == Op::Decorate && i[1] == id && i[2] == decoration) return i[3];
    }
    return std::nullopt;
  }

  const Module& m_module;
};

}  // namespace

std::optional<std::uint64_t> endOf(const Module& module, Id structure) {
  const Instruction* type = module.definition(structure);
  if (type == nullptr || type->op() != Op::TypeStruct) return std::nullopt;
  return Sizes(module).ofStructure(*type, 0);
}

}  // namespace lull::governor::spirv
