/*
 * A hash of long inputs that mixes stripes of 64 bytes into eight 64-bit sums: keys are xored to the input,
 * and the halves of each lane multiplied. The sums are scrambled after every 16 stripes.
 */
#include "../bench.h"
#include "simd.h"

enum { LENGTH = 1 << 18, STRIPE = 64, STRIPES = 16, ROUNDS = 12000 };

static uint8_t input[LENGTH];
static uint8_t secret[STRIPE + 8 * STRIPES + 64];

INLINE u64x2 product_of_halves(u64x2 a) { return (a & 0xffffffff) * (a >> 32); }

static NOINLINE void accumulate(u64x2 *sums, const uint8_t *in, const uint8_t *keys) {
  u64x2 s[4] = {sums[0], sums[1], sums[2], sums[3]};
  for (int n = 0; n < STRIPES; n++)
    for (int k = 0; k < 4; k++) {
      const u64x2 data = load_u64x2(in + n * STRIPE + k * 16);
      const u64x2 keyed = data ^ load_u64x2(keys + n * 8 + k * 16);
      s[k] += __builtin_shufflevector(data, data, 1, 0) + product_of_halves(keyed);
    }
  for (int k = 0; k < 4; k++) sums[k] = s[k];
}

static NOINLINE void scramble(u64x2 *sums, const uint8_t *keys) {
  for (int k = 0; k < 4; k++) {
    const u64x2 x = sums[k] ^ sums[k] >> 47 ^ load_u64x2(keys + k * 16);
    const u64x2 prime = {0x9e3779b1, 0x9e3779b1};
    sums[k] = (x & 0xffffffff) * prime + (((x >> 32) * prime) << 32);
  }
}

static uint64_t avalanche(uint64_t h) {
  h = (h ^ h >> 37) * 0x165667919e3779f9;
  return h ^ h >> 32;
}

static uint64_t hash(uint64_t seed) {
  u64x2 sums[4] = {{seed, 1}, {2, 3}, {5, 7}, {11, ~seed}};
  for (size_t n = 0; n < LENGTH; n += STRIPE * STRIPES) {
    accumulate(sums, input + n, secret);
    scramble(sums, secret + sizeof secret - 64);
  }
  uint64_t result = LENGTH * 0x9e3779b185ebca87;
  for (int k = 0; k < 4; k++) result += avalanche(sums[k][0] ^ k) + avalanche(sums[k][1] + k);
  return avalanche(result);
}

int main(void) {
  title("hash128: 12000 times 256 KiB");
  for (size_t n = 0; n < LENGTH; n++) input[n] = (uint8_t)random_u32();
  for (size_t n = 0; n < sizeof secret; n++) secret[n] = (uint8_t)random_u32();
  uint64_t h = 0;
  start_clock();
  for (int round = 0; round < ROUNDS; round++) mix(h = hash(h));
  stop_clock();
  return report();
}
