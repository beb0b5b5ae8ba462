/* Base64 and hexadecimal: encoded, decoded, compared. */
#include "../bench.h"

enum { SIZE = 900000, ROUNDS = 55 };
static uint8_t data[SIZE + 3], back[SIZE + 3];
static char text[SIZE * 2 + 8];
static int8_t value_of[256];
static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

static NOINLINE size_t encode(const uint8_t *from, size_t length, char *to) {
  char *start = to;
  size_t i = 0;
  for (; i + 2 < length; i += 3) {
    uint32_t bits = (uint32_t)from[i] << 16 | (uint32_t)from[i + 1] << 8 | from[i + 2];
    *to++ = alphabet[bits >> 18];
    *to++ = alphabet[bits >> 12 & 63];
    *to++ = alphabet[bits >> 6 & 63];
    *to++ = alphabet[bits & 63];
  }
  if (i < length) {
    uint32_t bits = (uint32_t)from[i] << 16 | (i + 1 < length ? (uint32_t)from[i + 1] << 8 : 0);
    *to++ = alphabet[bits >> 18];
    *to++ = alphabet[bits >> 12 & 63];
    *to++ = i + 1 < length ? alphabet[bits >> 6 & 63] : '=';
    *to++ = '=';
  }
  return (size_t)(to - start);
}

static NOINLINE size_t decode(const char *from, size_t length, uint8_t *to) {
  uint8_t *start = to;
  uint32_t bits = 0;
  int have = 0;
  for (size_t i = 0; i < length && from[i] != '='; i++) {
    int value = value_of[(uint8_t)from[i]];
    if (value < 0) continue;
    bits = bits << 6 | (uint32_t)value;
    have += 6;
    if (have >= 8) have -= 8, *to++ = (uint8_t)(bits >> have);
  }
  return (size_t)(to - start);
}

static NOINLINE void hexadecimal(const uint8_t *from, size_t length, char *to) {
  for (size_t i = 0; i < length; i++) {
    uint8_t high = from[i] >> 4, low = from[i] & 15;
    *to++ = (char)(high < 10 ? '0' + high : 'a' + high - 10);
    *to++ = (char)(low < 10 ? '0' + low : 'a' + low - 10);
  }
}

int main(void) {
  title("base64 900000 bytes, 55 rounds");
  for (int i = 0; i < SIZE; i++) data[i] = (uint8_t)random_u32();
  memset(value_of, -1, sizeof value_of);
  for (int i = 0; i < 64; i++) value_of[(uint8_t)alphabet[i]] = (int8_t)i;
  start_clock();
  for (int round = 0; round < ROUNDS; round++) {
    size_t size = SIZE - (size_t)round;
    size_t length = encode(data, size, text);
    mix((uint64_t)(uint8_t)text[length - 5]);
    mix(decode(text, length, back));
    mix((uint64_t)(memcmp(data, back, size) == 0));
    hexadecimal(data, size, text);
    mix((uint8_t)text[size + (size_t)round]);
  }
  stop_clock();
  mix_bytes(text, 10000);
  return report();
}
