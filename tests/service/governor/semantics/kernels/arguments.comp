// SPDX-License-Identifier: Apache-2.0
// Writes the size of a dispatch that comes after it.
#version 450
layout(local_size_x = 1) in;
layout(set = 0, binding = 0) buffer Out { uint sizes[]; };
layout(push_constant) uniform Arguments { uint x; uint y; uint z; };
void main() {
  sizes[4] = x;
  sizes[5] = y;
  sizes[6] = z;
}
