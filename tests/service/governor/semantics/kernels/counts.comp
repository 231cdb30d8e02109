// SPDX-License-Identifier: Apache-2.0
// What a shader sees of its dispatch's size. AXES: the components it reads.
#version 450
layout(local_size_x = 1) in;
layout(set = 0, binding = 0) buffer Seen { uint seen[]; };
layout(push_constant) uniform Arguments { uint width; uint height; };
void main() {
  uvec3 group = gl_WorkGroupID;
  uint at = group.x + width * (group.y + height * group.z);
#if AXES == 0
  seen[at] = gl_NumWorkGroups.x;
#elif AXES == 1
  seen[at] = gl_NumWorkGroups.y;
#elif AXES == 2
  seen[at] = gl_NumWorkGroups.z;
#elif AXES == 3
  uvec3 all = gl_NumWorkGroups;
  seen[at] = all.x * 10000u + all.y * 100u + all.z;
#else
  seen[at] = gl_NumWorkGroups[at % 3u];
#endif
}
