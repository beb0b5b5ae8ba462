// Compresses its input with the system's zlib, by way of the native library in deflate-native.c, then
// decompresses it and compares. zlib reads and writes this program's memory itself.
//
//     cc -shared -fPIC -O2 -I ../include deflate-native.c -l:libz.so.1 -o libdeflate-native.so
//     upshift run --native-lib ./libdeflate-native.so deflate.wasm < file
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

__attribute__((import_module("deflate"), import_name("compress")))
int32_t deflate_compress(void *to, uint32_t capacity, const void *from, uint32_t length, int32_t level);
__attribute__((import_module("deflate"), import_name("decompress")))
int32_t deflate_decompress(void *to, uint32_t capacity, const void *from, uint32_t length);

int main(void) {
  size_t capacity = 1 << 16, length = 0, read;
  unsigned char *input = malloc(capacity);
  while (input && (read = fread(input + length, 1, capacity - length, stdin)) > 0) {
    length += read;
    if (length == capacity) input = realloc(input, capacity *= 2);
  }
  size_t bound = length + length / 1000 + 64;
  unsigned char *packed = malloc(bound), *unpacked = malloc(length + 1);
  if (!input || !packed || !unpacked) return fputs("out of memory\n", stderr), 1;
  int32_t size = deflate_compress(packed, bound, input, length, 9);
  int32_t back = deflate_decompress(unpacked, length + 1, packed, size);
  if (back != (int32_t)length || memcmp(input, unpacked, length) != 0) return fputs("it differs\n", stderr), 1;
  printf("%zu bytes, compressed %d\n", length, (int)size);
  return 0;
}
