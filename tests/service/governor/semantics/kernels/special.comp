// SPDX-License-Identifier: Apache-2.0
#version 450
layout(local_size_x_id = 0) in;
layout(constant_id = 1) const uint factor = 1;
layout(constant_id = 2) const bool negate = false;
layout(set = 0, binding = 0) buffer Out { uint result[]; };
void main() {
  uint value = gl_GlobalInvocationID.x * factor + gl_WorkGroupSize.x;
  result[gl_GlobalInvocationID.x] = negate ? ~value : value;
}
