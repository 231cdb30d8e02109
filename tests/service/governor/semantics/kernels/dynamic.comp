// SPDX-License-Identifier: Apache-2.0
#version 450
layout(local_size_x = 1) in;
layout(set = 0, binding = 0) readonly buffer In { uint value[4]; };
layout(set = 0, binding = 1) buffer Out { uint result[4]; };
layout(push_constant) uniform Arguments { uint slot; };
void main() { result[slot] = value[slot] * 2u + 1u; }
