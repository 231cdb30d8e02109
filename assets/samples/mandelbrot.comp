// SPDX-License-Identifier: Apache-2.0
// The seahorse valley of the Mandelbrot set, smoothly coloured, each pixel the mean of a square of samples.
// Output: RGBA, a byte each, rows from the top. `precise` keeps the orbit the same on every GPU and on a CPU.
#version 450
layout(local_size_x = 8, local_size_y = 8) in;
layout(constant_id = 0) const uint width = 1280u;
layout(constant_id = 1) const uint height = 720u;
layout(constant_id = 2) const float centreX = -0.7437;
layout(constant_id = 3) const float centreY = 0.1314;
layout(constant_id = 4) const float span = 0.004;  // width of the picture in the plane
layout(constant_id = 5) const uint turns = 1500u;
layout(constant_id = 6) const uint samples = 6u;  // per side
layout(std430, set = 0, binding = 0) writeonly buffer Picture { uint pixels[]; };

vec3 colourOf(float smoothTurns) {
  float t = 0.8 * log2(smoothTurns);
  return 0.5 + 0.5 * cos(6.2831853 * (vec3(0.05, 0.12, 0.22) + t));
}

vec3 sampleAt(vec2 c) {
  precise float x = 0.0;
  precise float y = 0.0;
  precise float xx = 0.0;
  precise float yy = 0.0;
  uint n = 0u;
  for (; n < turns && xx + yy <= 256.0; ++n) {
    precise float twice = x * y;
    y = twice + twice + c.y;
    x = xx - yy + c.x;
    xx = x * x;
    yy = y * y;
  }
  if (n == turns) return vec3(0.02, 0.01, 0.05);
  return colourOf(float(n) + 4.0 - log2(log2(xx + yy)));
}

void main() {
  uvec2 at = gl_GlobalInvocationID.xy;
  if (at.x >= width || at.y >= height) return;
  precise float pixel = span / float(width);
  vec3 sum = vec3(0.0);
  for (uint sy = 0u; sy < samples; ++sy) {
    for (uint sx = 0u; sx < samples; ++sx) {
      precise float px = float(at.x * samples + sx) / float(samples) - 0.5 * float(width);
      precise float py = 0.5 * float(height) - float(at.y * samples + sy) / float(samples);
      precise float stepX = px * pixel;
      precise float stepY = py * pixel;
      sum += sampleAt(vec2(centreX + stepX, centreY + stepY));
    }
  }
  uvec3 rgb = uvec3(sum / float(samples * samples) * 255.0 + 0.5);
  pixels[at.y * width + at.x] = rgb.r | rgb.g << 8 | rgb.b << 16 | 0xff000000u;
}
