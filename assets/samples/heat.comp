// SPDX-License-Identifier: Apache-2.0
// Heat spreading in a square plate whose edge is held at zero: one explicit step of the five-point scheme.
// The plate begins with the sum of two sine waves, of which the exact decay under this very scheme is known.
#version 450
layout(local_size_x = 16, local_size_y = 16) in;
layout(constant_id = 0) const uint points = 512u;  // per side, edge included
layout(constant_id = 1) const float rate = 0.25;   // time step times diffusivity over spacing squared, at most 0.25
layout(std430, set = 0, binding = 0) readonly buffer Before { float before[]; };
layout(std430, set = 0, binding = 1) writeonly buffer After { float after[]; };
layout(push_constant) uniform Arguments { uint iteration; };

float begin(uvec2 at) {
  vec2 angle = 3.14159265 * vec2(at) / float(points - 1u);
  return sin(angle.x) * sin(angle.y) + 0.5 * sin(7.0 * angle.x) * sin(5.0 * angle.y);
}

void main() {
  uvec2 at = gl_GlobalInvocationID.xy;
  if (at.x >= points || at.y >= points) return;
  uint i = at.y * points + at.x;
  if (at.x == 0u || at.y == 0u || at.x == points - 1u || at.y == points - 1u) {
    after[i] = 0.0;
    return;
  }
  float here;
  float around;
  if (iteration == 0u) {
    here = begin(at);
    around = begin(at + uvec2(1, 0)) + begin(at - uvec2(1, 0)) + begin(at + uvec2(0, 1)) + begin(at - uvec2(0, 1));
  } else {
    here = before[i];
    around = before[i + 1u] + before[i - 1u] + before[i + points] + before[i - points];
  }
  after[i] = here + rate * (around - 4.0 * here);
}
