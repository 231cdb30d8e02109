// SPDX-License-Identifier: Apache-2.0
// One step of a chain: every step needs the one before.
#version 450
layout(local_size_x = 64) in;
layout(set = 0, binding = 0) buffer Values { uint values[]; };
layout(push_constant) uniform Arguments { uint count; uint add; };
void main() {
  uint i = gl_GlobalInvocationID.x;
  if (i < count) values[i] = values[i] * 1664525u + add;
}
