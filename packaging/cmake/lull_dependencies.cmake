# SPDX-License-Identifier: Apache-2.0
# Everything Lull takes from the distribution, in one place. README.md says why each is there.
find_package(PkgConfig REQUIRED)
find_package(Threads REQUIRED)
find_package(Protobuf 3.21 REQUIRED)
find_package(spdlog REQUIRED)
find_package(nlohmann_json REQUIRED)
find_package(CLI11 REQUIRED)
find_package(SQLite3 REQUIRED)
find_package(CURL 7.85 REQUIRED)
find_package(ZLIB REQUIRED)
find_package(Vulkan REQUIRED)
find_package(Boost 1.74 REQUIRED)
pkg_check_modules(SYSTEMD REQUIRED IMPORTED_TARGET libsystemd)
pkg_check_modules(NETTLE REQUIRED IMPORTED_TARGET nettle)
pkg_check_modules(SECCOMP REQUIRED IMPORTED_TARGET libseccomp)
pkg_check_modules(SPIRV_TOOLS REQUIRED IMPORTED_TARGET SPIRV-Tools)
find_program(GLSLC glslc REQUIRED)
# Programs that run in roots where Lull's libraries are not (lull_program's SELF_CONTAINED) take these from archives.
find_library(LULL_PROTOBUF_ARCHIVE libprotobuf.a REQUIRED)
find_library(LULL_NETTLE_ARCHIVE libnettle.a REQUIRED)
find_library(LULL_ZLIB_ARCHIVE libz.a REQUIRED)
function(lull_part name archives shared)
  add_library(${name} INTERFACE)
  target_link_libraries(${name} INTERFACE
    "$<IF:$<BOOL:$<TARGET_PROPERTY:LULL_SELF_CONTAINED>>,${archives},${shared}>")
endfunction()
lull_part(lull_protobuf "${LULL_PROTOBUF_ARCHIVE};${LULL_ZLIB_ARCHIVE}" protobuf::libprotobuf)
lull_part(lull_nettle "${LULL_NETTLE_ARCHIVE}" PkgConfig::NETTLE)
lull_part(lull_zlib "${LULL_ZLIB_ARCHIVE}" ZLIB::ZLIB)

find_path(ASIO_INCLUDE_DIR asio.hpp REQUIRED)

add_library(lull_asio INTERFACE)
target_include_directories(lull_asio SYSTEM INTERFACE ${ASIO_INCLUDE_DIR})
# Without the last one Asio allocates by malloc or by operator new, depending on whether a header of libstdc++ came
# before it in that file: the two meet at run time.
target_compile_definitions(lull_asio INTERFACE ASIO_STANDALONE ASIO_NO_DEPRECATED ASIO_DISABLE_STD_ALIGNED_ALLOC)
target_link_libraries(lull_asio INTERFACE Threads::Threads)

# Header-only spdlog and fmt: their shared libraries change name between Debian releases.
add_library(lull_fmt INTERFACE)
target_compile_definitions(lull_fmt INTERFACE FMT_HEADER_ONLY)
add_library(lull_spdlog INTERFACE)
get_target_property(spdlog_includes spdlog::spdlog_header_only INTERFACE_INCLUDE_DIRECTORIES)
target_include_directories(lull_spdlog SYSTEM INTERFACE ${spdlog_includes})
target_compile_definitions(lull_spdlog INTERFACE SPDLOG_FMT_EXTERNAL)
target_link_libraries(lull_spdlog INTERFACE lull_fmt Threads::Threads)

if(LULL_GUI OR LULL_TESTS)
  find_package(Qt6 6.4 REQUIRED COMPONENTS Core Test)
endif()
if(LULL_GUI)
  find_package(Qt6 6.4 REQUIRED COMPONENTS Gui Network Qml Quick QuickControls2 Svg)
endif()
if(LULL_GUI AND LULL_TESTS)
  find_package(Qt6 6.4 REQUIRED COMPONENTS QuickTest)
endif()
