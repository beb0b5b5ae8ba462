// Prints the CRC-32 of its input, computed by the system's zlib: upshift checks the address of this program's
// own buffer and calls the C function with it. Nothing is copied.
//
//     upshift run --native-lib libz.so.1 --native 'zlib.crc32=(I*~)I' crc32.wasm < file
#include <stdint.h>
#include <stdio.h>

__attribute__((import_module("zlib"), import_name("crc32")))
uint64_t zlib_crc32(uint64_t crc, const void *bytes, uint32_t length);

static unsigned char buffer[1 << 16];

int main(void) {
  uint64_t crc = 0;
  size_t length;
  while ((length = fread(buffer, 1, sizeof buffer, stdin)) > 0) {
    crc = zlib_crc32(crc, buffer, (uint32_t)length);
  }
  printf("%08x\n", (unsigned)crc);
  return 0;
}
