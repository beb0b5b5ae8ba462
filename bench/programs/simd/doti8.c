/* A layer of a quantised network: matrix of signed bytes by vectors of bytes below 128, rounded to bytes. */
#include "../bench.h"
#include "simd.h"

#ifndef DOT
#define DOT "doti8"
/* Widened to words, as wasm without relaxed instructions has it. */
INLINE i32x4 dot_add(i8x16 a, i8x16 b, i32x4 sums) {
  const i16x8 a_low = __builtin_convertvector(__builtin_shufflevector(a, a, 0, 1, 2, 3, 4, 5, 6, 7), i16x8);
  const i16x8 b_low = __builtin_convertvector(__builtin_shufflevector(b, b, 0, 1, 2, 3, 4, 5, 6, 7), i16x8);
  const i16x8 a_high =
      __builtin_convertvector(__builtin_shufflevector(a, a, 8, 9, 10, 11, 12, 13, 14, 15), i16x8);
  const i16x8 b_high =
      __builtin_convertvector(__builtin_shufflevector(b, b, 8, 9, 10, 11, 12, 13, 14, 15), i16x8);
  return sums + dot_i16(a_low, b_low) + dot_i16(a_high, b_high);
}
#endif

enum { INPUTS = 512, OUTPUTS = 512, ROUNDS = 36000 };

static int8_t weights[OUTPUTS][INPUTS], layer[2][INPUTS];
static int32_t biases[OUTPUTS];

INLINE int32_t sum_of(i32x4 a) { return a[0] + a[1] + a[2] + a[3]; }

static NOINLINE void infer(int8_t *out, const int8_t *in) {
  for (int o = 0; o < OUTPUTS; o += 2) {
    i32x4 first = {0}, second = {0};
    for (int i = 0; i < INPUTS; i += 16) {
      const i8x16 x = load_i8x16(in + i);
      first = dot_add(load_i8x16(weights[o] + i), x, first);
      second = dot_add(load_i8x16(weights[o + 1] + i), x, second);
    }
    const int32_t sums[2] = {sum_of(first), sum_of(second)};
    for (int k = 0; k < 2; k++) {
      const int32_t activation = (sums[k] + biases[o + k]) >> 9;
      out[o + k] = (int8_t)(activation < 0 ? 0 : activation > 127 ? 127 : activation);
    }
  }
}

int main(void) {
  title(DOT ": 512x512");
  for (int o = 0; o < OUTPUTS; o++) {
    for (int i = 0; i < INPUTS; i++) weights[o][i] = (int8_t)random_u32();
    biases[o] = (int32_t)(random_u32() & 0x7fff);
  }
  for (int i = 0; i < INPUTS; i++) layer[0][i] = (int8_t)(random_u32() & 127);
  start_clock();
  for (int round = 0; round < ROUNDS; round++) {
    infer(layer[(round + 1) & 1], layer[round & 1]);
    layer[(round + 1) & 1][round % INPUTS] ^= 0x55;
  }
  stop_clock();
  mix_bytes(layer, sizeof layer);
  return report();
}
