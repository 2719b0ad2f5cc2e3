#!/bin/sh
# Compiles the loops of the page's engine to WebAssembly, the same bytes each time, and writes them as a script that a
# page opened from disk can load. Needs clang and lld: apt-get install clang lld
# usage: build_kernel.sh [file]; without one, the file that the repository holds
set -eu
page=$(dirname "$0")/../audiogan_lib/live/page
binary=$(mktemp)
trap 'rm -f "$binary"' EXIT
clang --target=wasm32 -std=c11 -O3 -msimd128 -mbulk-memory -ffreestanding -nostdlib -Wall -Wextra -Werror \
    -Wl,--no-entry -Wl,--import-memory -Wl,--stack-first -Wl,-z,stack-size=16384 -Wl,--strip-all \
    -o "$binary" "$page/kernel.c"
{
    echo "// kernel.c, compiled: tools/build_kernel.sh writes this file."
    printf 'audiogan.kernelBinary =\n  "%s";\n' "$(base64 -w 0 "$binary")"
} >"${1:-$page/kernel_binary.js}"
