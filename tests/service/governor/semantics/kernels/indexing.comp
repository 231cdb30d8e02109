// SPDX-License-Identifier: Apache-2.0
#version 450
#extension GL_EXT_nonuniform_qualifier : require
layout(local_size_x = 8) in;
layout(set = 0, binding = 0) buffer Out { uint result[]; };
layout(set = 0, binding = 1) readonly buffer In { uint value; } inputs[];
void main() {
  uint i = gl_LocalInvocationIndex;
  result[i] = inputs[nonuniformEXT(i)].value * 2u;
}
