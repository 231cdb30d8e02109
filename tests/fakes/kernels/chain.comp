// SPDX-License-Identifier: Apache-2.0
// See chainTask in tests/fakes/device.h.
#version 450
layout(local_size_x = 64) in;
layout(set = 0, binding = 0) buffer Chain { uint value[]; };
layout(push_constant) uniform Constants { uint iteration; uint rounds; };

void main() {
  uint i = gl_GlobalInvocationID.x;
  uint v = value[i] ^ (i + iteration * 0x9e3779b9u);
  for (uint r = 0; r < rounds; ++r) v = v * 1664525u + 1013904223u;
  value[i] = v;
}
