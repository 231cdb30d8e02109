// SPDX-License-Identifier: Apache-2.0
#include "governor/spirv/flow.h"

#include <algorithm>
#include <unordered_map>

namespace lull::governor::spirv {

namespace {

struct Block {
  std::span<const Instruction> body;
  std::vector<std::size_t> before;  // blocks that branch to it
  std::vector<std::size_t> back;    // of these, the ones that stand behind it
};

using Blocks = std::vector<Block>;

bool ends(Op op) { return op >= Op::Branch && op <= Op::Unreachable; }

// A number that happens to equal a label counts as a branch too: a loop too many is only too cautious.
void connect(Blocks& blocks, const std::unordered_map<Id, std::size_t>& labels, std::size_t from) {
  const Instruction& last = blocks[from].body.back();
  if (!ends(last.op())) return;
  for (std::size_t at = 1; at < std::min(last.words.size(), last.idWords()); ++at) {
    const auto target = labels.find(last[at]);
    if (target == labels.end()) continue;
    Block& block = blocks[target->second];
    block.before.push_back(from);
    if (from >= target->second) block.back.push_back(from);
  }
}

Blocks blocksOf(const Function& function) {
  Blocks blocks;
  std::unordered_map<Id, std::size_t> labels;
  for (std::size_t begin = 0; begin < function.body.size(); ++begin) {
    if (function.body[begin].op() != Op::Label) continue;
    std::size_t end = begin + 1;
    while (end < function.body.size() && function.body[end].op() != Op::Label && !ends(function.body[end].op())) ++end;
    labels.emplace(function.body[begin].result(), blocks.size());
    end = std::min(end, function.body.size() - 1);
    const bool open = function.body[end].op() == Op::Label && end > begin;  // a block without an end
    blocks.push_back({.body = function.body.subspan(begin, end - begin + (open ? 0 : 1))});
    begin = open ? end - 1 : end;
  }
  for (std::size_t i = 0; i < blocks.size(); ++i) connect(blocks, labels, i);
  return blocks;
}

Loop loopAt(const Blocks& blocks, std::size_t head) {
  Loop loop;
  std::vector<bool> seen(blocks.size());
  seen[head] = true;
  loop.push_back(blocks[head].body);
  std::vector<std::size_t> next = blocks[head].back;
  while (!next.empty()) {
    const std::size_t index = next.back();
    next.pop_back();
    if (seen[index]) continue;
    seen[index] = true;
    loop.push_back(blocks[index].body);
    next.insert(next.end(), blocks[index].before.begin(), blocks[index].before.end());
  }
  return loop;
}

}  // namespace

std::vector<Loop> loopsOf(const Function& function) {
  const Blocks blocks = blocksOf(function);
  std::vector<Loop> loops;
  for (std::size_t i = 0; i < blocks.size(); ++i) {
    if (!blocks[i].back.empty()) loops.push_back(loopAt(blocks, i));
  }
  return loops;
}

}  // namespace lull::governor::spirv
