#!/bin/sh
# Makes the .wasm files beside the sources: all of them, or the named ones (`build.sh general/lz kernels/gemm`).
# Needs clang, lld, wasi-libc and compiler-rt for wasm32; on Debian:
#   apt-get install clang-19 lld-19 wasi-libc libclang-rt-19-dev-wasm32
# and wasm-opt of the project's packages for programs with exceptions.
# Compiling and linking are separate steps, since clang runs any wasm-opt on PATH when it links with -O.
set -eu
cd "$(dirname "$0")"
cc=${CC:-clang-19}
objects=$(mktemp -d)
trap 'rm -rf "$objects"' EXIT
[ $# -gt 0 ] || set -- $(ls */*.c */*.cpp | sed 's/\.[a-z]*$//')
for name; do
  source=$name.c
  language='-std=gnu11'
  if [ -e "$name.cpp" ]; then
    source=$name.cpp
    language='-std=gnu++17'
  fi
  # Programs with vectors, and which of them use relaxed instructions; programs with tail calls; with exceptions
  # by legacy instructions, as clang 19 makes them, and by those of WebAssembly 3.0.
  case $name in
    simd/*-relaxed) level='-O3 -msimd128 -mrelaxed-simd' ;;
    simd/*) level='-O3 -msimd128' ;;
    features/tail-*) level='-O2 -mtail-call' ;;
    features/recover*) level='-O2 -fwasm-exceptions' ;;
    *) level='-O2' ;;
  esac
  # shellcheck disable=SC2086
  "$cc" --target=wasm32-wasi $level $language -Wall -Wextra -Wno-unused-function \
    -mbulk-memory -mnontrapping-fptoint -ffp-contract=off -c "$source" -o "$objects/program.o"
  "$cc" --target=wasm32-wasi -Wl,--strip-debug -Wl,-z,stack-size=262144 "$objects/program.o" -o "$name.wasm"
  case $name in
    *-exnref)
      ../../node_modules/.bin/wasm-opt --enable-bulk-memory --enable-nontrapping-float-to-int \
        --enable-exception-handling --enable-reference-types --enable-multivalue \
        --translate-to-exnref "$name.wasm" -o "$name.wasm" ;;
  esac
done
