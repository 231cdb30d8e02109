// SPDX-License-Identifier: Apache-2.0
// A ticket for each work group: all different, none left out.
#version 450
layout(local_size_x = 1) in;
layout(set = 0, binding = 0) buffer Out { uint next; uint taken[]; };
void main() { atomicAdd(taken[atomicAdd(next, 1u)], 1u); }
