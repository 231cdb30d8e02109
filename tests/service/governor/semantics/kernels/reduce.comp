// SPDX-License-Identifier: Apache-2.0
// The sum of each work group's values by shared memory.
#version 450
layout(local_size_x = 64) in;
layout(set = 0, binding = 0) readonly buffer In { uint values[]; };
layout(set = 0, binding = 1) buffer Out { uint sums[]; };
shared uint part[64];
void main() {
  uint i = gl_LocalInvocationIndex;
  part[i] = values[gl_GlobalInvocationID.x];
  barrier();
  for (uint step = 32u; step > 0u; step >>= 1) {
    if (i < step) part[i] += part[i + step];
    barrier();
  }
  if (i == 0u) sums[gl_WorkGroupID.x] = part[0];
}
