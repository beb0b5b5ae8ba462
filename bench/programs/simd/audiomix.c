/* Mixes tracks of 16-bit samples, with gains in 1/32768 that fade; sums saturate. Then stereo panning. */
#include "../bench.h"
#include "simd.h"

enum { TRACKS = 12, SAMPLES = 1 << 14, ROUNDS = 12000 };

static int16_t tracks[TRACKS][SAMPLES], mixed[SAMPLES], stereo[2 * SAMPLES];

static NOINLINE void mix_tracks(const int16_t *gains) {
  for (int n = 0; n < SAMPLES; n += 8) {
    i16x8 sum = splat_i16(0);
    for (int t = 0; t < TRACKS; t++)
      sum = add_sat_i16(sum, mul_q15(load_i16x8(tracks[t] + n), splat_i16(gains[t])));
    store_i16x8(mixed + n, sum);
  }
}

static NOINLINE int32_t pan(int16_t left, int16_t right) {
  i16x8 peak = splat_i16(0);
  for (int n = 0; n < SAMPLES; n += 8) {
    const i16x8 in = load_i16x8(mixed + n);
    const i16x8 l = mul_q15(in, splat_i16(left)), r = mul_q15(in, splat_i16(right));
    store_i16x8(stereo + 2 * n, __builtin_shufflevector(l, r, 0, 8, 1, 9, 2, 10, 3, 11));
    store_i16x8(stereo + 2 * n + 8, __builtin_shufflevector(l, r, 4, 12, 5, 13, 6, 14, 7, 15));
    peak = max_of(peak, max_of(l, r));
  }
  int32_t largest = 0;
  for (int k = 0; k < 8; k++) largest = peak[k] > largest ? peak[k] : largest;
  return largest;
}

int main(void) {
  title("audiomix: 12 tracks of 16384 samples");
  for (int t = 0; t < TRACKS; t++)
    for (int n = 0; n < SAMPLES; n++) tracks[t][n] = (int16_t)random_u32();
  int16_t gains[TRACKS];
  for (int t = 0; t < TRACKS; t++) gains[t] = (int16_t)(random_u32() & 0x7fff);
  start_clock();
  for (int round = 0; round < ROUNDS; round++) {
    mix_tracks(gains);
    mix((uint64_t)pan((int16_t)(32767 - round), (int16_t)(round * 30 & 0x7fff)));
    for (int t = 0; t < TRACKS; t++) gains[t] = (int16_t)((gains[t] + 37 * t) & 0x7fff);
  }
  stop_clock();
  mix_bytes(stereo, sizeof stereo);
  return report();
}
