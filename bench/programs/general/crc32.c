/* CRC-32 three ways (bit by bit, by a table, by eight tables at once), and Adler-32. */
#include "../bench.h"

enum { SIZE = 1 << 20 };
static uint8_t data[SIZE];
static uint32_t table[8][256];

static NOINLINE uint32_t by_bits(const uint8_t *p, size_t n) {
  uint32_t crc = ~0u;
  while (n--) {
    crc ^= *p++;
    for (int i = 0; i < 8; i++) crc = crc >> 1 ^ (0xedb88320 & -(crc & 1));
  }
  return ~crc;
}

static NOINLINE uint32_t by_table(const uint8_t *p, size_t n) {
  uint32_t crc = ~0u;
  while (n--) crc = table[0][(crc ^ *p++) & 255] ^ crc >> 8;
  return ~crc;
}

static NOINLINE uint32_t by_eight(const uint8_t *p, size_t n) {
  uint32_t crc = ~0u;
  for (; n >= 8; n -= 8, p += 8) {
    uint32_t low, high;
    memcpy(&low, p, 4);
    memcpy(&high, p + 4, 4);
    low ^= crc;
    crc = table[7][low & 255] ^ table[6][low >> 8 & 255] ^ table[5][low >> 16 & 255] ^ table[4][low >> 24] ^
          table[3][high & 255] ^ table[2][high >> 8 & 255] ^ table[1][high >> 16 & 255] ^ table[0][high >> 24];
  }
  while (n--) crc = table[0][(crc ^ *p++) & 255] ^ crc >> 8;
  return ~crc;
}

static NOINLINE uint32_t adler(const uint8_t *p, size_t n) {
  uint32_t a = 1, b = 0;
  while (n > 0) {
    size_t part = n < 5552 ? n : 5552;
    n -= part;
    while (part--) a += *p++, b += a;
    a %= 65521, b %= 65521;
  }
  return b << 16 | a;
}

int main(void) {
  title("crc32 1 MiB");
  for (int i = 0; i < SIZE; i++) data[i] = (uint8_t)random_u32();
  start_clock();
  for (uint32_t i = 0; i < 256; i++) {
    uint32_t crc = i;
    for (int bit = 0; bit < 8; bit++) crc = crc >> 1 ^ (crc & 1 ? 0xedb88320 : 0);
    table[0][i] = crc;
  }
  for (int t = 1; t < 8; t++)
    for (int i = 0; i < 256; i++) table[t][i] = table[0][table[t - 1][i] & 255] ^ table[t - 1][i] >> 8;
  for (int round = 0; round < 8; round++) {
    mix(by_bits(data, SIZE - 1));
    for (int i = 0; i < 4; i++) mix(by_table(data + i, SIZE - 8));
    for (int i = 0; i < 16; i++) mix(by_eight(data + i, SIZE - 17));
    for (int i = 0; i < 8; i++) mix(adler(data + i, SIZE - 9));
    data[round * 100] ^= 255;
  }
  stop_clock();
  return report();
}
