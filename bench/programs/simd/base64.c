/* Base64 and back, 12 bytes a vector, with a check of every character; then hexadecimal of the same bytes. */
#include "../bench.h"
#include "simd.h"

enum { BYTES = 3 << 15, TEXT_LENGTH = BYTES / 3 * 4, ROUNDS = 3600 };

static uint8_t bytes[BYTES + 16], text[TEXT_LENGTH + 16], hex[2 * BYTES];

static NOINLINE void encode(uint8_t *out, const uint8_t *in) {
  const u8x16 letters = {'A', 'a' - 26, '0' - 52, '0' - 52, '0' - 52, '0' - 52, '0' - 52, '0' - 52,
                         '0' - 52, '0' - 52, '0' - 52, '0' - 52, '+' - 62, '/' - 63, 0, 0};
  for (size_t n = 0; n < BYTES; n += 12, out += 16) {
    const u8x16 loaded = load_u8x16(in + n);
    // Each 32-bit lane gets three bytes, the first one on top.
    const u32x4 triple = (u32x4)__builtin_shufflevector(loaded, (u8x16){0}, 2, 1, 0, 16, 5, 4, 3, 16, 8, 7, 6,
                                                        16, 11, 10, 9, 16);
    const u32x4 sextets = (triple >> 18 & 0x3f) | (triple >> 4 & 0x3f00) | (triple << 10 & 0x3f0000) |
                          (triple << 24 & 0x3f000000);
    const u8x16 value = (u8x16)sextets;
    // 0 for capital letters, 1 for small ones, from 2 on the rest.
    const u8x16 above = sub_sat_u8(value, splat_u8(51));
    const u8x16 kind = choose((u8x16)(value < 26), splat_u8(0), above + 1);
    store_u8x16(out, value + table_lookup(letters, kind));
  }
}

/* Whether all of it was base64. */
static NOINLINE int decode(uint8_t *out, const uint8_t *in) {
  u8x16 wrong = {0};
  for (size_t n = 0; n < TEXT_LENGTH; n += 16, out += 12) {
    const u8x16 c = load_u8x16(in + n);
    const u8x16 capital = (u8x16)(c - 'A' < 26), small = (u8x16)(c - 'a' < 26), digit = (u8x16)(c - '0' < 10);
    const u8x16 plus = (u8x16)(c == '+'), slash = (u8x16)(c == '/');
    wrong |= ~(capital | small | digit | plus | slash);
    const u8x16 shift = (capital & (uint8_t)-'A') | (small & (uint8_t)(26 - 'a')) |
                        (digit & (uint8_t)(52 - '0')) | (plus & (uint8_t)(62 - '+')) |
                        (slash & (uint8_t)(63 - '/'));
    const u32x4 sextets = (u32x4)(c + shift);
    const u32x4 triple = (sextets << 18 & 0xfc0000) | (sextets << 4 & 0x3f000) | (sextets >> 10 & 0xfc0) |
                         (sextets >> 24 & 0x3f);
    const u8x16 joined = (u8x16)triple;
    store_u8x16(
        out, __builtin_shufflevector(joined, joined, 2, 1, 0, 6, 5, 4, 10, 9, 8, 14, 13, 12, 3, 7, 11, 15));
  }
  return !any_bit(wrong);
}

static NOINLINE void hexadecimal(uint8_t *out, const uint8_t *in) {
  const u8x16 digits = {'0', '1', '2', '3', '4', '5', '6', '7', '8', '9', 'a', 'b', 'c', 'd', 'e', 'f'};
  for (size_t n = 0; n < BYTES; n += 16) {
    const u8x16 c = load_u8x16(in + n);
    const u8x16 high = table_lookup(digits, c >> 4), low = table_lookup(digits, c & 15);
    store_u8x16(out + 2 * n,
                __builtin_shufflevector(high, low, 0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23));
    store_u8x16(out + 2 * n + 16, __builtin_shufflevector(high, low, 8, 24, 9, 25, 10, 26, 11, 27, 12, 28, 13,
                                                          29, 14, 30, 15, 31));
  }
}

int main(void) {
  title("base64: 3600 times 96 KiB");
  for (size_t n = 0; n < BYTES; n++) bytes[n] = (uint8_t)random_u32();
  start_clock();
  for (int round = 0; round < ROUNDS; round++) {
    encode(text, bytes);
    text[round] ^= (uint8_t)(round % 100 == 99 ? 0x80 : 0);
    mix((uint64_t)decode(bytes, text));
    hexadecimal(hex, bytes);
    bytes[round] ^= hex[round * 3];
  }
  stop_clock();
  mix_bytes(text, TEXT_LENGTH);
  mix_bytes(hex, sizeof hex);
  return report();
}
