// SPDX-License-Identifier: Apache-2.0
// Takes from three sets and gives to a fourth.
#version 450
layout(local_size_x = 1) in;
layout(set = 0, binding = 0) buffer A { uint a[]; };
layout(set = 1, binding = 0) buffer B { uint b[]; };
layout(set = 2, binding = 0) buffer C { uint c[]; };
layout(set = 3, binding = 0) buffer Out { uint result[]; };
layout(push_constant) uniform Arguments { uint slot; };
void main() { result[slot] = a[slot] * 3u + b[slot] * 5u + c[slot] * 7u; }
