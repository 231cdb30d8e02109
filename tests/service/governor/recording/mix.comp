// SPDX-License-Identifier: Apache-2.0
// What it leaves depends on everything: order, push constants, both sets, where a work group thinks it is.
#version 450
layout(local_size_x = 64) in;
layout(set = 0, binding = 0) buffer Data { uint data[]; };
layout(set = 1, binding = 0) readonly buffer Other { uint other[]; };
layout(push_constant) uniform Arguments { uint factor; uint summand; uint seed; uint more; };
void main() {
  uint at = gl_GlobalInvocationID.x;
  uint mixed = data[at] * factor + summand + other[(at + seed) % 1024u];
  data[at] = mixed ^ (gl_WorkGroupID.x * 2654435761u) ^ more;
}
