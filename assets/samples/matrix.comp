// SPDX-License-Identifier: Apache-2.0
// C = A B, tile by tile through shared memory. A and B come from a formula, in eighths from -1 to 7/8: every product
// and sum is exact in 32 bits of floating point, so the result must be right to the last bit.
#version 450
layout(local_size_x = 16, local_size_y = 16) in;
layout(constant_id = 0) const uint columns = 1024u;  // of C; all sizes are multiples of 16
layout(constant_id = 1) const uint inner = 1024u;
layout(std430, set = 0, binding = 0) writeonly buffer Product { float product[]; };
shared float tileA[16][16];
shared float tileB[16][16];

float element(uint seed, uint row, uint column) {
  uint h = seed ^ row * 2654435761u ^ column * 2246822519u;
  h ^= h >> 15;
  h *= 2246822519u;
  h ^= h >> 13;
  return float(int(h & 15u) - 8) / 8.0;
}

void main() {
  uvec2 local = gl_LocalInvocationID.xy;
  uint row = gl_GlobalInvocationID.y;
  uint column = gl_GlobalInvocationID.x;
  float sum = 0.0;
  for (uint k = 0u; k < inner; k += 16u) {
    tileA[local.y][local.x] = element(1u, row, k + local.x);
    tileB[local.y][local.x] = element(2u, k + local.y, column);
    barrier();
    for (uint i = 0u; i < 16u; ++i) sum += tileA[local.y][i] * tileB[i][local.x];
    barrier();
  }
  product[row * columns + column] = sum;
}
