// SPDX-License-Identifier: Apache-2.0
#version 450
layout(local_size_x = 64) in;
layout(set = 0, binding = 0) buffer Out { uint result[]; };
layout(set = 0, binding = 1) uniform utextureBuffer source;
layout(set = 0, binding = 2, r32ui) uniform uimageBuffer sink;
void main() {
  int i = int(gl_GlobalInvocationID.x);
  uint value = texelFetch(source, i).r;
  result[i] = value * 3u;
  imageStore(sink, i, uvec4(value * 5u));
}
