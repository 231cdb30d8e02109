// SPDX-License-Identifier: Apache-2.0
// Each work group waits for the one that came before it (decoupled look-back). Whoever has a ticket has begun, so the
// one with the lowest can always go on. The bound is for a GPU that breaks this.
#version 450
layout(local_size_x = 1) in;
layout(set = 0, binding = 0) coherent buffer Chain { uint next; uint lost; uint sums[]; };
void main() {
  uint ticket = atomicAdd(next, 1u);
  uint before = 0u;
  if (ticket > 0u) {
    uint turns = 0u;
    do {
      before = atomicAdd(sums[ticket - 1u], 0u);
      ++turns;
    } while (before == 0u && turns < 100000000u);
    if (before == 0u) atomicAdd(lost, 1u);
  }
  atomicExchange(sums[ticket], before + ticket + 1u);
}
