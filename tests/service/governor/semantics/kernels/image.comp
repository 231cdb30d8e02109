// SPDX-License-Identifier: Apache-2.0
#version 450
layout(local_size_x = 8, local_size_y = 8) in;
layout(set = 0, binding = 0, rgba8) uniform image2D picture;
void main() {
  ivec2 at = ivec2(gl_GlobalInvocationID.xy);
  vec4 old = imageLoad(picture, at);
  imageStore(picture, at, vec4(float(at.x) / 255.0, float(at.y) / 255.0, old.r, 1.0));
}
