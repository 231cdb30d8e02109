# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0
# Here: builds what travels and packs it into one file: open.sh, what unpacks the rest (gzip), and the rest (xz).
#
# The luggage holds programs of two releases of Debian and the newer one's loader and libc, for systems that are older.
here=${here:?the folder of tests/bench}
source_dir=$(readlink -f "$here/../..")
limit_mib=64
libc_parts=(libc.so.6 libm.so.6 libpthread.so.0 libdl.so.2 librt.so.1 libresolv.so.2 libutil.so.1)
system_layers=/usr/share/vulkan/explicit_layer.d

# Built programs; programs of the Debian tree with llama.cpp.
programs=(bin/lull-spirv tests/bench-governor tests/bench-llama tests/lull-gpu-probe tests/lull-semantics
  tests/test_llama_differential tests/test_llama_server tests/test_semantics)
layers=(governor pretended_gpu witness)
llama=(llama-bench llama-completion llama-embedding llama-finetune llama-perplexity llama-quantize llama-server)
# What drivers need and small systems lack; used where it is missing.
lacking=(libX11.so.6 libX11-xcb.so.1 libXext.so.6 libxcb.so.1 libXau.so.6 libXdmcp.so.6 libxcb-randr.so.0
  libxcb-dri3.so.0 libxcb-present.so.0 libxcb-sync.so.1 libxcb-shm.so.0 libxcb-xfixes.so.0 libxshmfence.so.1
  libwayland-client.so.0 libGLdispatch.so.0 libexpat.so.1 libdrm.so.2 libelf.so.1)

say() { printf '\033[1m%s\033[0m\n' "$*" >&2; }
fail() { printf 'gpu: %s\n' "$*" >&2; exit 1; }

# FILE
pack_into() {
  local file=$1 root=$source_dir/build/llama-root build=$source_dir/build/release part mib
  say "Building"
  (cd "$source_dir" && cmake --preset release >/dev/null)
  ninja -C "$build" --quiet "${layers[@]/#/VkLayer_lull_}" lull_samples lull_llama_whole_log "${programs[@]##*/}"
  "$source_dir/tests/llama/root" "$root"
  say "Packing"
  part=$(mktemp -d)
  # shellcheck disable=SC2064  # its value now
  trap "rm -rf '$part'" EXIT
  fill "$build" "$root" "$part/lull"
  fill_unpacker "$part/lull/lib" "$part/unpacker"
  tar -C "$part" --sort=name --owner=0 --group=0 --numeric-owner -cf - lull | xz -T0 -6 >"$part/luggage.tar.xz"
  tar -C "$part" --sort=name --owner=0 --group=0 --numeric-owner -cf - unpacker | gzip -9 >"$part/unpacker.tar.gz"
  mkdir -p "$(dirname "$file")"
  sed "s/^unpacker_bytes=.*/unpacker_bytes=$(stat -c %s "$part/unpacker.tar.gz")/
    s/^luggage_bytes=.*/luggage_bytes=$(stat -c %s "$part/luggage.tar.xz")/" "$here/luggage/open.sh" |
    cat - "$part/unpacker.tar.gz" "$part/luggage.tar.xz" >"$file"
  chmod +x "$file"
  rm -rf "$part"
  trap - EXIT
  mib=$((($(stat -c %s "$file") + 1048575) / 1048576))
  [ $mib -le $limit_mib ] || fail "the luggage is $mib MiB, more than $limit_mib: pack less"
  say "$file: $mib MiB"
}

# BUILD ROOT TREE
fill() {
  local build=$1 root=$2 tree=$3 loader libraries search name
  loader=$(find "$root/usr/lib" -name 'ld-linux*.so.*' | head -n 1)
  libraries=$(dirname "$loader")
  search=$libraries:$libraries/llama:$libraries/ggml/backends0
  mkdir -p "$tree"/{build/bin,build/lib,build/tests,build/share,root/bin,lib,lacking,validation,assets}
  cp "$here"/luggage/{run,machine.sh,parts.sh,table.awk} "$tree/"
  for name in "${programs[@]}"; do cp "$build/$name" "$tree/build/$name"; done
  for name in "${layers[@]/#/libVkLayer_lull_}"; do cp "$build/lib/$name.so" "$tree/build/lib/"; done
  cp "$build/lib/lull_llama_whole_log.so" "$tree/build/lib/"
  (cd "$build/lib" && find . -name '*.json' -exec cp --parents {} "$tree/build/lib/" \;)
  cp -r "$build/share/lull" "$tree/build/share/"
  cp -r "$source_dir/assets/samples" "$tree/assets/"
  for name in "${llama[@]}"; do cp "$root/usr/bin/$name" "$tree/root/bin/"; done
  cp "$root/stamp" "$tree/root/"
  cp "$libraries"/ggml/backends0/*.so "$tree/lib/" # looked for beside the program, which is the loader there
  cp "$system_layers/VkLayer_khronos_validation.json" "$tree/validation/"
  cp "$(find_library libVkLayer_khronos_validation.so)" "$tree/lib/"
  for name in "${libc_parts[@]}"; do cp -L "$libraries/$name" "$tree/lib/"; done
  copy_needed "$loader" "$search" "$tree/lib" "$tree"/build/{bin,tests}/* "$tree"/build/lib/*.so "$tree"/root/bin/* "$tree"/lib/*
  "$loader" --version | sed -n '1s/.* version \([0-9.]*[0-9]\)\.*$/\1/p' >"$tree/libc-version"
  readlink -f "$libraries/libstdc++.so.6" | sed 's/.*\.so\.//' >"$tree/libstdcxx-version"
  fill_lacking "$loader" "$search" "$libraries" "$tree"
  strip --strip-unneeded "$tree"/build/bin/* "$tree"/build/lib/*.so "$tree"/build/tests/*
}

# LOADER SEARCH LIBRARIES TREE
fill_lacking() {
  local name tree=$4
  for name in "${lacking[@]}"; do
    [ ! -e "$tree/lib/$name" ] || continue
    cp -L "$(find_library "$name" "$3")" "$tree/lacking/"
  done
  copy_needed "$1" "$2" "$tree/lacking" "$tree"/lacking/*
  for name in "$tree"/lacking/*; do
    [ ! -e "$tree/lib/${name##*/}" ] || rm "$name"
  done
}

# LIB FOLDER: xz with all it needs, as small systems have none.
fill_unpacker() {
  local loader name
  loader=$(find "$1" -name 'ld-linux*.so.*')
  mkdir -p "$2"
  cp "$loader" "$2/loader"
  cp -L "$(command -v xz)" "$2/"
  for name in $("$loader" --library-path "$1" --list "$2/xz" | awk '$2 == "=>" { print $3 }'); do cp -L "$name" "$2/"; done
}

# NAME [FOLDER]: in FOLDER or where this machine's loader finds it.
find_library() {
  local path=${2:+$2/$1}
  [ -n "$path" ] && [ -e "$path" ] ||
    path=$(PATH=$PATH:/sbin:/usr/sbin ldconfig -p | awk -v name="$1" '$1 == name { print $NF; exit }')
  [ -n "$path" ] && [ -e "$path" ] || path=/usr/lib/$(uname -m)-linux-gnu/$1
  [ -e "$path" ] || fail "$1 is not installed here"
  printf '%s\n' "$path"
}

# LOADER SEARCH TARGET FILES...: the libraries they ask for, of SEARCH first, then of this machine.
copy_needed() {
  local loader=$1 search=$2 target=$3 file
  shift 3
  for file in "$@"; do
    [ "$(head -c 4 "$file" | tail -c 3)" != ELF ] || "$loader" --library-path "$search" --list "$file"
  done | awk '$2 == "=>" && $3 ~ /^\// { print $3 }' | sort -u | while read -r file; do
    [ -e "$target/${file##*/}" ] || cp -L "$file" "$target/"
  done
}
