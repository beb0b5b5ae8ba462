/* A filter of 63 taps over float samples, in blocks. Plain C, vectorised by the compiler. */
#include "../bench.h"

enum { TAPS = 63, BLOCK = 1024, BLOCKS = 16, ROUNDS = 3000 };

static float samples[BLOCK * BLOCKS + TAPS], filtered[BLOCK * BLOCKS], taps[TAPS];

static NOINLINE void filter(float *restrict out, const float *restrict in, const float *restrict weights) {
  for (int n = 0; n < BLOCK; n++) out[n] = 0;
  for (int t = 0; t < TAPS; t++) {
    const float weight = weights[t];
    for (int n = 0; n < BLOCK; n++) out[n] += in[n + t] * weight;
  }
}

int main(void) {
  title("fir: 63 taps");
  for (int n = 0; n < BLOCK * BLOCKS + TAPS; n++) samples[n] = (float)(random_double() * 2 - 1);
  for (int t = 0; t < TAPS; t++) taps[t] = (float)((random_double() - 0.5) / 8);
  start_clock();
  for (int round = 0; round < ROUNDS; round++) {
    for (int b = 0; b < BLOCKS; b++) filter(filtered + b * BLOCK, samples + b * BLOCK, taps);
    for (int n = 0; n < BLOCK * BLOCKS; n++) samples[n] = samples[n] * 0.75f + filtered[n] * 0.25f;
  }
  stop_clock();
  for (int n = 0; n < BLOCK * BLOCKS; n++) mix_double(filtered[n]);
  return report();
}
