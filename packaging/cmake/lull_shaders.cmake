# SPDX-License-Identifier: Apache-2.0
# lull_shaders(NAME OUTPUT <folder> SOURCES a.comp ...): compiles GLSL compute shaders to <folder>/a.spv.
function(lull_shaders name)
  cmake_parse_arguments(ARG "" "OUTPUT" "SOURCES" ${ARGN})
  set(modules)
  foreach(source IN LISTS ARG_SOURCES)
    get_filename_component(stem ${source} NAME_WE)
    set(module ${ARG_OUTPUT}/${stem}.spv)
    add_custom_command(OUTPUT ${module}
      COMMAND ${CMAKE_COMMAND} -E make_directory ${ARG_OUTPUT}
      COMMAND ${GLSLC} --target-env=vulkan1.1 -O -Werror -o ${module} ${CMAKE_CURRENT_SOURCE_DIR}/${source}
      DEPENDS ${source} COMMENT "Compiling ${source}" VERBATIM)
    list(APPEND modules ${module})
  endforeach()
  add_custom_target(${name} ALL DEPENDS ${modules})
endfunction()
