#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Lull's governor on the GPU of this machine, measured: run it with --help for more.
# tests/bench/gpu made this file; what follows the text is an archive, which is unpacked into a folder of its own
# under $TMPDIR (or /tmp) and removed at the end.
set -euo pipefail
export PATH="${PATH:-/usr/local/bin:/usr/bin:/bin}:/usr/sbin:/sbin" LC_ALL=C.UTF-8
unpacker_bytes=0
luggage_bytes=0

for tool in awk df find grep gzip head mktemp sed sort tail tar timeout; do
  command -v $tool >/dev/null || { printf 'gpu: this needs %s, which is not installed here\n' $tool >&2; exit 1; }
done
folder=${TMPDIR:-/tmp}
free_mib=$(df -Pm "$folder" | awk 'NR == 2 { print $4 }')
[ "$free_mib" -ge 600 ] || {
  printf 'gpu: %s has %s MiB left, and this takes 600. Name another folder: TMPDIR=FOLDER\n' "$folder" "$free_mib" >&2
  exit 1
}
work=$(mktemp -d "$folder/lull-gpu.XXXXXX")
trap 'rm -rf "$work"' EXIT
trap 'exit 130' INT TERM
head -c $unpacker_bytes < <(tail -c $((unpacker_bytes + luggage_bytes)) "$0") | tar -C "$work" -xzf -
tail -c $luggage_bytes "$0" |
  "$work/unpacker/loader" --library-path "$work/unpacker" "$work/unpacker/xz" -dc | tar -C "$work" -xf - || {
  printf 'gpu: it could not be unpacked in %s. If no programs may run there, name another folder: TMPDIR=FOLDER\n' "$folder" >&2
  exit 1
}
rm -rf "$work/unpacker"
code=0
bash "$work/lull/run" "$work" "$@" || code=$?
exit $code
