// SPDX-License-Identifier: Apache-2.0
#version 450
layout(local_size_x = 8) in;
layout(set = 0, binding = 0) buffer Out { uint result[]; };
layout(set = 0, binding = 1) uniform Block { uvec4 a; uvec4 b; };
void main() {
  uint i = gl_LocalInvocationIndex;
  result[i] = (i < 4u ? a[i] : b[i - 4u]) + 5u;
}
