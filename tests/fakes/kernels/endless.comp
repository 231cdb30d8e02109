// SPDX-License-Identifier: Apache-2.0
// A kernel that never ends: the value it waits for never comes.
#version 450
layout(local_size_x = 1) in;
layout(set = 0, binding = 0) buffer Chain { uint value[]; };
layout(push_constant) uniform Constants { uint iteration; uint rounds; };

void main() {
  while (atomicAdd(value[0], 0u) != 0xffffffffu) atomicAnd(value[0], 0x7fffffffu);
}
