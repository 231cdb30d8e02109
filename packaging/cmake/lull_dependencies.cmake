# SPDX-License-Identifier: Apache-2.0
# Everything Lull takes from the distribution, in one place. README.md says why each is there.
find_package(PkgConfig REQUIRED)
find_package(Threads REQUIRED)
find_package(Protobuf 3.21 REQUIRED)
find_package(spdlog REQUIRED)
find_package(nlohmann_json REQUIRED)
find_package(CLI11 REQUIRED)
find_package(SQLite3 REQUIRED)
find_package(ZLIB REQUIRED)
find_package(Vulkan REQUIRED)
find_package(ZLIB REQUIRED)
pkg_check_modules(SYSTEMD REQUIRED IMPORTED_TARGET libsystemd)
pkg_check_modules(NETTLE REQUIRED IMPORTED_TARGET nettle)
pkg_check_modules(SECCOMP REQUIRED IMPORTED_TARGET libseccomp)
pkg_check_modules(SPIRV_TOOLS REQUIRED IMPORTED_TARGET SPIRV-Tools)
find_program(GLSLC glslc REQUIRED)
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
