// SPDX-License-Identifier: Apache-2.0
// Set 1 is a storage buffer here and a uniform buffer in uniform_pair.comp: two layouts that agree in set 0 only.
#version 450
layout(local_size_x = 1) in;
layout(set = 0, binding = 0) buffer Out { uint result[]; };
layout(set = 1, binding = 0) readonly buffer In { uint value[4]; };
layout(push_constant) uniform Arguments { uint slot; };
void main() { result[slot] = value[slot % 4u] + 1000u; }
