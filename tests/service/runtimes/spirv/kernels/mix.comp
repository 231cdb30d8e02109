// SPDX-License-Identifier: Apache-2.0
// One step of an integer mixture of neighbours: any group run twice, left out or run out of turn changes the result.
#version 450
layout(local_size_x = 16, local_size_y = 2) in;
layout(constant_id = 7) const uint multiplier = 5u;
layout(std430, set = 0, binding = 0) readonly buffer From { uint before[]; };
layout(std430, set = 0, binding = 1) writeonly buffer To { uint after[]; };
layout(push_constant) uniform Arguments { uint width; uint height; uint turns; uint iteration; };
void main() {
  uvec2 at = gl_GlobalInvocationID.xy;
  if (at.x >= width || at.y >= height) return;
  uint value = before[at.y * width + at.x];
  uint right = before[at.y * width + (at.x + 1u) % width];
  uint below = before[((at.y + 1u) % height) * width + at.x];
  for (uint i = 0u; i < turns; ++i) value = value * 1664525u + 1013904223u;
  after[at.y * width + at.x] = value * multiplier + right + (below >> 3) + iteration;
}
