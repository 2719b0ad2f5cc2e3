#!/bin/sh
# Compiles the loops of the page's engine to WebAssembly and writes them as a script that a page opened from disk can
# load. The same version of clang gives the same bytes each time. Needs clang and lld: apt-get install clang lld
# usage: build_kernel.sh [FILE]; without one it writes the file that the repository holds (make kernel)
set -eu
clang=${CLANG:-clang}
page=$(dirname "$0")/../audiogan_lib/live/page
made=$(mktemp -d)
trap 'rm -r "$made"' EXIT
$clang --target=wasm32 -std=c11 -O3 -msimd128 -mbulk-memory -ffreestanding -Wall -Wextra -Werror \
    -c -o "$made/kernel.o" "$page/kernel.c"
$clang --target=wasm32 -nostdlib -Wl,--no-entry -Wl,--import-memory -Wl,--stack-first -Wl,-z,stack-size=16384 \
    -Wl,--strip-all -o "$made/kernel.wasm" "$made/kernel.o"
{
    echo "// kernel.c, compiled by clang $($clang -dumpversion): make kernel writes this file."
    printf 'audiogan.kernelBinary =\n  "%s";\n' "$(base64 -w 0 "$made/kernel.wasm")"
} >"${1:-$page/kernel_binary.js}"
