// SPDX-License-Identifier: Apache-2.0
// Writes down all push constants it sees; the first says where.
#version 450
layout(local_size_x = 16) in;
layout(set = 0, binding = 0) buffer Out { uint result[]; };
layout(push_constant) uniform Arguments { uint words[16]; };
void main() {
  uint i = gl_LocalInvocationIndex;
  result[words[0] * 16u + i] = words[i];
}
