// SPDX-License-Identifier: Apache-2.0
#version 450
#extension GL_EXT_buffer_reference : require
layout(local_size_x = 64) in;
layout(buffer_reference, std430, buffer_reference_align = 4) buffer Values { uint values[]; };
layout(push_constant) uniform Arguments { Values from; Values to; };
void main() { to.values[gl_GlobalInvocationID.x] = from.values[gl_GlobalInvocationID.x] * 3u + 1u; }
