// SPDX-License-Identifier: Apache-2.0
// Counts its work groups and takes as long as it is told.
#version 450
layout(local_size_x = 64) in;
layout(set = 0, binding = 0) buffer Counts { uint groups; };
layout(push_constant) uniform Arguments { uint turns; };
void main() {
  uint state = gl_GlobalInvocationID.x + 1u;
  for (uint i = 0u; i < turns; ++i) state = state * 1664525u + 1013904223u;
  // The condition never holds; it keeps the loop.
  if (gl_LocalInvocationIndex == 0u) atomicAdd(groups, state == 0u && turns == 0u ? 2u : 1u);
}
