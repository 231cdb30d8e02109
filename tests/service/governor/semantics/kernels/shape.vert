// SPDX-License-Identifier: Apache-2.0
#version 450
layout(location = 0) in vec2 position;
layout(location = 1) in vec4 color;
layout(location = 0) flat out vec4 tone;
layout(push_constant) uniform Arguments { vec2 shift; };
void main() {
  tone = color;
  gl_Position = vec4(position + shift, 0.0, 1.0);
}
