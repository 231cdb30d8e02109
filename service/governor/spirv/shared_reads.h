// SPDX-License-Identifier: Apache-2.0
// Which instructions may see what another work group of the same dispatch has just written. Pure.
#pragma once

#include "governor/spirv/module.h"

#include <vector>

namespace lull::governor::spirv {

class SharedReads {
public:
  explicit SharedReads(const Module& module);

  // An atomic on storage memory or on an image, or a load from there that is volatile or coherent (by its own operands,
  // or by the declaration of the variable or of a member).
  [[nodiscard]] bool isOne(const Instruction& instruction) const;

private:
  [[nodiscard]] bool isFreshLoad(const Instruction& load) const;
  [[nodiscard]] bool isFreshByItself(const Instruction& load) const;
  [[nodiscard]] bool isFreshPointer(Id pointer) const;
  void decorate(const Instruction& decoration);

  const Module& m_module;
  std::vector<bool> m_fresh;  // variables and structures that are declared coherent or volatile
  bool m_anyFresh = false;
};

// A scope that is the work group or less.
[[nodiscard]] bool isScopeInside(const Module& module, Id scope);

// The variable (or else the first pointer that is known) that a pointer was made from.
[[nodiscard]] Id rootOf(const Module& module, Id pointer);

}  // namespace lull::governor::spirv
