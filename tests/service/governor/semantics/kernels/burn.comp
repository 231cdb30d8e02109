// SPDX-License-Identifier: Apache-2.0
// Takes as long as it is told, and leaves a value that can be known.
#version 450
layout(local_size_x = 64) in;
layout(set = 0, binding = 0) buffer Out { uint result[]; };
layout(push_constant) uniform Arguments { uint turns; };
void main() {
  uint state = gl_GlobalInvocationID.x + 1u;
  for (uint i = 0u; i < turns; ++i) state = state * 1664525u + 1013904223u;
  result[gl_GlobalInvocationID.x] = state;
}
