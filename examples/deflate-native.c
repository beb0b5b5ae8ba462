// A native library for deflate.c: zlib's functions. upshift checks every pointer before it gets here.
#include "upshift.h"

// From zlib.h, which need not be installed.
int compress2(uint8_t *to, unsigned long *to_length, const uint8_t *from, unsigned long length, int level);
int uncompress(uint8_t *to, unsigned long *to_length, const uint8_t *from, unsigned long length);

static int32_t compress_bytes(upshift_exec_env *exec_env, uint8_t *to, uint32_t capacity, const uint8_t *from,
                              uint32_t length, int32_t level) {
  unsigned long size = capacity;
  if (compress2(to, &size, from, length, level) == 0) return (int32_t)size;
  upshift_raise(exec_env, "zlib cannot compress this");
  return -1;
}

static int32_t decompress_bytes(upshift_exec_env *exec_env, uint8_t *to, uint32_t capacity, const uint8_t *from,
                                uint32_t length) {
  unsigned long size = capacity;
  if (uncompress(to, &size, from, length) == 0) return (int32_t)size;
  upshift_raise(exec_env, "zlib cannot decompress this");
  return -1;
}

static NativeSymbol symbols[] = {
    {"compress", (void *)compress_bytes, "(*~*~i)i", NULL},
    {"decompress", (void *)decompress_bytes, "(*~*~)i", NULL},
};

uint32_t get_native_lib(char **module_name, NativeSymbol **table) {
  *module_name = "deflate";
  *table = symbols;
  return sizeof symbols / sizeof symbols[0];
}
