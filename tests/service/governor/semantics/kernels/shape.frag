// SPDX-License-Identifier: Apache-2.0
#version 450
layout(location = 0) flat in vec4 tone;
layout(location = 0) out vec4 color;
layout(set = 0, binding = 0) uniform Tint { vec4 tint; };
void main() { color = tone * tint; }
