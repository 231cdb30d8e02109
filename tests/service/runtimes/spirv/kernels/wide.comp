// SPDX-License-Identifier: Apache-2.0
#version 450
#extension GL_EXT_shader_explicit_arithmetic_types_int64 : require
layout(local_size_x = 1) in;
layout(std430, set = 0, binding = 0) buffer Out { uint64_t value[]; };
layout(push_constant) uniform Arguments { uint64_t factor; mat3 unused; };
void main() { value[gl_WorkGroupID.x] = factor * gl_WorkGroupID.x + uint64_t(unused[2][2]); }
