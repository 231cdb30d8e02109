// SPDX-License-Identifier: Apache-2.0
// The same sum by subgroups of whatever size.
#version 450
#extension GL_KHR_shader_subgroup_arithmetic : require
layout(local_size_x = 64) in;
layout(set = 0, binding = 0) readonly buffer In { uint values[]; };
layout(set = 0, binding = 1) buffer Out { uint sums[]; };
void main() {
  uint sum = subgroupAdd(values[gl_GlobalInvocationID.x]);
  if (subgroupElect()) atomicAdd(sums[gl_WorkGroupID.x], sum);
}
