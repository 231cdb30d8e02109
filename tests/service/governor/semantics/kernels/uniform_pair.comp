// SPDX-License-Identifier: Apache-2.0
#version 450
layout(local_size_x = 1) in;
layout(set = 0, binding = 0) buffer Out { uint result[]; };
layout(set = 1, binding = 0) uniform In { uvec4 value; };
layout(push_constant) uniform Arguments { uint slot; };
void main() { result[slot] = value[slot % 4u] + 2000u; }
