#!/bin/sh
# Makes the .wasm files beside the sources: all of them, or the named ones (`build.sh general/lz kernels/gemm`).
# Needs clang, lld, wasi-libc and compiler-rt for wasm32; on Debian:
#   apt-get install clang-19 lld-19 wasi-libc libclang-rt-19-dev-wasm32
# Compiling and linking are separate steps, since clang runs any wasm-opt on PATH when it links with -O.
set -eu
cd "$(dirname "$0")"
cc=${CC:-clang-19}
objects=$(mktemp -d)
trap 'rm -rf "$objects"' EXIT
[ $# -gt 0 ] || set -- $(ls */*.c | sed 's/\.c$//')
for name; do
  # Programs with vectors, and which of them use relaxed instructions; programs with tail calls.
  case $name in
    simd/*-relaxed) level='-O3 -msimd128 -mrelaxed-simd' ;;
    simd/*) level='-O3 -msimd128' ;;
    features/tail-*) level='-O2 -mtail-call' ;;
    *) level='-O2' ;;
  esac
  # shellcheck disable=SC2086
  "$cc" --target=wasm32-wasi $level -std=gnu11 -Wall -Wextra -Wno-unused-function \
    -mbulk-memory -mnontrapping-fptoint -ffp-contract=off -c "$name.c" -o "$objects/program.o"
  "$cc" --target=wasm32-wasi -Wl,--strip-debug -Wl,-z,stack-size=262144 "$objects/program.o" -o "$name.wasm"
done
