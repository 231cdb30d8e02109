# shellcheck shell=bash disable=SC2154  # of run: tree, lib, work
# SPDX-License-Identifier: Apache-2.0
# There: which libc programs run with, which driver, and the scripts that start them so.
#
# A process has one libc, and the driver's libraries are the machine's own and need the machine's: the newer of the two
# serves both, as libc only ever adds. Where the machine's is older, programs start through the luggage's own loader:
# it looks into the luggage first, then into folders of drivers that the machine's own loader does not know of, then
# where the machine's /etc/ld.so.cache says, so the driver and all it needs come from the machine. Where the machine's
# is newer, programs start as usual and the luggage's libc stays out. Programs are started by small scripts in their
# places, so the tests need not know.
libc_parts=(libc.so.6 libm.so.6 libpthread.so.0 libdl.so.2 librt.so.1 libresolv.so.2 libutil.so.1)
manifest='' gpu=''

newest() { printf '%s\n' "$@" | sort -V | tail -n 1; }
ldconfig_names() { ldconfig -p 2>/dev/null || true; }

# NAME: where the machine has this library, if anywhere.
machine_library() {
  local path
  path=$(ldconfig_names | awk -v name="$1" '$1 == name { print $NF; exit }')
  [ -n "$path" ] || path=$({ compgen -G "/usr/lib*/$1" || compgen -G "/usr/lib*/*/$1" || compgen -G "/lib*/*/$1"; } | head -n 1)
  printf '%s' "$path"
}

machine_libc() {
  { getconf GNU_LIBC_VERSION || ldd --version; } 2>/dev/null | sed -n '1s/.* \([0-9][0-9.]*\)$/\1/p' || true
}

# Sets `loader`: the luggage's, or empty where the machine's own serves.
choose_libc() {
  local machine luggage
  machine=$(machine_libc)
  luggage=$(cat "$tree/libc-version")
  loader=$(find "$lib" -name 'ld-linux*.so.*' | head -n 1)
  libc="luggage's $luggage (the machine's is ${machine:-none})"
  keep_newer_runtime
  case $1 in
    luggage) return ;;
    machine) ;;
    *) [ "$(newest "${machine:-0}" "$luggage")" != "$luggage" ] || return 0 ;;
  esac
  libc="machine's $machine (the luggage's is $luggage)"
  rm -f "$loader" "${libc_parts[@]/#/$lib/}"
  loader=
  ln -s "$lib"/libggml-*.so "$tree/root/bin/"
}

# The same with the C++ library, which the driver may need newer than the luggage has it.
keep_newer_runtime() {
  local theirs version
  theirs=$(machine_library libstdc++.so.6)
  [ -n "$theirs" ] || return 0
  version=$(readlink -f "$theirs" | sed 's/.*\.so\.//')
  [ "$(newest "$version" "$(cat "$tree/libstdcxx-version")")" != "$(cat "$tree/libstdcxx-version")" ] || return 0
  rm -f "$lib/libstdc++.so.6" "$lib/libgcc_s.so.1"
}

# Sets `manifest`, `gpu` (the probe's line) and `search`, and puts the starting scripts into the programs' places.
choose_driver() {
  local given=$1 software=$2 candidate line rank best=0
  search=$lib$(machine_folders | sed 's/^/:/' | tr -d '\n')
  add_lacking
  replace_programs
  while read -r candidate; do
    line=$(probe "$candidate" | head -n 1)
    case $line in
      discrete*) rank=5 ;; integrated*) rank=4 ;; virtual*) rank=3 ;; other*) rank=2 ;; cpu*) rank=1 ;; *) continue ;;
    esac
    [ $rank -gt 1 ] || [ -n "$software$given" ] || continue
    [ $rank -le $best ] || { best=$rank manifest=$candidate gpu=$line; }
  done < <(if [ -n "$given" ]; then echo "$given"; else manifests; fi)
  [ $best -gt 0 ] || fail "no Vulkan driver with a GPU was found. Tried: $(manifests | tr '\n' ' ')
$(tail -n 40 "$work/probe.log")
With --driver FILE you name its manifest (…/vulkan/icd.d/….json); --software takes a software driver."
  replace_programs
}

# Folders of libraries that the machine's drivers may lie in and its loader may not look into.
machine_folders() {
  {
    tr ':' '\n' <<<"${LD_LIBRARY_PATH:-}"
    find /usr/local /opt /run/opengl-driver -maxdepth 4 \( -name 'libGLX_nvidia.so*' -o -name 'libEGL_nvidia.so*' \
      -o -name 'libvulkan_*.so' \) -printf '%h\n' 2>/dev/null
  } | awk '/^\// && !seen[$0]++' || true
}

add_lacking() {
  local file
  for file in "$tree"/lacking/*; do
    [ -n "$(machine_library "${file##*/}")" ] || ln -s "$file" "$lib/"
  done
}

# Manifests of the machine's drivers, then of our own making for a driver whose manifest is missing or asks for too much
# (NVIDIA's GLX library wants an X server's libraries, its EGL library does not).
manifests() {
  local folder file name
  {
    tr ':' '\n' <<<"${VK_DRIVER_FILES:-${VK_ICD_FILENAMES:-}}"
    for folder in /etc /usr/share /usr/local/share /usr/local/etc ~/.local/share /run/opengl-driver/share \
      /usr/local/*/share /usr/local/*/etc /opt/*/share; do
      compgen -G "$folder/vulkan/icd.d/*.json"
    done
  } 2>/dev/null | awk 'NF && !seen[$0]++' || true
  for name in libGLX_nvidia.so.0 libEGL_nvidia.so.0; do
    while read -r folder; do
      file=$work/${name%%.*}.json
      [ -e "$folder/$name" ] || continue
      printf '{"file_format_version": "1.0.0", "ICD": {"library_path": "%s", "api_version": "1.3.0"}}\n' \
        "$folder/$name" >"$file"
      echo "$file"
    done < <(machine_folders; dirname "$(machine_library "$name")")
  done | awk '!seen[$0]++'
}

# MANIFEST: what the probe says with it.
probe() {
  printf '%s:\n' "$1" >>"$work/probe.log"
  VK_DRIVER_FILES=$1 VK_ICD_FILENAMES=$1 VK_LOADER_DEBUG=error timeout -k 5 30 "$tree/build/tests/lull-gpu-probe" \
    </dev/null 2>>"$work/probe.log" || true
}

# Puts a script that starts it into the place of each program; root/start NAME starts one of the Debian tree's.
replace_programs() {
  local program real
  for program in "$tree"/build/{bin,tests}/*; do
    [ -f "$program" ] || continue
    real=$work/programs/${program#"$tree/build/"}
    mkdir -p "$(dirname "$real")"
    [ -e "$real" ] || mv "$program" "$real"
    write_start "$program" "program='$real' name='${program##*/}'"
  done
  write_start "$tree/root/start" "name=\$1 program='$tree/root/bin/'\$1; shift"
}

# FILE FIRST: FIRST says which `program` is started under which `name`.
write_start() {
  {
    printf '#!/bin/sh\n%s\n' "$2"
    # The tests choose what suits a software driver on few cores.
    [ -z "$manifest" ] || printf 'export VK_DRIVER_FILES="%s" VK_ICD_FILENAMES="%s"\n' "$manifest" "$manifest"
    is_software || echo 'unset GGML_VK_DISABLE_COOPMAT GGML_VK_DISABLE_F16'
    printf 'export __GL_SHADER_DISK_CACHE_PATH="%s/cache" MESA_SHADER_CACHE_DIR="%s/cache"\n' "$work" "$work"
    if [ -n "$loader" ]; then
      # shellcheck disable=SC2016  # the variables are the script's
      printf 'exec "%s" --library-path "%s" --argv0 "$name" "$program" "$@"\n' "$loader" "$search"
    else
      # shellcheck disable=SC2016
      printf 'LD_LIBRARY_PATH="%s" exec "$program" "$@"\n' "$search"
    fi
  } >"$1.part"
  chmod +x "$1.part"
  mv "$1.part" "$1"
}

is_software() { case ${gpu:-cpu} in cpu*) ;; *) return 1 ;; esac; }

# Text in JSON.
quoted() { printf '"%s"' "$(tr -d '\000-\037' <<<"$1" | sed 's/[\\"]/\\&/g')"; }

describe_machine() {
  local kind version driver info name
  IFS=$'\t' read -r kind version driver info name <<<"$gpu"
  printf '{"machine":%s,"kind":"%s","vulkan":"%s","driver":%s,"driver_version":%s,' \
    "$(quoted "$name")" "$kind" "$version" "$(quoted "$driver")" "$(quoted "$info")"
  printf '"manifest":%s,"libc":%s,"cores":%d,"kernel":%s,"load":"%s","utc":"%s"}\n' "$(quoted "$manifest")" \
    "$(quoted "$libc")" "$(nproc)" "$(quoted "$(uname -r)")" "$(cut -d' ' -f1 /proc/loadavg)" "$(date -u +%FT%TZ)"
}
