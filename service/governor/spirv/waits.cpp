// SPDX-License-Identifier: Apache-2.0
#include "governor/spirv/waits.h"

#include "governor/spirv/flow.h"
#include "governor/spirv/shared_reads.h"

#include <algorithm>
#include <vector>

namespace lull::governor::spirv {

namespace {

constexpr std::size_t kMostLoops = 64;  // that hold a read to follow; a shader with more of them is taken to wait

// The ids of a function's values that depend on what some seeds read, and the variables that hold such values.
class Taint {
public:
  explicit Taint(const Module& module) : m_module(module), m_tainted(module.bound()) {}

  void add(Id id) {
    if (id < m_tainted.size() && !m_tainted[id]) {
      m_tainted[id] = true;
      m_grew = true;
    }
  }
  void spread(std::span<const Instruction> body) {
    do {
      m_grew = false;
      for (const Instruction& instruction : body) spread(instruction);
    } while (m_grew);
  }
  // An operand, or what an operand points into.
  [[nodiscard]] bool touches(const Instruction& instruction) const {
    const std::size_t end = std::min(instruction.words.size(), instruction.idWords());
    for (std::size_t at = instruction.result() == 0 ? 1 : 3; at < end; ++at) {
      if (has(instruction[at]) || has(rootOf(m_module, instruction[at]))) return true;
    }
    return false;
  }

private:
  [[nodiscard]] bool has(Id id) const { return id < m_tainted.size() && m_tainted[id]; }
  void spread(const Instruction& instruction) {
    if (!touches(instruction)) return;
    const Op op = instruction.op();
    if (op == Op::Store || op == Op::CopyMemory || op == Op::CopyMemorySized) add(rootOf(m_module, instruction[1]));
    if (!isAccessChain(op)) add(instruction.result());
  }

  const Module& m_module;
  std::vector<bool> m_tainted;
  bool m_grew = false;
};

class Waits {
public:
  Waits(const Module& module, std::span<const Function> functions)
      : m_module(module), m_functions(functions), m_reads(module) {
    for (const Function& function : functions) {
      if (readsAndLooks(function)) m_reading.push_back(function.id);
    }
    spreadToCallers();
  }

  [[nodiscard]] bool any() {
    return std::any_of(m_functions.begin(), m_functions.end(), [this](const Function& f) { return anyIn(f); });
  }

private:
  // Reads shared memory and does something with what it read.
  [[nodiscard]] bool readsAndLooks(const Function& function) const {
    return std::any_of(function.body.begin(), function.body.end(), [&](const Instruction& read) {
      return m_reads.isOne(read) && std::any_of(function.body.begin(), function.body.end(),
                                                [&](const Instruction& other) { return other.uses(read.result()); });
    });
  }
  void spreadToCallers() {
    for (std::size_t before = m_reading.size() + 1; before != m_reading.size();) {
      before = m_reading.size();
      for (const Function& function : m_functions) {
        if (!isReading(function.id) && callsReading(function.body)) m_reading.push_back(function.id);
      }
    }
  }
  [[nodiscard]] bool isReading(Id function) const {
    return std::find(m_reading.begin(), m_reading.end(), function) != m_reading.end();
  }
  [[nodiscard]] bool callsReading(std::span<const Instruction> body) const {
    return std::any_of(body.begin(), body.end(), [this](const Instruction& instruction) {
      return instruction.op() == Op::FunctionCall && isReading(instruction[3]);
    });
  }

  [[nodiscard]] bool anyIn(const Function& function) {
    for (const Instruction& instruction : function.body) {
      if (instruction.op() == Op::ControlBarrier && !isScopeInside(m_module, instruction[1])) return true;
    }
    if (!isReading(function.id)) return false;
    for (const Loop& loop : loopsOf(function)) {
      if (waits(function, loop)) return true;
    }
    return false;
  }

  [[nodiscard]] bool waits(const Function& function, const Loop& loop) {
    Taint taint(m_module);
    bool seeded = false;
    for (const std::span<const Instruction>& block : loop) {
      if (callsReading(block)) return true;
      for (const Instruction& instruction : block) {
        if (!m_reads.isOne(instruction)) continue;
        taint.add(instruction.result());
        seeded = true;
      }
    }
    if (!seeded) return false;
    if (++m_followed > kMostLoops) return true;
    taint.spread(function.body);
    return std::any_of(loop.begin(), loop.end(), [&taint](const std::span<const Instruction>& block) {
      return std::any_of(block.begin(), block.end(), [&taint](const Instruction& instruction) {
        const Op op = instruction.op();
        const bool decides = op == Op::BranchConditional || op == Op::Switch || op == Op::FunctionCall;
        return decides && taint.touches(instruction);
      });
    });
  }

  const Module& m_module;
  const std::span<const Function> m_functions;
  const SharedReads m_reads;
  std::vector<Id> m_reading;  // functions that look at shared memory, or call one that does
  std::size_t m_followed = 0;
};

}  // namespace

bool mayWait(const Module& module, std::span<const Function> functions) { return Waits(module, functions).any(); }

}  // namespace lull::governor::spirv
