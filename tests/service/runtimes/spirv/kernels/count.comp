// SPDX-License-Identifier: Apache-2.0
// Writes for each work group how many the dispatch says there are.
#version 450
layout(local_size_x = 1) in;
layout(std430, set = 0, binding = 0) buffer Out { uint seen[]; };
void main() { seen[gl_WorkGroupID.x] = gl_NumWorkGroups.x; }
