// SPDX-License-Identifier: Apache-2.0
// Ends only when a value changes that nobody changes. The nest defeats drivers that bound a single loop.
#version 450
layout(local_size_x = 64) in;
layout(std430, set = 0, binding = 0) buffer State { volatile uint value; uint sink; };
void main() {
  uint state = gl_GlobalInvocationID.x;
  while (value == 0u) {
    for (uint i = 0u; i < 0xffffffffu; ++i) {
      state = state * 1664525u + 1013904223u;
      if (state == 0x12345678u && value != 0u) break;
    }
  }
  sink = state;
}
