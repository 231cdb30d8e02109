# SPDX-License-Identifier: Apache-2.0
# How Lull's own targets are made. Every library names all it may include in LINKS: the link graph is the
# dependency table, and tests/architecture holds it.
set(LULL_SANITIZE "" CACHE STRING "Sanitizers: address,undefined or thread")

find_program(CCACHE ccache)
if(CCACHE AND NOT CMAKE_CXX_COMPILER_LAUNCHER)
  set(CMAKE_CXX_COMPILER_LAUNCHER ${CCACHE})
endif()
find_program(MOLD mold)
if(MOLD)
  add_link_options(-fuse-ld=mold)
endif()

add_library(lull_warnings INTERFACE)
target_compile_options(lull_warnings INTERFACE -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wsign-conversion
  -Wnon-virtual-dtor -Wold-style-cast -Woverloaded-virtual -Werror
  -Wno-missing-field-initializers  # designated initialisers leave fields out on purpose
  # g++ 12 reports these falsely inside its own <string> and <optional> (GCC bugs 105329, 80635)
  -Wno-error=restrict -Wno-error=maybe-uninitialized)

if(LULL_SANITIZE)
  add_compile_options(-fsanitize=${LULL_SANITIZE} -fno-omit-frame-pointer -fno-sanitize-recover=all -O1)
  add_link_options(-fsanitize=${LULL_SANITIZE})
endif()
if(LULL_SANITIZE STREQUAL "thread")
  add_compile_options(-Wno-tsan)  # Asio uses atomic_thread_fence, which the sanitizer does not follow and warns of
endif()
add_compile_options(-fvisibility=hidden -ffunction-sections -fdata-sections)
add_link_options(-Wl,--gc-sections)
# The daemon and its small processes carry no symbol they do not use.
add_compile_definitions($<$<CONFIG:Debug>:_GLIBCXX_ASSERTIONS>)

# lull_library(NAME SOURCES ... LINKS ...): a static library; its include root is the top-level folder it lives in.
function(lull_library name)
  cmake_parse_arguments(ARG "" "" "SOURCES;LINKS" ${ARGN})
  if(ARG_SOURCES)
    add_library(${name} STATIC ${ARG_SOURCES})
    set(scope PUBLIC)
    set_target_properties(${name} PROPERTIES POSITION_INDEPENDENT_CODE ON)
    target_link_libraries(${name} PRIVATE lull_warnings)
  else()
    add_library(${name} INTERFACE)
    set(scope INTERFACE)
  endif()
  file(RELATIVE_PATH relative ${PROJECT_SOURCE_DIR} ${CMAKE_CURRENT_SOURCE_DIR})
  string(REGEX MATCH "^[^/]+" top ${relative})
  target_include_directories(${name} ${scope} ${PROJECT_SOURCE_DIR}/${top})
  target_link_libraries(${name} ${scope} ${ARG_LINKS})
endfunction()

# lull_program(NAME SOURCES ... LINKS ... [LIBEXEC] [SELF_CONTAINED]): LIBEXEC programs are started by the service, not
# by people; SELF_CONTAINED ones need only the C library where they run.
function(lull_program name)
  cmake_parse_arguments(ARG "LIBEXEC;SELF_CONTAINED" "" "SOURCES;LINKS" ${ARGN})
  add_executable(${name} ${ARG_SOURCES})
  if(ARG_SELF_CONTAINED AND NOT LULL_SANITIZE)
    set_target_properties(${name} PROPERTIES LULL_SELF_CONTAINED ON)
    target_link_options(${name} PRIVATE -static-libstdc++ -static-libgcc)
  endif()
  file(RELATIVE_PATH relative ${PROJECT_SOURCE_DIR} ${CMAKE_CURRENT_SOURCE_DIR})
  string(REGEX MATCH "^[^/]+" top ${relative})
  target_include_directories(${name} PRIVATE ${PROJECT_SOURCE_DIR}/${top})
  target_link_libraries(${name} PRIVATE lull_warnings ${ARG_LINKS})
  if(ARG_LIBEXEC)
    install(TARGETS ${name} RUNTIME DESTINATION ${CMAKE_INSTALL_LIBEXECDIR}/lull)
  else()
    install(TARGETS ${name} RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
  endif()
endfunction()

# lull_proto(NAME ROOT ... FILES ... LINKS ...): a library of generated messages.
function(lull_proto name)
  cmake_parse_arguments(ARG "" "ROOT" "FILES;LINKS;IMPORTS" ${ARGN})
  set(out ${CMAKE_CURRENT_BINARY_DIR}/${name})
  file(MAKE_DIRECTORY ${out})
  set(sources)
  foreach(file IN LISTS ARG_FILES)
    string(REGEX REPLACE "\\.proto$" "" stem ${file})
    list(APPEND sources ${out}/${stem}.pb.cc)
    list(APPEND headers ${out}/${stem}.pb.h)
  endforeach()
  list(TRANSFORM ARG_FILES PREPEND ${ARG_ROOT}/ OUTPUT_VARIABLE inputs)
  list(TRANSFORM ARG_IMPORTS PREPEND "-I" OUTPUT_VARIABLE imports)
  add_custom_command(OUTPUT ${sources} ${headers}
    COMMAND protobuf::protoc -I${ARG_ROOT} ${imports} --cpp_out=${out} ${ARG_FILES}
    DEPENDS ${inputs} WORKING_DIRECTORY ${ARG_ROOT} COMMENT "Generating ${name}" VERBATIM)
  add_library(${name} STATIC ${sources})
  set_target_properties(${name} PROPERTIES POSITION_INDEPENDENT_CODE ON)
  target_include_directories(${name} SYSTEM PUBLIC ${out})
  target_link_libraries(${name} PUBLIC lull_protobuf ${ARG_LINKS})
endfunction()

# lull_test(NAME SOURCES ... LINKS ... [LABELS ...] [TIMEOUT s]): a Qt Test program, run by CTest.
function(lull_test name)
  cmake_parse_arguments(ARG "" "TIMEOUT" "SOURCES;LINKS;LABELS" ${ARGN})
  if(NOT ARG_TIMEOUT)
    set(ARG_TIMEOUT 120)
  endif()
  add_executable(${name} ${ARG_SOURCES})
  set_target_properties(${name} PROPERTIES AUTOMOC ON RUNTIME_OUTPUT_DIRECTORY ${PROJECT_BINARY_DIR}/tests)
  target_include_directories(${name} PRIVATE ${PROJECT_SOURCE_DIR}/tests)
  target_link_libraries(${name} PRIVATE Qt6::Core Qt6::Test ${ARG_LINKS})
  target_compile_options(${name} PRIVATE -Wall -Wextra -Wno-missing-field-initializers -Werror)
  add_test(NAME ${name} COMMAND ${name})
  math(EXPR milliseconds "${ARG_TIMEOUT} * 1000")  # of one function; Qt's own bound is 5 minutes
  set_tests_properties(${name} PROPERTIES TIMEOUT ${ARG_TIMEOUT} LABELS "${ARG_LABELS}"
    ENVIRONMENT "TSAN_OPTIONS=suppressions=${PROJECT_SOURCE_DIR}/tests/tsan.supp:die_after_fork=0;QT_QPA_PLATFORM=offscreen;QTEST_FUNCTION_TIMEOUT=${milliseconds};LULL_BUILD_DIR=${PROJECT_BINARY_DIR};LULL_SOURCE_DIR=${PROJECT_SOURCE_DIR}")
endfunction()
