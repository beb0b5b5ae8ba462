/* ChaCha20, four blocks at once: each of the 16 words of the state is a vector. */
#include "../bench.h"
#include "simd.h"

enum { LENGTH = 1 << 16, ROUNDS = 5200 };

static uint8_t message[LENGTH];

/* By 16 and 8 as moves of bytes, which is quicker than shifts. */
INLINE u32x4 rotated_16(u32x4 a) {
  const u8x16 b = (u8x16)a;
  return (u32x4)__builtin_shufflevector(b, b, 2, 3, 0, 1, 6, 7, 4, 5, 10, 11, 8, 9, 14, 15, 12, 13);
}
INLINE u32x4 rotated_8(u32x4 a) {
  const u8x16 b = (u8x16)a;
  return (u32x4)__builtin_shufflevector(b, b, 3, 0, 1, 2, 7, 4, 5, 6, 11, 8, 9, 10, 15, 12, 13, 14);
}
INLINE u32x4 rotated(u32x4 a, int count) { return a << count | a >> (32 - count); }

INLINE void quarter(u32x4 *x, int a, int b, int c, int d) {
  x[a] += x[b], x[d] = rotated_16(x[d] ^ x[a]);
  x[c] += x[d], x[b] = rotated(x[b] ^ x[c], 12);
  x[a] += x[b], x[d] = rotated_8(x[d] ^ x[a]);
  x[c] += x[d], x[b] = rotated(x[b] ^ x[c], 7);
}

/* Four words of each of the four blocks, from lanes to rows. */
INLINE void xor_rows(uint8_t *at, u32x4 a, u32x4 b, u32x4 c, u32x4 d) {
  const u32x4 ab_low = __builtin_shufflevector(a, b, 0, 4, 1, 5),
              ab_high = __builtin_shufflevector(a, b, 2, 6, 3, 7);
  const u32x4 cd_low = __builtin_shufflevector(c, d, 0, 4, 1, 5),
              cd_high = __builtin_shufflevector(c, d, 2, 6, 3, 7);
  const u32x4 rows[4] = {__builtin_shufflevector(ab_low, cd_low, 0, 1, 4, 5),
                         __builtin_shufflevector(ab_low, cd_low, 2, 3, 6, 7),
                         __builtin_shufflevector(ab_high, cd_high, 0, 1, 4, 5),
                         __builtin_shufflevector(ab_high, cd_high, 2, 3, 6, 7)};
  for (int k = 0; k < 4; k++) store_u32x4(at + 64 * k, load_u32x4(at + 64 * k) ^ rows[k]);
}

static NOINLINE void encipher(uint8_t *data, const uint32_t *key) {
  for (uint32_t block = 0; block < LENGTH / 64; block += 4) {
    u32x4 state[16], x[16];
    for (int k = 0; k < 16; k++) state[k] = splat_u32(key[k]);
    state[12] += block + (u32x4){0, 1, 2, 3};
    for (int k = 0; k < 16; k++) x[k] = state[k];
    for (int round = 0; round < 10; round++) {
      quarter(x, 0, 4, 8, 12), quarter(x, 1, 5, 9, 13), quarter(x, 2, 6, 10, 14), quarter(x, 3, 7, 11, 15);
      quarter(x, 0, 5, 10, 15), quarter(x, 1, 6, 11, 12), quarter(x, 2, 7, 8, 13), quarter(x, 3, 4, 9, 14);
    }
    for (int k = 0; k < 16; k++) x[k] += state[k];
    for (int k = 0; k < 16; k += 4) xor_rows(data + 64 * block + 4 * k, x[k], x[k + 1], x[k + 2], x[k + 3]);
  }
}

int main(void) {
  title("chacha4: 5200 times 64 KiB");
  uint32_t key[16] = {0x61707865, 0x3320646e, 0x79622d32, 0x6b206574};
  for (int k = 4; k < 16; k++) key[k] = random_u32();
  start_clock();
  for (int round = 0; round < ROUNDS; round++) {
    key[13] = (uint32_t)round;
    encipher(message, key);
  }
  stop_clock();
  mix_bytes(message, LENGTH);
  return report();
}
