// SPDX-License-Identifier: Apache-2.0
// Ends only when a value changes that nobody changes. lavapipe leaves any loop after 65,535 rounds: endlessTask() starts so
// many groups that it takes minutes all the same.
#version 450
layout(local_size_x = 64) in;
layout(std430, set = 0, binding = 0) buffer State { volatile uint value; uint sink; };
layout(push_constant) uniform Constants { uint iteration; uint rounds; };

void main() {
  uint state = gl_GlobalInvocationID.x + iteration;
  while (value == 0u) {
    for (uint i = 0u; i < 0xffffffffu; ++i) {
      state = state * 1664525u + 1013904223u;
      if (state == 0x12345678u && value != 0u) break;
    }
  }
  sink = state;
}
