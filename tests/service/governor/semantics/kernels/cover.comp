// SPDX-License-Identifier: Apache-2.0
// Each work group counts itself once, and adds up what it was told about itself.
#version 450
layout(local_size_x = 4, local_size_y = 2, local_size_z = 2) in;
layout(set = 0, binding = 0) buffer Counts { uint counts[]; };
layout(set = 0, binding = 1) buffer Sums { uint sums[]; };
layout(push_constant) uniform Arguments { uint width; uint height; uint depth; };
void main() {
  uvec3 group = gl_WorkGroupID;
  if (any(greaterThanEqual(group, uvec3(width, height, depth)))) {
    atomicAdd(counts[width * height * depth], 1u);
    return;
  }
  uint at = group.x + width * (group.y + height * group.z);
  if (gl_LocalInvocationIndex == 0u) atomicAdd(counts[at], 1u);
  uvec3 global = gl_GlobalInvocationID;
  uint value = global.x * 2654435761u + global.y * 40503u + global.z * 2246822519u + gl_LocalInvocationIndex;
  atomicAdd(sums[at], value ^ (value >> 15));
}
