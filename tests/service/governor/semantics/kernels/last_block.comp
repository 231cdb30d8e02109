// SPDX-License-Identifier: Apache-2.0
// Whoever is the last of all work groups adds up what the others left. COUNTED: it asks how many there are.
#version 450
layout(local_size_x = 64) in;
layout(set = 0, binding = 0) coherent buffer Parts { uint done; uint total; uint parts[]; };
#ifdef COUNTED
#define GROUPS gl_NumWorkGroups.x
#else
layout(push_constant) uniform Arguments { uint groups; };
#define GROUPS groups
#endif
shared bool isLast;
void main() {
  if (gl_LocalInvocationIndex == 0u) {
    parts[gl_WorkGroupID.x] = gl_WorkGroupID.x * 7u + 3u;
    memoryBarrierBuffer();
    isLast = atomicAdd(done, 1u) == GROUPS - 1u;
  }
  barrier();
  if (!isLast || gl_LocalInvocationIndex != 0u) return;
  memoryBarrierBuffer();
  uint sum = 0u;
  for (uint i = 0u; i < GROUPS; ++i) sum += parts[i];
  total = sum;
}
