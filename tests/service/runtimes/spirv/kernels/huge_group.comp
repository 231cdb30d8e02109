// SPDX-License-Identifier: Apache-2.0
#version 450
layout(local_size_x_id = 3) in;
layout(std430, set = 0, binding = 0) buffer Out { uint seen[]; };
void main() { seen[gl_GlobalInvocationID.x] = 1u; }
